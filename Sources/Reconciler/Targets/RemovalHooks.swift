// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Removes an application with what it asks to be done before and after. Looks once: what has not ended is a hindrance,
/// and is looked at again, after a restart as well.
struct RemovalHooks: Sendable {
    let context: ReconcilerContext
    let target: TargetID
    let rollout: String
    let hooks: [RemovalHook]
    /// All of the application's, whose Secrets stand in no log.
    var manifests: [Manifest] = []
    /// The rollout whose hooks they are: a person goes on without one of them as often as it is removed, until it is rolled
    /// out again.
    var brought = ""

    static let running = "HookRunning"

    /// What a person agrees to who goes on without a hook.
    static func subject(_ hook: ObjectID, of rollout: String) -> String { "\(hook.key) of \(rollout)" }

    private func isSkipped(_ hook: RemovalHook) async throws -> Bool {
        try await context.store.isApproved(.hook, target, subject: Self.subject(hook.manifest.id, of: brought))
    }

    func remove(by pruner: Pruner) async throws -> Pruner.Result {
        let ids = Set(hooks.map(\.manifest.id))
        guard !hooks.isEmpty else { return try await pruner.prune(allBut: ids) }
        // A person is asked before anything is done, and so is waited for what tells whether one has to be.
        let outlook = try await pruner.outlook(allBut: ids)
        guard outlook.hindrance == nil else { return outlook }
        guard !outlook.needsApproval else { return try await pruner.prune(allBut: ids) }
        var result = Pruner.Result()
        (result.hindrance, result.stuckHook) = try await run(.before)
        guard result.hindrance == nil else { return result }
        // With nothing else left, a daemon that is started again still finds that something is to be done.
        try await record(hooks.filter { $0.phase == .after }, isRemoved: false)
        result = try await pruner.prune(allBut: ids)
        guard result.hindrance == nil, !result.needsApproval else { return result }
        (result.hindrance, result.stuckHook) = try await run(.after)
        guard result.hindrance == nil else { return result }
        for hook in hooks where !hook.isRun && hook.deletion.contains(.succeeded) { try await delete(hook) }
        try await record(hooks.filter { $0.phase == .after }, isRemoved: true)
        for hook in hooks {
            let what = try await isSkipped(hook) ? "did not succeed, and a person went on without it" : "was run"
            result.notes.append("the hook \(hook.manifest.id) \(what)")
        }
        return result
    }

    private func record(_ hooks: [RemovalHook], isRemoved: Bool) async throws {
        guard !hooks.isEmpty else { return }
        let records = hooks.map { hook in
            InventoryRecord(
                object: hook.manifest.id, version: hook.manifest.groupVersionKind.version, uid: "",
                isRemoved: isRemoved)
        }
        try await context.store.recordInventory(records, of: target, rollout: rollout, at: context.now)
    }

    /// One after the other, in the order rendered. Nil once all are done.
    private func run(_ phase: RemovalHook.Phase) async throws -> (Cause?, stuck: String?) {
        let progress = try await context.store.removalProgress(of: target)
        for hook in hooks where hook.phase == phase && !progress.completed.contains(hook.manifest.id) {
            if try await isSkipped(hook) { continue }
            if let cause = try await look(at: hook, progress) {
                let isStuck = cause.reason != Self.running
                return (cause, isStuck ? Self.subject(hook.manifest.id, of: brought) : nil)
            }
            try await context.store.recordCompletions(
                [hook.manifest], of: target, rollout: rollout, at: context.now)
            if hook.isRun, hook.deletion.contains(.succeeded) { try await delete(hook) }
        }
        return (nil, nil)
    }

    /// Makes it where it is not there. Nil where it is done.
    private func look(at hook: RemovalHook, _ progress: RemovalProgress) async throws -> Cause? {
        let (manifest, id) = (hook.manifest, hook.manifest.id)
        if let refusal = context.settings.allow.refusal(of: manifest) { return refusal }
        let live: Object?
        do throws(ClusterFailure) {
            live = try await context.cluster.get(id, version: manifest.groupVersionKind.version)
        } catch {
            return Cause(object: id, reason: error.code.rawValue, message: error.message)
        }
        if let live {
            if let cause = try await ObjectClaim(of: target, context).refusal(of: live, manifest.origin) {
                return cause
            }
            if hook.isRun { return try await look(at: live, of: hook, progress) }
        }
        if let cause = try await make(manifest, live) { return cause }
        return hook.isRun ? waiting(id) : nil
    }

    private func look(at live: Object, of hook: RemovalHook, _ progress: RemovalProgress) async throws -> Cause? {
        let id = hook.manifest.id
        // An earlier removal's. It is announced only where none is there: what is, then, was made after that.
        if !progress.created.contains(id) {
            try await delete(hook)
            return waiting(id)
        }
        guard Hook.hasEnded(live) else { return waiting(id) }
        try await keep(live)
        guard Hook.hasFailed(live) else { return nil }
        let what =
            hook.phase == .before
            ? "nothing of \(target) is deleted before it has succeeded" : "all else of \(target) is deleted"
        return Cause(
            object: id, reason: "HookFailed",
            message:
                "failed: \(what); look at its logs, and delete it to have it run again, or go on without it: mainstay "
                + "release \(target.application) -e \(target.environment)")
    }

    /// Records what became of a run, once, before its success is, and with what it wrote last.
    private func keep(_ live: Object) async throws {
        let id = live.objectID
        guard try await !context.store.hookRuns(of: rollout).contains(where: { $0.object == id && $0.uid == live.uid })
        else { return }
        let lines = await LastLines(
            cluster: context.cluster, clock: context.surroundings.clock, manifests: manifests
        ).written(by: live, pods: [])
        try Task.checkCancellation()
        let run = HookRun(
            object: id, uid: live.uid, outcome: Hook.hasSucceeded(live) ? .succeeded : .failed, lines: lines,
            at: context.now)
        try await context.store.recordHookRuns([run], of: rollout)
    }

    private func waiting(_ id: ObjectID) -> Cause {
        Cause(object: id, reason: Self.running, message: "is run, since \(target) is removed; waits until it has ended")
    }

    private func make(_ manifest: Manifest, _ live: Object?) async throws -> Cause? {
        let intents = try await context.store.recordIntents(
            [Intent(object: manifest.id, action: live == nil ? .create : .configure)], of: rollout, at: context.now)
        var outcome = Outcome(intent: intents.first ?? "")
        var cause: Cause?
        let applier = ObjectApplier(
            cluster: context.cluster, manifests: [manifest], claim: ObjectClaim(of: target, context)
        ) { [context, rollout] id in
            _ = try await context.store.recordIntents(
                [Intent(object: id, action: .replace)], of: rollout, at: context.now)
        }
        do {
            if case .stored(let object, _) = try await applier.apply(manifest, watched: live) {
                outcome.uid = object.uid
                outcome.generation = object.generation
            }
        } catch let problem as ApplyProblem {
            cause = problem.cause
            outcome.failure = problem.cause.message
        }
        try await context.store.recordOutcomes([outcome], at: context.now)
        return cause
    }

    /// Never holds anything up.
    private func delete(_ hook: RemovalHook) async throws {
        let (id, version) = (hook.manifest.id, hook.manifest.groupVersionKind.version)
        let live: Object?
        do throws(ClusterFailure) {
            live = try await context.cluster.get(id, version: version)
        } catch {
            return
        }
        guard let live, Ownership.claimedTarget(of: live) == target else { return }
        let intents = try await context.store.recordIntents(
            [Intent(object: id, action: .prune)], of: rollout, at: context.now)
        var outcome = Outcome(intent: intents.first ?? "", uid: live.uid)
        do throws(ClusterFailure) {
            _ = try await context.cluster.delete(id, version: version, uid: live.uid)
        } catch {
            outcome.failure = error.message
        }
        try await context.store.recordOutcomes([outcome], at: context.now)
    }
}

extension TargetWorker {
    /// What the application's last healthy revision, or the last one, asks to be done when it is removed.
    func removalHooks(_ start: RolloutStart) async throws -> RemovalHooks {
        let past = try await context.store.pastRollouts(of: target).filter { $0.start.trigger != .removal }
        let healthy = past.first { $0.verdict?.outcome == .healthy } ?? past.first
        var hooks = RemovalHooks(
            context: context, target: target, rollout: start.id, hooks: [])
        guard let commit = healthy?.start.revision, !commit.isEmpty else { return hooks }
        do throws(SourceFailure) {
            let pipeline = try await context.source.pipeline(at: commit)
            guard let application = pipeline.application(target.application),
                let environment = pipeline.environment(target.environment),
                case .rendered(let desired) = try await context.source.desired(
                    application, in: environment, at: commit, unlessInputsAre: nil)
            else { return hooks }
            hooks = RemovalHooks(
                context: context, target: target, rollout: start.id, hooks: desired.removalHooks,
                manifests: desired.manifests, brought: healthy?.start.id ?? "")
        } catch {
            guard !error.isTransient else { throw error }
            logger.warning(
                "cannot read which hooks its removal has; it goes on without",
                metadata: ["commit": "\(commit)", "error": "\(error.message)"])
        }
        return hooks
    }
}
