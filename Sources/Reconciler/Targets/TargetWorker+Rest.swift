// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// At rest, what runs is watched: for its health, for what others change, and for a relapse while it bakes.
extension TargetWorker {
    /// When what could not be pruned is tried again.
    private var pruneRetry: Timestamp? { untaken.map(\.retryAt).flatMap { $0 > steady.now ? $0 : nil } }

    /// Without what is done once, or left alone: nothing need be there of it.
    func lasting(_ manifests: [Manifest]) async throws -> [Manifest] {
        let jobs = manifests.filter { Hook.runsOnce($0.id.groupKind) }
        let done = jobs.isEmpty ? [] : try await context.store.completedJobs(of: target, among: jobs)
        return manifests.filter { manifest in
            Hook(of: manifest.object) == nil && !done.contains(manifest.id)
                && !ObjectMarks(manifest.object).leavesAlone
        }
    }

    /// Waits for something new, keeping the shown health true meanwhile.
    func rest() async throws {
        guard let shown = inForce ?? currentDesired, context.has(context.clusterName) else {
            return await waitAtGate()
        }
        guard !shown.manifests.isEmpty else {
            // Nothing is asked for, and nothing is unwell of it.
            let content = context.standings.isRequired(target) ? shown.content : nil
            try await noteHealth(
                .healthy, of: shown.digest, shown.application, try await ranLast(), content, isOfNothing: true)
            return await waitAtGate()
        }
        let gateChange = waitingAtGate?.nextChange
        let latest = try await ranLast()
        // Before the manifests are packed.
        let content = context.standings.isRequired(target) ? shown.content : nil
        let count = shown.manifests.count
        var baking = try await bakingRollout(shown)
        let judged = try await watchedAtRest(shown)
        let retry = pruneRetry
        let time = SteadyTime(context.surroundings)
        var health = HealthObserver(
            view: context.view, cluster: context.cluster, manifests: try await lasting(judged),
            settings: JudgeSettings(shown.application), now: time.now, baseline: baking?.start.startedAt,
            excused: baking?.verdict?.notes ?? [])
        await health.begin()
        let healer = try await healer(of: shown)
        let changesOfOthers = context.drift.signal(for: target)
        shown.pack()
        currentDesired?.pack()
        while !Task.isCancelled, !heard.hasMoved {
            if let retry, retry <= steady.now { return }
            if waitingAtGate != nil, standingsHeard.hasMoved { return }
            if let gateChange, gateChange <= context.now { return }
            if loss != lossNow { return }
            let marks = [
                health.mark(), SignalMark(now: changesOfOthers), SignalMark(now: context.tenancy.changes),
            ]
            let nextHealing = try await healDrift(healer)
            let summary = await health.summary(now: time.now)
            try await noteHealth(
                summary.status, of: shown.digest, shown.application, latest, content)
            if let rollout = baking, !rollout.isBaking(shown.application.bake, context) {
                baking = nil
                await keepReadable(rollout.start.revision)
            }
            if let rollout = baking, let failure = summary.failure {
                // An event that a server lost must not take a good revision back.
                if await health.hasMissedSomething(context.cluster) { continue }
                return try await relapse(rollout.start, shown, because: failure)
            }
            publish {
                $0.health = summary.status
                // While the cluster does not answer, the last that was seen stays.
                if summary.status != .unknown {
                    $0.restarts = summary.vitals.restarts
                    $0.certificates = summary.vitals.certificates
                }
                $0.objects = count
                $0.bakesUntil = baking.map {
                    self.context.end(of: shown.application.bake, since: $0.phaseSince)
                }
                // What holds an application back says more than how it is.
                if $0.quarantine == nil, $0.hold == nil, $0.suspensions.isEmpty, self.wish.problem == nil,
                    $0.phase == .succeeded || $0.phase == .rolledBack
                {
                    $0.cause = summary.cause
                }
            }
            let pauses = [
                health.nextDeadline.map { $0 - time.now }, nextHealing.map { $0 - steady.now },
                retry.map { $0 - steady.now }, gateChange.map { $0 - context.now },
            ]
            let pause = pauses.compactMap(\.self).min() ?? .seconds(60)
            await Signal.wait(
                forAny: marks + [heard] + (waitingAtGate == nil ? [] : [standingsHeard]),
                atMost: min(max(pause, .milliseconds(20)), .seconds(60)),
                on: context.surroundings.clock)
        }
    }

    /// With nothing to show the health of.
    private func waitAtGate() async {
        guard let waitingAtGate else { return await heard.wait() }
        let now = context.now
        let limit = (waitingAtGate.nextChange ?? now + .seconds(3600)) - now
        let tenancy = SignalMark(now: context.tenancy.changes)
        guard loss == lossNow else { return }
        await Signal.wait(
            forAny: [heard, standingsHeard, tenancy],
            atMost: max(limit, .milliseconds(20)), on: context.surroundings.clock)
    }
}
