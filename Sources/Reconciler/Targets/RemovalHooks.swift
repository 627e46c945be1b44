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

    /// Why a hook is not done.
    private struct Obstacle {
        var cause: Cause
        /// It has failed, or is refused for good: a person may go on without it.
        var lasts = false
    }

    private func isSkipped(_ hook: RemovalHook) async throws -> Bool {
        try await context.store.isApproved(.hook, target, subject: StuckHook(hook, of: brought).subject)
    }

    func remove(by pruner: Pruner) async throws -> Pruner.Result {
        let ids = Set(hooks.map(\.manifest.id))
        guard !hooks.isEmpty else { return try await pruner.prune(allBut: ids) }
        // A person is asked before anything is done, and so is waited for what tells whether one has to be.
        let outlook = try await pruner.outlook(allBut: ids)
        guard outlook.hindrance == nil else { return outlook }
        guard !outlook.needsApproval else { return try await pruner.prune(allBut: ids) }
        var result = Pruner.Result()
        // Once anything goes, what comes before it is done, or was gone on without: it is not begun in the middle.
        if try await !isDeleting(allBut: ids) { (result.hindrance, result.stuckHook) = try await run(.before) }
        guard result.hindrance == nil else { return result }
        // With nothing else left, a daemon that is started again still finds that something is to be done.
        try await record(hooks.filter { $0.phase == .after }, isRemoved: false)
        result = try await pruner.prune(allBut: ids)
        guard result.hindrance == nil, !result.needsApproval else { return result }
        (result.hindrance, result.stuckHook) = try await run(.after)
        guard result.hindrance == nil else { return result }
        for hook in hooks where !hook.isRun && hook.deletion.contains(.succeeded) { try await delete(hook) }
        try await record(hooks.filter { $0.phase == .after }, isRemoved: true)
        let completed = try await context.store.removalProgress(of: target).completed
        for hook in hooks {
            let isDone = completed.contains(hook.manifest.id)
            let what = isDone ? "was run" : "did not succeed, and a person went on without it"
            result.notes.append("the hook \(hook.manifest.id) \(what)")
        }
        return result
    }

    private func isDeleting(allBut hooks: Set<ObjectID>) async throws -> Bool {
        try await context.store.announced(in: rollout).contains { !hooks.contains($0.object) }
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
    ///
    /// A person's word is of what has failed: it is looked for that each time, and what runs, again or still, is waited
    /// for.
    private func run(_ phase: RemovalHook.Phase) async throws -> (Cause?, StuckHook?) {
        let progress = try await context.store.removalProgress(of: target)
        for hook in hooks where hook.phase == phase && !progress.completed.contains(hook.manifest.id) {
            if let obstacle = try await look(at: hook, progress) {
                guard obstacle.lasts else { return (obstacle.cause, nil) }
                if try await isSkipped(hook) { continue }
                return (obstacle.cause, StuckHook(hook, of: brought))
            }
            try await context.store.recordCompletions(
                [hook.manifest], of: target, rollout: rollout, at: context.now)
            if hook.isRun, hook.deletion.contains(.succeeded) { try await delete(hook) }
        }
        return (nil, nil)
    }

    /// Makes it where it is not there. Nil where it is done.
    private func look(at hook: RemovalHook, _ progress: RemovalProgress) async throws -> Obstacle? {
        let (manifest, id) = (hook.manifest, hook.manifest.id)
        let mayRun = hook.isRun && progress.created.contains(id)
        let refusal = context.settings.allow.refusal(of: manifest)
        if let refusal, !mayRun { return Obstacle(cause: refusal, lasts: true) }
        let live: Object?
        do throws(ClusterFailure) {
            live = try await context.cluster.get(id, version: manifest.groupVersionKind.version)
        } catch {
            // What was made and cannot be looked at may be at its work.
            return Obstacle(
                cause: Cause(object: id, reason: error.code.rawValue, message: error.message),
                lasts: !mayRun && !error.code.passes)
        }
        if let live {
            if let cause = try await ObjectClaim(of: target, context).refusal(of: live, manifest.origin) {
                return Obstacle(cause: cause, lasts: true)
            }
            if hook.isRun { return try await look(at: live, of: hook, progress) }
        }
        if let refusal { return Obstacle(cause: refusal, lasts: true) }
        if let problem = try await make(manifest, live) {
            return Obstacle(cause: problem.cause, lasts: !problem.passes)
        }
        return hook.isRun ? waiting(id) : nil
    }

    private func look(at live: Object, of hook: RemovalHook, _ progress: RemovalProgress) async throws -> Obstacle? {
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
        let cause = Cause(
            object: id, reason: "HookFailed",
            message:
                "failed: \(what); look at its logs, and delete it to have it run again, or go on without it: mainstay "
                + "release \(target.application) -e \(target.environment)")
        return Obstacle(cause: cause, lasts: true)
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

    private func waiting(_ id: ObjectID) -> Obstacle {
        Obstacle(
            cause: Cause(
                object: id, reason: Self.running,
                message: "is run, since \(target) is removed; waits until it has ended"
            ))
    }

    private func make(_ manifest: Manifest, _ live: Object?) async throws -> ApplyProblem? {
        let intents = try await context.store.recordIntents(
            [Intent(object: manifest.id, action: live == nil ? .create : .configure)], of: rollout, at: context.now)
        var outcome = Outcome(intent: intents.first ?? "")
        var failed: ApplyProblem?
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
            failed = problem
            outcome.failure = problem.cause.message
        }
        try await context.store.recordOutcomes([outcome], at: context.now)
        return failed
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

/// A removal's hook that a person may go on without.
struct StuckHook: Sendable, Hashable {
    let id: ObjectID
    /// What the person agrees to.
    let subject: String

    /// - Parameter rollout: whose hook it is.
    fileprivate init(_ hook: RemovalHook, of rollout: String) {
        id = hook.manifest.id
        subject = "\(id.key) of \(rollout)"
    }
}

extension ClusterFailure.Code {
    /// The moment's, or the daemon's own trouble: it says nothing of the object that was asked for.
    fileprivate var passes: Bool {
        switch self {
        case .unavailable, .unauthorized, .serverError, .webhookFailed, .stale, .expired, .cancelled, .otherDaemon: true
        default: false
        }
    }
}

extension ApplyProblem {
    /// It may be taken the next time.
    fileprivate var passes: Bool {
        guard case .blocked(let cause, _) = self, cause.reason != ObjectApplier.suspected else { return false }
        return ClusterFailure.Code(rawValue: cause.reason)?.passes ?? true
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
