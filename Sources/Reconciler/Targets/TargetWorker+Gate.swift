// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// What waits at the environment's gate.
struct WaitingAtGate {
    var proposal: Proposal
    var waits: [GateWait]

    /// When one of them passes by itself.
    var nextChange: Timestamp? { waits.compactMap(\.until).min() }
}

extension TargetWorker {
    /// What keeps a digest from being rolled out now; nil where nothing does.
    ///
    /// - Parameter records: whether the digest is recorded as waiting, so that people can speak of it.
    func gate(_ desired: Desired, records: Bool) async throws -> WaitingAtGate? {
        let now = context.now
        let freezes = try await context.store.freezes().filter { $0.scope.covers(target) && $0.isInForce(at: now) }
        guard desired.environment.isGated || !freezes.isEmpty else { return nil }
        let known = try await context.store.proposal(of: target)
        let isKnown = known?.digest == desired.digest
        let proposal: Proposal
        if let known, isKnown {
            proposal = known
        } else {
            proposal = Proposal(
                id: context.surroundings.makeID(), target: target, digest: desired.digest, revision: desired.commit,
                since: now)
        }
        let gate = try await gate(desired, proposal, freezes)
        let waits = gate.waits(of: proposal)
        guard !waits.isEmpty else { return nil }
        if records, !isKnown {
            try await context.store.recordProposal(proposal)
            logger.notice(
                "waits", metadata: ["revision": "\(desired.commit)", "for": "\(waits.texts)"])
        }
        return WaitingAtGate(proposal: proposal, waits: waits)
    }

    func gate(_ desired: Desired, _ proposal: Proposal, _ freezes: [Freeze]) async throws -> Gate {
        var gate = Gate(
            environment: desired.environment, now: context.now, people: context.settings.people, freezes: freezes,
            zones: context.surroundings.timeZones)
        if desired.environment.approvals != nil {
            gate.authors = try await context.source.authors(
                of: proposal.revision, since: try await running, touching: desired.contentPaths)
        }
        for requirement in desired.environment.requires {
            gate.requirements.append(try await state(of: requirement, desired, proposal))
        }
        return gate
    }

    /// A rollout that waits for a Secret since the morning does not begin in the freeze of the afternoon.
    func isNotTheTime(for desired: Desired, rollout: String) async throws -> Cause? {
        let now = context.now
        guard try await !context.store.hasBegun(rollout) else { return nil }
        let freezes = try await context.store.freezes().filter { $0.scope.covers(target) && $0.isInForce(at: now) }
        let gate = Gate(
            environment: desired.environment, now: now, freezes: freezes, zones: context.surroundings.timeZones)
        return gate.timeWaits.first.map { Cause(reason: $0.reason.rawValue, message: "waits for \($0.message)") }
    }

    private var running: String? {
        get async throws { try await context.store.history(of: target).healthyToReturnTo?.start.revision }
    }

    private func state(
        of requirement: Environment.Requirement, _ desired: Desired, _ proposal: Proposal
    ) async throws -> RequirementState {
        // What is not meant to run there can show nothing there: the environment as it is has to be well.
        guard desired.application.environments.contains(requirement.environment) else {
            return context.standings.unwell(in: requirement.environment).map { .unwell(requirement, $0) } ?? .met
        }
        let other = TargetID(application: target.application, environment: requirement.environment)
        guard let standing = context.standings.standing(of: other) else {
            return .unknown(requirement, why: "it was not seen to run there yet")
        }
        let contains: Bool
        do throws(SourceFailure) {
            contains = try await context.source.commit(standing.revision, contains: proposal.revision)
        } catch {
            guard error.code == .missing else { throw error }
            contains = false
        }
        return .of(requirement, standing, contains: contains, content: desired.content, now: context.now)
    }

    /// Shows what is waited for, each with what a person can do about it.
    func awaitGate(_ desired: Desired, _ waiting: WaitingAtGate) {
        context.board.withdraw(target)
        let first = waiting.waits[0]
        let since = waiting.proposal.since.secondsDescription
        publish {
            $0.phase = .blocked
            $0.waits = waiting.waits
            $0.waitsSince = waiting.proposal.since
            $0.cause = Cause(reason: first.reason.rawValue, message: waiting.waits.texts)
            $0.message = "\(desired.commit.prefix(7)) waits since \(since) for \(waiting.waits.texts)"
        }
    }

    // MARK: How it stands, for those that wait elsewhere

    /// Told at rest: since when what runs is healthy without a break. A break is recorded, so that a restart does not
    /// forget it.
    ///
    /// - Parameter content: what runs, where another environment asks for it.
    func noteHealth(
        _ health: HealthStatus, _ application: Application, _ latest: PastRollout?, _ content: RolloutContent?
    ) async throws {
        guard let latest, latest.phase == .succeeded || latest.phase == .rolledBack,
            let isWell = isWell(health, application)
        else { return }
        if recordedHealth == nil { recordedHealth = .some(try await context.store.healthMark(of: target)) }
        if (recordedHealth.flatMap(\.self)?.isHealthy ?? true) != isWell {
            let mark = HealthMark(isHealthy: isWell, at: context.now)
            try await context.store.recordHealth(mark, of: target)
            recordedHealth = mark
        }
        guard let content else { return }
        var since: Timestamp?
        if health == .healthy {
            // A clock that was set back makes no time pass.
            since = max(latest.phaseSince, recordedHealth.flatMap(\.self)?.at ?? latest.phaseSince)
        }
        let isDesired = currentDesired?.digest == latest.start.digest
        context.standings.set(
            DeployedState(
                revision: isDesired ? lookedAt ?? latest.start.revision : latest.start.revision,
                content: content, healthySince: since), of: target)
    }
}

extension TargetWorker {
    /// Whether what is seen says that it is well, or not; nil where it says neither. What mends within the grace (a pod
    /// that moves to another node) is no break.
    private func isWell(_ health: HealthStatus, _ application: Application) -> Bool? {
        switch health {
        case .healthy:
            unwellSince = nil
            return true
        case .degraded, .missing: return false
        case .suspended, .unknown: return nil
        case .progressing:
            let since = unwellSince ?? context.now
            unwellSince = since
            return context.now - since >= application.grace ? false : nil
        }
    }
}

extension Desired {
    var content: RolloutContent {
        RolloutContent(
            manifests, reads: Dictionary(inputs.reads.map { ($0.path, $0.id) }) { first, _ in first })
    }

    /// The paths whose change makes a change of the application.
    fileprivate var contentPaths: [String] {
        let folders = application.images.compactMap { image -> String? in
            guard case .lastCommit(let from) = image.tag else { return nil }
            return from
        }
        return inputs.reads.map(\.path) + folders
    }
}

extension [GateWait] {
    /// All of them as one text.
    var texts: String { map(\.message).joined(separator: "; and for ") }
}
