// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension TargetWorker {
    var gateKeeper: GateKeeper { GateKeeper(context: context, target: target, logger: logger) }

    /// A rollout that waits for a Secret since the morning does not begin in the freeze of the afternoon.
    func whyGateIsClosed(to desired: Desired, rollout: String) async throws -> Cause? {
        guard try await !context.store.hasBegun(rollout) else { return nil }
        waitingAtGate = try await gateKeeper.waiting(desired, records: true)
        guard let waits = waitingAtGate?.waits, let first = waits.first else { return nil }
        return Cause(reason: first.reason.rawValue, message: "waits for \(waits.texts)")
    }

    /// Shows what is waited for, each with what a person can do about it.
    func awaitGate(_ waiting: WaitingAtGate) {
        context.board.withdraw(target)
        let first = waiting.waits[0]
        let since = waiting.proposal.since.secondsDescription
        publish {
            $0.phase = .blocked
            $0.targetDigest = waiting.proposal.digest
            $0.waits = waiting.waits
            $0.waitsSince = waiting.proposal.since
            $0.approvalLapsedAt = waiting.gate.lastLapse(of: waiting.proposal)
            $0.spokenAt = waiting.proposal.words.last?.at
            $0.cause = Cause(reason: first.reason.rawValue, message: waiting.waits.texts)
            let what = waiting.proposal.digest == GateKeeper.removal ? "its removal by " : ""
            $0.message = "\(what)\(waiting.commit.prefix(7)) waits since \(since) for \(waiting.waits.texts)"
            if let force = waiting.gate.force(of: waiting.proposal) { $0.message += "; \(force.forceText)" }
        }
    }

    /// The latest rollout that did anything: one that waited, and was given up before it began, changed nothing of what
    /// runs.
    ///
    /// - Parameter resumed: one that goes on: it is what came before it that is asked for.
    func ranLast(before resumed: PastRollout? = nil) async throws -> PastRollout? {
        let latest = try await context.store.history(of: target).latest
        guard latest?.phase == .superseded || resumed != nil else { return latest }
        for past in try await context.store.pastRollouts(of: target) where past.start.id != resumed?.start.id {
            if past.phase == .superseded, try await !context.store.hasBegun(past.start.id) { continue }
            return past
        }
        return nil
    }

    // MARK: How it stands, for those that wait elsewhere

    /// Told at rest: since when what runs is healthy without a break. A break is recorded, so that a restart does not
    /// forget it.
    ///
    /// - Parameter content: what runs, where another environment asks for it.
    func noteHealth(
        _ health: HealthStatus, of digest: String, _ application: Application, _ latest: PastRollout?,
        _ content: RolloutContent?, isOfNothing: Bool = false
    ) async throws {
        guard let latest, latest.phase == .succeeded || latest.phase == .rolledBack, digest == latest.start.digest,
            succession == nil
        else {
            return context.standings.unsettle(target)
        }
        let isWell = wellness.isWell(health, grace: application.grace, now: context.surroundings.elapsed())
        if recordedHealth == nil { recordedHealth = .some(try await context.store.healthMark(of: target)) }
        if let isWell, (recordedHealth.flatMap(\.self)?.isHealthy ?? true) != isWell {
            let mark = HealthMark(isHealthy: isWell, at: context.now)
            try await context.store.recordHealth(mark, of: target)
            recordedHealth = mark
            context.status.hear(DeliverySign(target: target, kind: isWell ? .well : .unwell, at: mark.at))
        }
        guard let content else { return }
        var since: Timestamp?
        if health == .healthy {
            let watch = context.clockWatch
            let rolledOut = watch.moment(latest.phaseSince)
            // A clock that was set back makes no time pass.
            since = max(rolledOut, recordedHealth.flatMap(\.self).map { watch.moment($0.at) } ?? rolledOut)
        }
        let isDesired = currentDesired?.digest == latest.start.digest
        context.standings.set(
            DeployedState(
                revision: isDesired ? wish.lookedAt ?? latest.start.revision : latest.start.revision,
                digest: latest.start.digest, content: content, healthySince: since,
                isOfNothing: isOfNothing), of: target)
    }
}
