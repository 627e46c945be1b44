// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Applies each object as soon as what it depends on is healthy, and judges what was applied all the while.
extension RolloutRun {
    /// What stands between an object and its apply.
    private enum Readiness {
        case ready
        case waiting(Cause, isSick: Bool, retryAt: Timestamp?)
    }

    /// Nil when everything is applied and healthy; otherwise why the rollout failed.
    func applyAndJudge() async throws -> Cause? {
        while true {
            try Task.checkCancellation()
            let marks = await marks()
            let isCurrent = try await observe()
            if isCurrent {
                try await deleteStuckPods()
                try await undoDrift()
            }
            if isCurrent, case .failed(let cause) = judge.judgement(now: context.now) {
                if await hasMissedSomething() { continue }
                return cause
            }
            var ready: [ObjectID] = []
            var hindrances: [(cause: Cause, isSick: Bool, retryAt: Timestamp?)] = []
            for id in ids where !isApplied(id) {
                switch await readiness(of: id) {
                case .ready: ready.append(id)
                case .waiting(let cause, let isSick, let retryAt): hindrances.append((cause, isSick, retryAt))
                }
            }
            if !ready.isEmpty {
                try await enter(.applyBegan)
                if let refused = try await apply(ready) { return refused }
                continue
            }
            if let hindrance = hindrances.first(where: \.isSick) ?? hindrances.first {
                // A dependency on its way is a turn to wait for; a sick one blocks.
                try await enter(
                    hindrance.isSick ? .dependenciesMissing : waitingEvent, cause: hindrance.cause)
            } else if isCurrent {
                // Of an application without objects there is nothing to apply.
                if lifecycle.phase == .queued { try await enter(.applyBegan) }
                let judgement = judge.judgement(now: context.now)
                if lifecycle.phase == .applying { try await enter(.applied) }
                switch judgement {
                case .healthy:
                    try await enter(.judged(.healthy))
                    return nil
                case .waiting(let cause): try await enter(.judged(judgement), cause: cause)
                case .blocked(let cause): try await enter(.judged(judgement), cause: cause)
                case .failed: continue
                }
            }
            let moments = hindrances.compactMap(\.retryAt) + [judge.nextDeadline].compactMap { $0 }
            try await wait(marks, until: moments.min())
        }
    }

    /// The event that says "still at it" in the present phase.
    private var waitingEvent: RolloutLifecycle.Event {
        lifecycle.phase == .queued ? .queued : .applyBegan
    }

    private func isApplied(_ id: ObjectID) -> Bool {
        switch nodes[id] {
        case .applied, .settled: true
        case .pending, nil: false
        }
    }

    // MARK: Observing

    /// Feeds the judge. False while the cluster does not answer: then nothing is judged, and no time is used up.
    private func observe() async throws -> Bool {
        if let cause = await outage() {
            judge.interrupt(now: context.now)
            try await enter(.judged(.blocked(cause)), cause: cause)
            return false
        }
        for id in ids { judge.observe(await observation(of: id), for: id, now: context.now) }
        try await noteCompletions()
        return true
    }

    /// Why what is seen of the objects applied so far is not to be trusted: a watch that is broken, or a server that
    /// does not answer (a silent watch takes minutes to notice).
    private func outage() async -> Cause? {
        for id in ids {
            guard case .applied = nodes[id] else { continue }
            if let failure = await context.view.failure(of: id) {
                return Cause(object: id, reason: failure.code.rawValue, message: failure.message)
            }
            if let error = context.status.daemon.cluster.error {
                return Cause(object: id, reason: ClusterFailure.Code.unavailable.rawValue, message: error)
            }
        }
        return nil
    }

    /// What is seen of an object we applied: the answer to the apply, until the watch has caught up with it.
    func observation(of id: ObjectID) async -> ObjectObservation {
        let seen = await context.view.observation(of: id)
        guard case .applied(let stored, let appliedAt) = nodes[id] else { return seen }
        if let object = seen.object, object.uid == stored.uid { return seen }
        let isCatchingUp = context.now - appliedAt < .seconds(10)
        return isCatchingUp ? ObjectObservation(object: stored) : seen
    }

    // MARK: Order

    private func readiness(of id: ObjectID) async -> Readiness {
        if case .pending(let problem?, let retryAt?) = nodes[id], retryAt > context.now,
            await !hasKindCome(problem, id)
        {
            return .waiting(problem, isSick: true, retryAt: retryAt)
        }
        if let cause = await runningBefore(id) { return .waiting(cause, isSick: true, retryAt: nil) }
        for edge in dependencies(of: id) {
            if let hindrance = nodes[edge.to] == nil ? await hindrance(outside: edge) : await hindrance(inside: edge) {
                return hindrance
            }
        }
        return .ready
    }

    private func dependencies(of id: ObjectID) -> [OrderEdge] {
        let known = context.board.graph?.dependencies(of: id) ?? []
        guard let ownOrder else { return known }
        // What only the revision that is taken back had is not to be waited for.
        return ownOrder.dependencies(of: id)
            + known.filter { nodes[$0.to] == nil && context.board.claimant(of: $0.to) != start.target }
    }

    /// What was deferred, since nobody served its kind, is tried at once when somebody does.
    private func hasKindCome(_ problem: Cause, _ id: ObjectID) async -> Bool {
        guard problem.reason == ClusterFailure.Code.kindNotServed.rawValue,
            await context.view.isRead(id.groupKind, namespace: id.namespace)
        else { return false }
        return kindsCame.insert(id).inserted
    }

    /// A dependency in this application.
    private func hindrance(inside edge: OrderEdge) async -> Readiness? {
        if case .settled = nodes[edge.to] { return nil }
        // Nothing may be left of it by now (`ttlSecondsAfterFinished`).
        if completed.contains(edge.to) { return nil }
        guard case .applied(let stored, _) = nodes[edge.to] else {
            return waiting(for: edge, because: "it is not applied yet", isSick: false)
        }
        let health = HealthRules.health(
            of: await observation(of: edge.to).object ?? stored, appliedGeneration: stored.generation,
            expressions: desired.application.health, now: context.now)
        return hindrance(from: health, edge)
    }

    /// A dependency that another application brings, now or long ago.
    private func hindrance(outside edge: OrderEdge) async -> Readiness? {
        let state = context.board.state(of: edge.to)
        if case .pending(let owner) = state { return pendingHindrance(edge, owner: owner) }
        if let claim = context.board.claim(of: edge.to) {
            await context.view.observe(claim.kind, namespace: edge.to.namespace)
        }
        if let failure = await context.view.failure(edge.to.groupKind, namespace: edge.to.namespace) {
            return waiting(for: edge, because: failure.message, isSick: true)
        }
        guard await context.view.isSynced(edge.to.groupKind, namespace: edge.to.namespace) else {
            return waiting(for: edge, because: "reads what the cluster holds", isSick: false)
        }
        guard let live = await context.view.object(edge.to) else {
            // What runs once may be gone when it is done.
            let owner = context.board.claimant(of: edge.to).flatMap { context.status.application($0) }
            if Hook.runsOnce(edge.to.groupKind), let phase = owner?.phase, phase == .succeeded || phase == .rolledBack {
                return nil
            }
            return waiting(for: edge, because: "it is not in the cluster", isSick: true)
        }
        // One that was deleted and made anew counts its generations from the beginning.
        var generation: Int64?
        if case .applied(let applied, let uid) = state, uid == live.uid { generation = applied }
        let health = HealthRules.health(
            of: live, appliedGeneration: generation, expressions: desired.application.health, now: context.now)
        guard let hindrance = hindrance(from: health, edge) else { return nil }
        // Its application knows more than the object shows: that it was given up, and why.
        guard let owner = context.board.claimant(of: edge.to) else { return hindrance }
        let pending = pendingHindrance(edge, owner: owner)
        if case .waiting(_, isSick: true, _) = pending { return pending }
        return hindrance
    }

    private func pendingHindrance(_ edge: OrderEdge, owner: TargetID) -> Readiness {
        let status = context.status.application(owner)
        let isSick = status?.phase == .failed || status?.phase == .blocked
        let why = isSick ? status?.cause.map { "\(owner) is \(status?.phase.rawValue ?? ""): \($0)" } : nil
        return waiting(for: edge, because: why ?? "\(owner) is being rolled out", isSick: isSick)
    }

    private func hindrance(from health: Health, _ edge: OrderEdge) -> Readiness? {
        guard health.gates else { return nil }
        return switch health.status {
        case .healthy, .suspended: nil
        case .progressing, .unknown: waiting(for: edge, because: health.message, isSick: false)
        case .degraded, .missing: waiting(for: edge, because: health.message, isSick: true)
        }
    }

    private func waiting(for edge: OrderEdge, because why: String, isSick: Bool) -> Readiness {
        let cause = Cause(
            object: edge.from, reason: isSick ? "DependencyNotHealthy" : "DependencyProgressing",
            message: "waits for \(edge.to) (\(edge.reason)): \(why)")
        return .waiting(cause, isSick: isSick, retryAt: nil)
    }

    // MARK: Applying

    /// Applies objects that are ready, side by side. Answers why the digest is refused, where it is.
    private func apply(_ candidates: [ObjectID]) async throws -> Cause? {
        var intents: [Intent] = []
        var before: [ObjectID: Object] = [:]
        var ready: [ObjectID] = []
        for id in candidates {
            before[id] = await context.view.object(id)
            if let live = before[id], hasFailedBefore(live, id), let manifest = manifests[id],
                Self.whyLeftAlone(manifest, live) == nil, try await deleteRun(live, of: manifest)
            {
                before[id] = nil
            }
            if let why = manifests[id].flatMap({ Self.whyLeftAlone($0, before[id]) }) {
                leaveAlone(id, why)
            } else if completedBefore.contains(id), before[id] == nil {
                leaveAlone(id, "ran to completion with this very manifest before, and is not run again")
            } else if let live = before[id], isAsSent(live, id) {
                await accept(live, id, announcedAt: context.now, isChanged: false)
            } else {
                if before[id] == nil { try await clearEarlierRuns(before: id) }
                ready.append(id)
                intents.append(Intent(object: id, action: before[id] == nil ? .create : .configure))
            }
        }
        guard !ready.isEmpty else { return nil }
        let announcedAt = context.now
        let intentIDs = try await context.store.recordIntents(intents, of: start.id, at: announcedAt)
        try await announceInventory(ready, before)
        context.drift.hold(ready, by: start.target)
        let results: [Result<ObjectApplier.Result, ApplyProblem>]
        do {
            results = try await applyAll(ready, before)
        } catch {
            context.drift.release(ready)
            throw error
        }

        var outcomes: [Outcome] = []
        var inventory: [InventoryRecord] = []
        var refused: Cause?
        for (index, id) in ready.enumerated() {
            switch results[index] {
            case .success(.leftAlone(let why)):
                context.drift.release([id])
                leaveAlone(id, why)
                outcomes.append(Outcome(intent: intentIDs[index], uid: before[id]?.uid))
            case .success(.stored(let object, let news)):
                news.forEach(note)
                let baseline = manifests[id].map { context.drift.applied(object, of: $0, by: start.target) }
                let isChanged = before[id]?.resourceVersion != object.resourceVersion
                await accept(object, id, announcedAt: announcedAt, isChanged: isChanged)
                outcomes.append(Outcome(intent: intentIDs[index], uid: object.uid, generation: object.generation))
                let version = manifests[id]?.groupVersionKind.version ?? ""
                inventory.append(InventoryRecord(object: id, version: version, uid: object.uid, baseline: baseline))
            case .failure(let found):
                context.drift.release([id])
                let problem = weighed(found, id)
                outcomes.append(Outcome(intent: intentIDs[index], failure: problem.cause.message))
                postpone(id, problem)
                if case .refused(let cause) = problem { refused = refused ?? cause }
            }
        }
        do {
            try await context.store.recordOutcomes(outcomes, at: context.now)
            try await context.store.recordInventory(inventory, of: start.target, rollout: start.id, at: context.now)
        } catch {
            // What the ledger does not know does not count as sent: it is sent, and recorded, again.
            for id in ready { context.drift.forget(id, of: start.target) }
            throw error
        }
        return refused
    }

    /// What this change did not touch, and nobody else did either, is not sent again.
    private func isAsSent(_ live: Object, _ id: ObjectID) -> Bool {
        guard let manifest = manifests[id], Ownership.claimedTarget(of: live) == start.target else { return false }
        return context.drift.isAsSent(
            manifest, over: live, by: start.target, isScaled: autoscaled.contains(id))
    }

    /// What a mark keeps from being applied is in no ledger: nothing is done to it.
    static func whyLeftAlone(_ manifest: Manifest, _ live: Object?) -> String? {
        ObjectMarks(manifest: manifest.object, live: live).reasonToLeaveAlone(isThere: live != nil)
    }

    private func leaveAlone(_ id: ObjectID, _ why: String) {
        nodes[id] = .settled
        note("\(id) was left alone: it \(why)")
        context.board.settled(id)
    }

    func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    /// What is not ours yet is in the inventory before it is made, without a uid: cut off in between, by a crash or by
    /// a newer revision that no longer has it, it is still found and pruned.
    func announceInventory(_ ready: [ObjectID], _ before: [ObjectID: Object]) async throws {
        let new = ready.filter { id in before[id].flatMap(Ownership.claimedTarget) != start.target }
        guard !new.isEmpty else { return }
        let records = new.map { id in
            InventoryRecord(object: id, version: manifests[id]?.groupVersionKind.version ?? "", uid: "")
        }
        try await context.store.recordInventory(records, of: start.target, rollout: start.id, at: context.now)
    }

    func applyAll(
        _ ready: [ObjectID], _ before: [ObjectID: Object]
    ) async throws -> [Result<ObjectApplier.Result, ApplyProblem>] {
        let applier = ObjectApplier(
            cluster: context.cluster, manifests: desired.manifests + desired.setAside,
            policy: desired.application.conflicts, drift: desired.application.drift
        ) { [context, start] id in
            _ = try await context.store.recordIntents(
                [Intent(object: id, action: .replace)], of: start.id, at: context.now)
        }
        let rules = desired.application.drift
        let manifests = ready.compactMap { id in
            self.manifests[id].map { rules.adjusted($0, context.drift.differences(of: id)) }
        }
        let width = context.settings.applyConcurrency
        return try await withThrowingTaskGroup(of: (Int, Result<ObjectApplier.Result, ApplyProblem>).self) { group in
            var results: [Int: Result<ObjectApplier.Result, ApplyProblem>] = [:]
            for (index, manifest) in manifests.enumerated() {
                if index >= width, let (done, result) = try await group.next() { results[done] = result }
                group.addTask {
                    do {
                        try await self.requireAllowed(manifest)
                        return (index, .success(try await applier.apply(manifest, watched: before[manifest.id])))
                    } catch let problem as ApplyProblem {
                        return (index, .failure(problem))
                    }
                }
            }
            while let (done, result) = try await group.next() { results[done] = result }
            return manifests.indices.compactMap { results[$0] }
        }
    }

    /// A kind that was not served beforehand, since this rollout brings it, is known by now.
    private nonisolated func requireAllowed(_ manifest: Manifest) async throws {
        let refusal: Cause?
        do throws(ClusterFailure) {
            refusal = try await self.refusal(of: manifest)
        } catch {
            refusal = Cause(object: manifest.id, reason: error.code.rawValue, message: error.message)
        }
        if let refusal { throw ApplyProblem.blocked(refusal, retryAfter: nil) }
    }

    /// - Parameter announcedAt: a moment before the change: pods may be older than the answer.
    private func accept(_ object: Object, _ id: ObjectID, announcedAt: Timestamp, isChanged: Bool) async {
        nodes[id] = .applied(object: object.trimmedForObservation, at: context.now)
        judge.track(
            JudgedObject(id: id, appliedGeneration: object.generation, appliedAt: isChanged ? announcedAt : nil),
            baseline: isResumed ? nil : announcedAt)
        context.board.applied(id, generation: object.generation, uid: object.uid)
        if id.groupKind == ClusterView.customResourceDefinition { await context.view.kindsChanged() }
    }

    private static var suspicionLimit: Int { 5 }

    /// A server in trouble fails on one request and not on the next. What it fails on again and again, with seconds in
    /// between, while it takes less of the same object, is wrong.
    private func weighed(_ problem: ApplyProblem, _ id: ObjectID) -> ApplyProblem {
        guard case .blocked(var cause, _) = problem, cause.reason == ObjectApplier.suspected else {
            suspicions[id] = nil
            return problem
        }
        let count = (suspicions[id] ?? 0) + 1
        suspicions[id] = count
        guard count >= Self.suspicionLimit else { return problem }
        cause.reason = "ManifestInvalid"
        return .refused(cause)
    }

    private func postpone(_ id: ObjectID, _ problem: ApplyProblem) {
        var backoff = backoffs[id] ?? Backoff()
        var minimum: Duration?
        if case .blocked(_, let retryAfter) = problem { minimum = retryAfter }
        let delay = backoff.next(random: context.surroundings.random(), atLeast: minimum)
        backoffs[id] = backoff
        nodes[id] = .pending(problem: problem.cause, retryAt: context.now + delay)
    }
}
