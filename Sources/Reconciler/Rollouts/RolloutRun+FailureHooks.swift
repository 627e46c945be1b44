// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// The hooks that run when a rollout failed, before its verdict.
extension RolloutRun {
    /// How long a rollback waits for a hook that states no deadline.
    private static let failureHookTime = Duration.seconds(60)

    /// Runs the hooks in their order, and waits for each a while. What comes after one that did not do its work is not
    /// run. What becomes of them is noted.
    func runFailureHooks() async throws {
        guard start.trigger != .rollback, lifecycle.phase != .queued else { return }
        let target = start.target
        let order = try OrderGraph(
            nodes: failureHooks.map { OrderNode(target: target, manifest: $0) }, declared: [:], of: .failureHooks)
        var pending = failureHooks.filter { !completedBefore.contains($0.id) }
        var running: [(id: ObjectID, until: Timestamp)] = []
        var undone: Set<ObjectID> = []
        var shown: ObjectID?
        while !pending.isEmpty || !running.isEmpty {
            let marks = await marks()
            var hasMoved = false
            for (id, end) in running {
                guard let hasSucceeded = try await hasFailureHookSucceeded(id, until: end) else { continue }
                running.removeAll { $0.id == id }
                hasMoved = true
                if !hasSucceeded { undone.insert(id) }
            }
            for hook in pending {
                let awaited = order.dependencies(of: hook.id).map(\.to)
                if let first = awaited.first(where: undone.contains) {
                    note("the hook \(hook.id) was not run: it comes after \(first), which did not do its work")
                    undone.insert(hook.id)
                } else if awaited.contains(where: { id in
                    pending.contains { $0.id == id } || running.contains { $0.id == id }
                }) {
                    continue
                } else if let end = try await beginFailureHook(hook) {
                    running.append((hook.id, end))
                } else {
                    undone.insert(hook.id)
                }
                pending.removeAll { $0.id == hook.id }
                hasMoved = true
            }
            guard !hasMoved else { continue }
            guard let next = running.min(by: { $0.until < $1.until }) else { return }
            if shown != next.id { await showFailureHook(next.id, until: next.until) }
            shown = next.id
            try await wait(marks, until: next.until)
        }
    }

    /// What is waited for while the verdict, and what follows it, waits.
    private func showFailureHook(_ id: ObjectID, until end: Timestamp) async {
        let why = failure.map { ": \($0)" } ?? ""
        await report(
            lifecycle.phase,
            Cause(
                object: id, reason: "HookRunning",
                message: "the rollout failed, and goes no further before this hook has ended, for "
                    + "\(DurationText.text(max(.zero, end - time.now))) at most\(why)"))
    }

    /// Nil while it is at its work, and has time.
    private func hasFailureHookSucceeded(_ id: ObjectID, until end: Timestamp) async throws -> Bool? {
        guard Hook.runsOnce(id.groupKind) else { return true }
        let live = await context.view.object(id)
        if let live, Hook.hasSucceeded(live), let manifest = manifests[id] {
            try await context.store.recordCompletions(
                [manifest], of: start.target, rollout: start.id, at: context.now)
            try await keepRuns([id: .succeeded])
            note("the hook \(id) ran")
            return true
        }
        if let live, Hook.hasFailed(live) {
            try await keepRuns([id: .failed])
            note("the hook \(id) failed")
            return false
        }
        guard time.now >= end else { return nil }
        try await keepRuns([id: .unfinished])
        note("the hook \(id) did not end in time")
        return false
    }

    /// Until when it is waited for; nil where it could not be begun.
    private func beginFailureHook(_ hook: Manifest) async throws -> Timestamp? {
        if let cause = try await hindranceToRun(hook) {
            note("the hook \(hook.id) was not run: \(cause.message)")
            return nil
        }
        try await clearEarlierRuns(before: hook.id)
        return try await begin(hook)
    }

    private func hindranceToRun(_ hook: Manifest) async throws -> Cause? {
        if let refusal = context.settings.allow.refusal(of: hook) { return refusal }
        // What is not known may be another's.
        if let failure = await context.view.failure(of: hook.id) {
            return Cause(object: hook.id, reason: failure.code.rawValue, message: failure.message)
        }
        if let cause = try await foreignClaim(on: hook.id) { return cause }
        return await runningBefore(hook.id)
    }

    /// What had begun before the daemon was started again has had a part of its time.
    private func end(of run: Object, _ hook: Manifest) -> Timestamp {
        let wasBegun = announcedBefore.contains(hook.id)
        let made = wasBegun ? run.metadata["creationTimestamp"]?.string.flatMap { Timestamp($0) } : nil
        return (made.map(inItsTime) ?? time.now) + (Hook(of: hook.object)?.deadline ?? Self.failureHookTime)
    }

    /// Nil where it could not be made.
    private func begin(_ hook: Manifest) async throws -> Timestamp? {
        let live = await context.view.object(hook.id)
        let intents = try await context.store.recordIntents(
            [Intent(object: hook.id, action: live == nil ? .create : .configure)], of: start.id, at: context.now)
        try await announceInventory([hook.id], [hook.id: live].compactMapValues { $0 })
        var outcome = Outcome(intent: intents.first ?? "")
        var until: Timestamp?
        if case .success(.stored(let object, _)) = try await result(of: adjusted(hook), before: nil) {
            outcome.uid = object.uid
            until = end(of: object, hook)
            try await context.store.recordInventory(
                [InventoryRecord(object: hook.id, version: hook.groupVersionKind.version, uid: object.uid)],
                of: start.target, rollout: start.id, at: context.now)
        } else {
            outcome.failure = "it was not applied"
            note("the hook \(hook.id) could not be run")
        }
        try await context.store.recordOutcomes([outcome], at: context.now)
        return until
    }
}
