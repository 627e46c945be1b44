// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension RolloutRun {
    /// The cause with the last lines of the container that crashed. One that never ran has written nothing.
    func withLogLines(_ cause: Cause) async -> Cause {
        guard cause.exitCode != nil, let pod = cause.pod, let container = cause.container,
            let namespace = cause.object?.namespace
        else { return cause }
        let isPrevious = await isOfEarlierRun(
            container, of: ObjectID(group: "", kind: "Pod", namespace: namespace, name: pod))
        var complete = cause
        complete.logLines = await lastLines.written(
            by: container, of: ObjectID(group: "", kind: "Pod", namespace: namespace, name: pod),
            inEarlierRun: isPrevious)
        return complete
    }

    private var lastLines: LastLines {
        LastLines(cluster: context.cluster, clock: context.surroundings.clock, manifests: desired.manifests)
    }

    /// Whether the run that ended badly is not the container's present one: it was started again, or is about to be. One
    /// that is not (`restartPolicy: Never`, as most Jobs have it) has no earlier run, and a kubelet that is asked for
    /// its lines answers with an error.
    private func isOfEarlierRun(_ container: String, of pod: ObjectID) async -> Bool {
        let live = await context.view.object(pod)
        let state = ["containerStatuses", "initContainerStatuses"]
            .flatMap { live?.value(at: "status", $0)?.array ?? [] }
            .first { $0["name"]?.string == container }?["state"]
        return state?["terminated"]?.object == nil
    }

    // MARK: Hooks

    /// Records what became of hooks' runs, each once, with what they wrote last.
    ///
    /// - Parameter known: lines that were read already.
    func keepRuns(_ outcomes: [ObjectID: HookRun.Outcome], known: [ObjectID: [String]] = [:]) async throws {
        let lastLines = lastLines
        var asked: [(run: HookRun, object: Object, pods: [Object])] = []
        for (id, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
            guard let manifest = manifests[id], Hook(of: manifest.object) != nil, Hook.runsOnce(id.groupKind),
                let object = await ownRun(id), keptRuns.insert(object.uid).inserted
            else { continue }
            let run = HookRun(
                object: id, uid: object.uid, outcome: outcome, lines: known[id] ?? [], at: context.now)
            asked.append((run, object, await context.view.observation(of: id).pods))
        }
        guard !asked.isEmpty else { return }
        // Side by side: all of them together have one deadline.
        let lines = await withTaskGroup(of: (Int, [String]).self) { group in
            for (place, (run, object, pods)) in asked.enumerated() where run.lines.isEmpty {
                group.addTask { (place, await lastLines.written(by: object, pods: pods)) }
            }
            return await group.reduce(into: [Int: [String]]()) { $0[$1.0] = $1.1 }
        }
        // Cut short, nothing could be read; a rollout that goes on reads it then.
        try Task.checkCancellation()
        let runs = asked.enumerated().map { place, item in
            var run = item.run
            run.lines = lines[place] ?? run.lines
            return run
        }
        try await context.store.recordHookRuns(runs, of: start.id)
    }

    /// What was applied, as it is live or was; after a restart nothing was, and watches may know nothing yet.
    private func ownRun(_ id: ObjectID) async -> Object? {
        var live = await context.view.object(id)
        if case .applied(let stored, _) = nodes[id] { return live?.uid == stored.uid ? live : stored.object }
        if live == nil, let manifest = manifests[id] {
            live = try? await context.cluster.get(id, version: manifest.groupVersionKind.version)
        }
        return live.flatMap(Ownership.claimedTarget) == start.target ? live : nil
    }

    /// Runs that were done when the daemon was ended, before what they wrote was kept.
    func keepRunsOfBefore() async throws {
        guard isResumed else { return }
        keptRuns = Set(try await context.store.hookRuns(of: start.id).map(\.uid))
        var done: [ObjectID: HookRun.Outcome] = [:]
        for id in completedBefore where announcedBefore.contains(id) { done[id] = .succeeded }
        try await keepRuns(done)
    }

    /// Those that were begun, and did not succeed: a rollout that fails waits for them no longer.
    func keepUnsuccessfulRuns(_ cause: Cause) async throws {
        var outcomes: [ObjectID: HookRun.Outcome] = [:]
        for id in runIDs where !completed.contains(id) {
            guard case .applied = nodes[id], let live = await seen(id) else { continue }
            outcomes[id] = Hook.hasFailed(live) ? .failed : Hook.hasSucceeded(live) ? .succeeded : .unfinished
        }
        let lines = cause.object.map { cause.logLines.isEmpty ? [:] : [$0: cause.logLines] } ?? [:]
        try await keepRuns(outcomes, known: lines)
    }
}
