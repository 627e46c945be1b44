// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// What waits at the environment's gate.
struct WaitingAtGate: Sendable {
    var proposal: Proposal
    var waits: [GateWait]

    /// When one of them passes by itself.
    var nextChange: Timestamp? { waits.compactMap(\.until).min() }
}

/// Asks the gate of an application's environment, with what is known by now.
struct GateKeeper: Sendable {
    let context: ReconcilerContext
    let target: TargetID
    let logger: Logger

    /// What keeps a digest from being rolled out now; nil where nothing does.
    ///
    /// - Parameter records: whether the digest is recorded as waiting, so that people can speak of it.
    func waiting(_ desired: Desired, records: Bool) async throws -> WaitingAtGate? {
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
}

extension Desired {
    var content: RolloutContent {
        RolloutContent(
            manifests, reads: Dictionary(inputs.reads.map { ($0.path, $0.id) }) { first, _ in first })
    }

    /// The paths whose change makes a change of the application.
    fileprivate var contentPaths: [String] {
        let folders = application.images.compactMap { image -> String? in
            guard case .lastCommit(let from) = image.tag?.commit(in: environment.name) else { return nil }
            return from
        }
        return inputs.reads.map(\.path) + folders
    }
}

extension [GateWait] {
    /// All of them as one text.
    var texts: String { map(\.message).joined(separator: "; and for ") }
}
