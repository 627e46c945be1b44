// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension Reconciler {
    /// What git asks for and what runs is rolled out once more. What runs has been through the gate.
    func rollOutAgain(
        _ target: TargetID, because reason: String, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer {
        let (worker, desired) = try await worker(asking: target)
        let store = context.store
        let (latest, hold, quarantine, suspensions) = try await recorded {
            (
                try await store.history(of: target).latest, try await store.hold(of: target),
                try await store.quarantine(of: target, digest: desired.digest), try await store.suspensions()
            )
        }
        let revision = desired.commit.prefix(7)
        let release = "mainstay release \(target.application) -e \(target.environment)"
        if let suspension = suspensions.first(covering: target) {
            throw ActionRefusal(
                .conflict, "Suspended",
                "\(target) is \(suspension.text); take it up again first: mainstay resume\(suspension.scope.arguments)")
        }
        if let hold, hold.awayFromDigest == desired.digest {
            throw ActionRefusal(
                .conflict, "Held",
                "\(target) is held at \(hold.to.start.revision.prefix(7)), since \(hold.text); what git asks for is "
                    + "rolled out by \(release)")
        }
        if let quarantine {
            throw ActionRefusal(
                .conflict, "Quarantined",
                "\(revision) of \(target) is quarantined because \(quarantine.cause); it is rolled out by \(release)")
        }
        if let waiting = await worker.waitingNow {
            throw ActionRefusal(
                .conflict, "WaitsAtGate",
                "\(revision) of \(target) is not what runs, and waits for \(waiting.waits.texts)"
                    + Self.emergency(target, waiting))
        }
        guard let latest, latest.start.digest == desired.digest, latest.isAtRest else {
            if let latest, latest.start.digest == desired.digest, latest.isInconclusive {
                throw ActionRefusal(
                    .conflict, "Inconclusive",
                    "\(revision) of \(target) is not judged: its checks are asked by \(release)")
            }
            let phase = await worker.status.phase.rawValue
            throw ActionRefusal(
                .conflict, "NotRolledOut",
                "\(revision) of \(target) does not run yet, or not for good (\(phase)): `mainstay status` says what it "
                    + "waits for, and it goes on by itself")
        }
        let approval = Approval(
            kind: .again, target: target, subject: latest.start.id, reason: reason, actor: actor, at: context.now)
        try await recorded { try await store.recordApproval(approval) }
        await worker.heed()
        return ActionAnswer("rolling out \(revision) of \(target) again: everything is applied, and then checked")
    }
}

extension PastRollout {
    /// What it brought runs, and was found well.
    var isAtRest: Bool { phase == .succeeded || phase == .rolledBack }
}
