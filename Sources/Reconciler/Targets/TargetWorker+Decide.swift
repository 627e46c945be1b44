// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What to do next, from what the ledger knows.
extension TargetWorker {
    /// - Parameter acts: whether what is decided is what is done: a gate that is closed is recorded, and leftovers are
    ///   looked for.
    func nextStep(_ desired: Desired, acts: Bool = false) async throws -> TargetStep {
        if acts { leftover = nil }
        let history = try await context.store.history(of: target)
        var situation = TargetSituation(
            desiredDigest: desired.digest, rollback: desired.application.rollback,
            quarantine: try await context.store.quarantine(of: target, digest: desired.digest), history: history)
        situation.desiredInputs = desired.inputs.digest
        situation.suspension = try await context.store.suspensions().first(covering: target)
        situation.hold = try await holdInForce(desired)
        situation.succession = try await unknownSuccession()?.at
        situation.isAskedAgain = try await context.store.hasResumedObject(of: target)
        if let latest = history.latest, latest.isInconclusive || latest.isAtRest, !situation.isAskedAgain {
            situation.isAskedAgain = try await context.store.isApproved(
                latest.isInconclusive ? .check : .again, target, subject: latest.start.id)
        }
        if situation.quarantine != nil || history.latest?.phase == .failed, let healthy = history.healthyToReturnTo {
            // As it would be brought back: it may have run in another cluster.
            let digest = healthy.start.digest(in: context.clusterName)
            situation.isHealthyQuarantined = try await context.store.quarantine(of: target, digest: digest) != nil
        }
        var step = TargetStep.next(situation)
        if acts { waitingAtGate = nil }
        if let latest = history.latest, !latest.phase.isFinal {
            situation.hasBegun = try await context.store.hasBegun(latest.start.id)
        }
        if case .rollOut = step { step = TargetStep.next(situation) }
        if step.passesGate(situation), let waiting = try await gateKeeper.waiting(desired, records: acts) {
            situation.isGateOpen = false
            step = TargetStep.next(situation)
            if acts { waitingAtGate = waiting }
        }
        guard acts, step == .rest else { return step }
        if !context.has(context.clusterName), let waiting = try await gateKeeper.waiting(desired, records: true) {
            waitingAtGate = waiting
            return .awaitGate
        }
        guard try await hasLeftovers(desired) else { return step }
        situation.isAskedAgain = true
        return TargetStep.next(situation)
    }
}

extension TargetStep {
    /// For the log.
    var word: String {
        switch self {
        case .rest: "rest"
        case .hold: "hold"
        case .awaitGate: "wait at the gate"
        case .rollOut(let resuming): resuming == nil ? "roll out" : "go on with the rollout"
        case .goOn: "finish what was begun"
        case .suspended: "leave alone"
        case .rollBack(_, let resuming, _): resuming == nil ? "roll back" : "go on with the rollback"
        }
    }
}
