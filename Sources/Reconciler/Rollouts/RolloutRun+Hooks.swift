// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Work that is done once: Jobs, and hooks, which have a run for each digest.
extension RolloutRun {
    /// What the ledger says is done already, and earlier digests' runs of the hooks.
    func readRuns() async throws {
        let runs = desired.manifests.filter { Hook.runsOnce($0.id.groupKind) }
        guard !runs.isEmpty else { return }
        completedBefore = try await context.store.completedJobs(of: start.target, among: runs)
        if isResumed {
            announcedBefore = Set(
                try await context.store.announced(in: start.id).filter { $0.action != .prune }.map(\.object))
        }
        let stillDone = runs.filter { completedBefore.contains($0.id) }
        if !stillDone.isEmpty {
            try await context.store.recordStillDone(stillDone, of: start.target, rollout: start.id, at: context.now)
        }
        try await keepRunsOfBefore()
        let recorded = try await context.store.inventoryWithoutBaselines(of: start.target).map(\.object)
        for run in runs where Hook(of: run.object) != nil {
            earlierRuns[run.id] = recorded.filter { $0 != run.id && Hook.mayBeRun($0, of: run) }
        }
    }

    /// The Jobs that were made with the revision which a rollback takes back. Asked for before any of them goes.
    func findWhatIsNotUndone() async throws {
        guard start.trigger == .rollback else { return }
        let past = try await context.store.pastRollouts(of: start.target)
        guard let takenBack = past.first(where: { $0.start.trigger != .rollback })?.start else { return }
        for record in try await context.store.inventoryWithoutBaselines(of: start.target)
        where record.object.groupKind == GroupKind(group: "batch", kind: "Job") {
            do throws(ClusterFailure) {
                let live = try await context.cluster.get(record.object, version: record.version)
                // To the second, as the server has it.
                guard let made = live?.metadata["creationTimestamp"]?.string.flatMap({ Timestamp($0) }),
                    made + .seconds(1) > takenBack.startedAt
                else { continue }
                notUndone.insert(record.object)
                note(
                    "\(record.object) ran with \(takenBack.revision.prefix(7)), which is taken back: what it did is not undone"
                )
            } catch {
                notUndone.insert(record.object)
                note("\(record.object) may have run; what it did is not undone (\(error.message))")
            }
        }
    }

    /// A rollback undoes nothing that a Job did, and says so: of those too of which nothing is left.
    func noteWhatIsNotUndone() async throws {
        guard start.trigger == .rollback else { return }
        let healthy = try await context.store.history(of: start.target).healthyToReturnTo?.start.startedAt
        let done = try await context.store.jobsCompleted(of: start.target, since: healthy ?? start.startedAt)
        for job in done where manifests[job] == nil && notUndone.insert(job).inserted {
            note("\(job) of the revision that is taken back is not undone")
        }
    }

    // MARK: Before a run

    /// A run of an earlier digest that is at its work: it is neither cut off, nor joined by another.
    func runningBefore(_ id: ObjectID) async -> Cause? {
        for run in earlierRuns[id] ?? [] {
            guard let live = await liveRun(run, of: id), !Hook.hasEnded(live), live.isRunningJob else { continue }
            return Cause(
                object: id, reason: "HookRunning",
                message:
                    "waits until \(run) of an earlier revision has ended; delete it where it never does, and give the "
                    + "hook \(Hook.deadlineKey)")
        }
        return nil
    }

    /// Earlier runs go before the next is made: those that ended, where the hook's policy says so, and those that never
    /// came to run. Whatever hinders that holds nothing up.
    func clearEarlierRuns(before id: ObjectID) async throws {
        guard let manifest = manifests[id], let hook = Hook(of: manifest.object) else { return }
        for run in earlierRuns[id] ?? [] {
            guard let live = await liveRun(run, of: id) else { continue }
            if Hook.hasEnded(live), !hook.deletion.contains(.beforeCreation) { continue }
            try await deleteRun(live, of: manifest)
        }
    }

    /// The live object, where it really is a run of the hook.
    private func liveRun(_ run: ObjectID, of id: ObjectID) async -> Object? {
        guard let live = await context.view.object(run), let manifest = manifests[id],
            Hook.identity(of: live) == Hook.identity(of: manifest.object),
            Ownership.claimedTarget(of: live) == start.target
        else { return nil }
        return live
    }

    // MARK: After a run

    /// Records, once, what was seen to be done: it is not done again at this digest, even where nothing is left of it.
    func noteCompletions() async throws {
        var fresh: [Manifest] = []
        for id in runIDs where !completed.contains(id) {
            guard case .applied(let stored, _) = nodes[id], let manifest = manifests[id] else { continue }
            if await !context.view.hasEnded(stored.uid) {
                guard let object = await observation(of: id).object, Hook.hasSucceeded(object) else { continue }
            }
            completed.insert(id)
            moved.objects.insert(id)
            // It may be going, or gone, when it is looked at next.
            judge.forget(id)
            if !completedBefore.contains(id) { fresh.append(manifest) }
        }
        guard !fresh.isEmpty else { return }
        try await context.store.recordCompletions(fresh, of: start.target, rollout: start.id, at: context.now)
        try await keepRuns(Dictionary(fresh.map { ($0.id, .succeeded) }) { first, _ in first })
    }

    /// Deletes runs that ended, as the hooks' policies say. Never holds the verdict up.
    func cleanUpHooks(hasSucceeded: Bool) async throws {
        for manifest in desired.manifests {
            guard let hook = Hook(of: manifest.object), let live = await context.view.object(manifest.id),
                Ownership.claimedTarget(of: live) == start.target
            else { continue }
            let isRun = Hook.runsOnce(manifest.id.groupKind)
            let succeeded = isRun ? Hook.hasSucceeded(live) : hasSucceeded
            let failed = isRun ? Hook.hasFailed(live) : !hasSucceeded
            guard succeeded && hook.deletion.contains(.succeeded) || failed && hook.deletion.contains(.failed) else {
                continue
            }
            try await deleteRun(live, of: manifest)
        }
    }

    /// Whether a run failed in an earlier rollout: it is made anew, since what made it fail may be mended. One that
    /// this very rollout announced before the daemon was restarted, and that failed since, has failed.
    func hasFailedBefore(_ live: Object, _ id: ObjectID) -> Bool {
        guard Hook.runsOnce(id.groupKind), !announcedBefore.contains(id), !completedBefore.contains(id),
            Hook.hasFailed(live)
        else { return false }
        return Ownership.claimedTarget(of: live) == start.target
    }

    /// Why a run stays, whatever its hook's policy is.
    private func whyKept(_ live: Object, of manifest: Manifest) async throws -> String? {
        if let suspension = try await context.store.suspensions().first(covering: start.target, live.objectID) {
            return suspension.text
        }
        let marks = ObjectMarks(manifest: manifest.object, live: live)
        if marks.leavesAlone { return "it \(marks.whyLeftAlone)" }
        if let mark = marks.keepMark { return "it is marked \(mark)" }
        guard PruneRules.isProtected(live.objectID.groupKind), !marks.allowsPrune else { return nil }
        return "it holds others, or data, and is not marked \(ObjectMarks.pruneKey): allowed"
    }

    /// False where it stays.
    @discardableResult
    func deleteRun(_ live: Object, of manifest: Manifest) async throws -> Bool {
        let id = live.objectID
        if let cause = try await claim.refusal(of: live, manifest.origin) {
            note("\(id) is not removed: it \(cause.message)")
            return false
        }
        if let why = try await whyKept(live, of: manifest) {
            note("\(id) is not removed: \(why)")
            return false
        }
        let version = live.groupVersionKind.version
        let intents = try await context.store.recordIntents(
            [Intent(object: id, action: .prune)], of: start.id, at: context.now)
        var outcome = Outcome(intent: intents.first ?? "", uid: live.uid)
        do throws(ClusterFailure) {
            _ = try await context.cluster.delete(id, version: version, uid: live.uid)
        } catch {
            outcome.failure = error.message
            note("\(id) is not removed: \(error.message)")
        }
        try await context.store.recordOutcomes([outcome], at: context.now)
        guard outcome.failure == nil else { return false }
        try await context.store.recordInventory(
            [InventoryRecord(object: id, version: version, uid: live.uid, isRemoved: true)], of: start.target,
            rollout: start.id, at: context.now)
        return true
    }
}
