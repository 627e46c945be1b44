// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension Reconciler {
    func rollBack(
        _ target: TargetID, to asked: String?, reason: String?, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer {
        let (worker, desired) = try await worker(asking: target)
        let store = context.store
        let (past, quarantines, suspensions, cluster, succession) = try await recorded {
            (
                try await store.pastRollouts(of: target), try await store.quarantines(of: target),
                try await store.suspensions(), try await worker.place(for: desired.environment),
                try await worker.unknownSuccession()
            )
        }
        if let suspension = suspensions.first(covering: target) {
            throw ActionRefusal(
                .conflict, "Suspended",
                "\(target) is \(suspension.text); take it up again first, or roll it back by hand (`mainstay resume`)")
        }
        let choice = RollbackChoice(
            past: past, desiredDigest: desired.digest, quarantines: quarantines, cluster: cluster,
            mayBeOld: succession != nil)
        let chosen = try choice.choose(asked)
        try await requireReadable(chosen.start.revision)
        let hold = Hold(
            id: context.surroundings.makeID(), target: target, to: chosen, awayFromDigest: desired.digest,
            awayFromRevision: desired.commit, reason: reason, actor: actor, since: context.now)
        try await recorded { try await store.recordHold(hold) }
        await worker.heed()
        let health = chosen.verdict?.outcome == .healthy ? "" : ", which was not judged healthy when it last ran here"
        return ActionAnswer(
            "rolling \(target) back to \(chosen.start.revision.prefix(7))\(health); it stays there until git asks for "
                + "something else than \(desired.commit.prefix(7)) does, or you let go: mainstay release "
                + "\(target.application) -e \(target.environment)")
    }

    /// Nil where the latest rollout does not wait for a person to have its checks asked again.
    private func askAgain(
        _ target: TargetID, _ asked: String?, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer? {
        let store = context.store
        guard let worker = workers[target], let desired = await worker.currentDesired,
            let latest = try await recorded({ try await store.history(of: target).latest }), latest.isInconclusive,
            latest.start.digest == desired.digest,
            asked.map({ $0.utf8.count >= 4 && (latest.start.revision.hasPrefix($0) || desired.digest.hasPrefix($0)) })
                ?? true
        else { return nil }
        let approval = Approval(
            kind: .check, target: target, subject: latest.start.id, actor: actor, at: context.now)
        try await recorded { try await store.recordApproval(approval) }
        await worker.heed()
        return ActionAnswer("the checks of \(latest.start.revision.prefix(7)) of \(target) are asked again")
    }

    /// Nil where no removal is kept from going on by a hook.
    private func goOnWithoutHook(_ target: TargetID, by actor: String) async throws(ActionRefusal) -> ActionAnswer? {
        let store = context.store
        guard let worker = workers[target] else { return nil }
        guard let hook = await worker.stuckHook else {
            // Rollouts wait for runs in the same word.
            let latest = try await recorded { try await store.history(of: target).latest }
            guard let cause = await worker.status.cause, cause.reason == RemovalHooks.running, let hook = cause.object,
                latest?.start.trigger == .removal
            else { return nil }
            throw ActionRefusal(
                .conflict, RemovalHooks.running,
                "the removal of \(target) waits for its hook \(hook), which runs: one that has failed can be gone on "
                    + "without; what never ends fails once it has an activeDeadlineSeconds")
        }
        let approval = Approval(kind: .hook, target: target, subject: hook.subject, actor: actor, at: context.now)
        try await recorded { try await store.recordApproval(approval) }
        await worker.heed()
        return ActionAnswer(
            "the removal of \(target) goes on without its hook \(hook.id); where that runs by now, it is waited for")
    }

    func release(
        _ target: TargetID, _ asked: String?, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer {
        let store = context.store
        if asked == nil, let answer = try await goOnWithoutHook(target, by: actor) { return answer }
        let worker = workers[target]
        let desired = await worker?.currentDesired
        let (hold, quarantines) = try await recorded {
            (try await store.hold(of: target), try await store.quarantines(of: target))
        }
        if worker == nil, hold == nil, quarantines.isEmpty { throw unknown(target) }
        func isMeant(_ digest: String, _ revision: String) -> Bool {
            guard let asked else { return digest == desired?.digest }
            return revision == asked || asked.utf8.count >= 4 && (digest.hasPrefix(asked) || revision.hasPrefix(asked))
        }
        let released = quarantines.filter { isMeant($0.digest, $0.revision) }
        guard Set(released.map(\.digest)).count < 2 else {
            let names = released.map { "\($0.revision.prefix(7)) (digest \($0.digest.prefix(12)))" }
            throw ActionRefusal(
                .invalid, "Ambiguous", "\(asked ?? "") could be \(names.joined(separator: " or ")): name the digest")
        }
        let endedHold = hold.flatMap { hold in isMeant(hold.awayFromDigest, hold.awayFromRevision) ? hold : nil }
        if endedHold == nil, released.isEmpty, asked == nil,
            let revision = try await releaseRejection(target, by: actor, person: actor)
        {
            return ActionAnswer("released \(revision) of \(target): it was rejected, and waits at the gate again")
        }
        if endedHold == nil, released.isEmpty, let answer = try await askAgain(target, asked, by: actor) {
            return answer
        }
        guard endedHold != nil || !released.isEmpty else {
            let others = quarantines.map { "\($0.revision.prefix(7))" }
            let known = others.isEmpty ? "" : "; quarantined are \(others.joined(separator: ", "))"
            throw ActionRefusal(
                .conflict, "NothingToRelease",
                "nothing of \(target) is held back\(asked.map { " by the name \($0)" } ?? "")\(known)")
        }
        let now = context.now
        try await recorded {
            if let endedHold { try await store.endHold(endedHold, by: actor, because: "released", at: now) }
            for quarantine in released {
                _ = try await store.release(target, digest: quarantine.digest, by: actor, at: now)
            }
        }
        await worker?.heed()
        let what = released.first?.revision ?? endedHold?.awayFromRevision ?? ""
        let isDesired = released.first?.digest == desired?.digest || endedHold != nil
        return ActionAnswer(
            "released \(what.prefix(7)) of \(target): "
                + (isDesired
                    ? "it is what git asks for\(await whatFollows(desired))"
                    : "git asks for something else now; it may be rolled out or rolled back to again"))
    }

    /// What becomes of what git asks for, now that nobody holds it back.
    private func whatFollows(_ desired: Desired?) async -> String {
        guard let desired else { return "" }
        do {
            let held = try await HeldBack.cause(of: desired, try await context.store.suspensions(), context)
            return held.map { "; \($0.message)" } ?? ", and is rolled out now"
        } catch {
            return "; `mainstay status` says what it waits for"
        }
    }

    // MARK: Pieces

    func worker(asking target: TargetID) async throws(ActionRefusal) -> (TargetWorker, Desired) {
        guard let worker = workers[target] else { throw unknown(target) }
        guard let desired = await worker.currentDesired else {
            throw ActionRefusal(
                .unavailable, "NotRead",
                "what git asks of \(target) cannot be read: `mainstay status` says why; mend that first")
        }
        return (worker, desired)
    }

    func unknown(_ target: TargetID) -> ActionRefusal {
        let known = workers.keys.sorted().map { "\($0)" }
        let list = known.isEmpty ? "; there are none yet" : "; there are \(known.prefix(20).joined(separator: ", "))"
        return ActionRefusal(.unknown, "UnknownApplication", "there is no \(target)\(list)")
    }

    /// A commit that a forced push took away, and that nothing kept, cannot come back.
    private func requireReadable(_ commit: String) async throws(ActionRefusal) {
        do throws(SourceFailure) {
            _ = try await context.source.pipeline(at: commit)
        } catch {
            guard error.code != .pipeline else { return }
            throw ActionRefusal(
                .conflict, "RevisionGone",
                "\(commit.prefix(7)) cannot be read from the mirror any more: \(error.message)")
        }
    }
}
