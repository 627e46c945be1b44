// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Applies each object as soon as what it depends on is ready, and judges what was applied all the while.
///
/// Works in turns. A turn looks at what changed since the last one, and at what waited for that; requests are under way
/// meanwhile (`RolloutRun+Send.swift`), and whatever answers came by then are taken in together.
extension RolloutRun {
    /// Nil when everything is applied and healthy; otherwise why the rollout failed.
    func applyAndJudge() async throws -> Cause? {
        await context.view.add(feed)
        let result: Result<Cause?, any Error>
        do {
            result = .success(
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<min(context.settings.applyConcurrency, ids.count) {
                        group.addTask { await self.sendOneByOne() }
                    }
                    defer { group.cancelAll() }
                    return try await takeTurns()
                })
        } catch {
            result = .failure(error)
        }
        try await closeRequests()
        return try result.get()
    }

    private func takeTurns() async throws -> Cause? {
        while true {
            try Task.checkCancellation()
            let began = beginTurn()
            let refused = try await takeAnswers()
            let isCurrent = try await observe()
            if isCurrent {
                try await deleteStuckPods()
                try await undoDrift()
            }
            let judgement = isCurrent ? judge.judgement(now: time.now) : nil
            if refused == nil, case .failed(let cause) = judgement {
                if await hasMissedSomething() { continue }
                if await hasMissedPods(of: cause) { continue }
                try await stopSending()
                return cause
            }
            let order = SignalMark(now: context.board.changes)
            let hasMoved = refused == nil ? try await sendWhatIsReady() : false
            try await recordAnswers()
            if let refused {
                try await stopSending()
                return refused
            }
            // What was done in this turn lets others go on.
            guard !hasMoved, moved.isEmpty else { continue }
            if underWay.isEmpty, try await concludeTurn(judgement) { return nil }
            if await pauseWhileThereIsPlenty() { continue }
            let moments = waits.values.compactMap(\.retryAt) + [judge.nextDeadline].compactMap { $0 }
            try await wait(began + [order], until: moments.min())
        }
    }

    /// What needs no request lets others go on at once: what this change touched is sent before the rest is judged.
    ///
    /// - Returns: Whether anything moved on.
    private func sendWhatIsReady() async throws -> Bool {
        var hasMoved = false
        while true {
            let ready = await findReady()
            guard !ready.isEmpty else { return hasMoved }
            // Namespaces that come beforehand let nothing of the rollout begin: the gate is asked again for the rest.
            if only == nil { try await enter(.applyBegan) }
            try await send(ready)
            guard !moved.isEmpty else { return hasMoved }
            hasMoved = true
        }
    }

    /// With nothing under way: says what is waited for. True where all is applied and healthy.
    private func concludeTurn(_ judgement: Judgement?) async throws -> Bool {
        if let hindrance = mostTellingWait {
            // A dependency on its way is a turn to wait for; a sick one blocks.
            let blocks = hindrance.isSick || only != nil
            var cause = hindrance.cause
            // Of what it waits for in this rollout, a pod may say more.
            if !blocks, case .waiting(let judged?)? = judgement, judged.pod != nil { cause = judged }
            try await enter(blocks ? .dependenciesMissing : waitingEvent, cause: cause)
            return false
        }
        guard let judgement else { return false }
        if only != nil {
            // What comes after is not begun.
            switch judgement {
            case .healthy: return true
            case .waiting(let cause): try await enter(.dependenciesMissing, cause: cause)
            case .blocked(let cause): try await enter(.dependenciesMissing, cause: cause)
            case .failed: break
            }
            return false
        }
        // Of an application without objects there is nothing to apply.
        if lifecycle.phase == .queued { try await enter(.applyBegan) }
        if lifecycle.phase == .applying { try await enter(.applied) }
        switch judgement {
        case .healthy:
            try await enter(.judged(.healthy))
            return true
        case .waiting(let cause): try await enter(.judged(judgement), cause: cause)
        case .blocked(let cause): try await enter(.judged(judgement), cause: cause)
        case .failed: break
        }
        return false
    }

    /// What is sick first; then a hook at its work, since others wait for what waits for it.
    private var mostTellingWait: Wait? {
        let hindrances = ids.lazy.compactMap { self.waits[$0] }
        return hindrances.first(where: \.isSick) ?? hindrances.first { $0.on.map(isRunUnderWay) ?? false }
            ?? hindrances.first
    }

    private func isRunUnderWay(_ id: ObjectID) -> Bool {
        guard Hook.runsOnce(id.groupKind), !completed.contains(id), case .applied = nodes[id] else { return false }
        return true
    }

    /// The event that says "still at it" in the present phase.
    private var waitingEvent: RolloutLifecycle.Event {
        lifecycle.phase == .queued ? .queued : .applyBegan
    }

    /// Taken before looking: what moves on from here is worth another turn.
    private func beginTurn() -> [SignalMark] {
        let marks = [feed.signal, answered, context.drift.signal(for: start.target)].map { SignalMark(now: $0) }
        let orders = context.board.orders
        if orders != knownOrders {
            knownOrders = orders
            moved.isAll = true
            feed.follow(watchedNamespaces)
        }
        return marks
    }

    func isApplied(_ id: ObjectID) -> Bool {
        switch nodes[id] {
        case .applied, .settled: true
        case .pending, nil: false
        }
    }

    // MARK: Observing

    /// Feeds the judge what changed. False while the cluster does not answer: then nothing is judged, and no time is used
    /// up.
    private func observe() async throws -> Bool {
        unseen.join(feed.take())
        if let cause = await outage() {
            judge.interrupt(now: time.now)
            try await enter(.judged(.blocked(cause)), cause: cause)
            return false
        }
        let now = time.now
        let news = unseen
        unseen = ChangeFeed.News()
        moved.join(news)
        let late = unconfirmed.compactMap { $0.value <= now ? $0.key : nil }
        let changed = inOrder(news.isAll ? Set(ids) : news.objects.union(late)).filter { id in
            if case .applied = nodes[id] { true } else { false }
        }
        let seen = zip(changed, await context.view.observations(of: changed)).map { confirmed($1, $0) }
        let shown = await conditions.redacted(seen.map(\.object), now: now)
        for (index, id) in changed.enumerated() {
            var observation = seen[index]
            observation.object = shown[index]
            judge.observe(observation, for: id, now: now)
        }
        looked = changed
        try await noteCompletions()
        return true
    }

    /// The objects of the rollout among those given, in the order rendered.
    func inOrder(_ objects: Set<ObjectID>) -> [ObjectID] {
        objects.compactMap { places[$0] }.sorted().map { ids[$0] }
    }

    /// Why what is seen of the objects applied so far is not to be trusted: a watch that is broken, or a server that
    /// does not answer (a silent watch takes minutes to notice).
    private func outage() async -> Cause? {
        let error = context.clusterError
        let isFailing = await context.view.isFailing
        guard error != nil || isFailing else { return nil }
        for id in ids {
            guard case .applied = nodes[id] else { continue }
            if isFailing, let failure = await context.view.failure(of: id) {
                return Cause(object: id, reason: failure.code.rawValue, message: failure.message)
            }
            if let error {
                return Cause(object: id, reason: ClusterFailure.Code.unavailable.rawValue, message: error)
            }
        }
        return nil
    }

    /// What is seen of an object we applied: the answer to the apply, until the watch has caught up with it.
    func observation(of id: ObjectID) async -> ObjectObservation {
        confirmed(await context.view.observation(of: id), id)
    }

    /// The object of that alone.
    func seen(_ id: ObjectID) async -> Object? {
        confirmed(ObjectObservation(object: await context.view.object(id)), id).object
    }

    private func confirmed(_ seen: ObjectObservation, _ id: ObjectID) -> ObjectObservation {
        guard case .applied(let stored, let appliedAt) = nodes[id] else { return seen }
        if let object = seen.object, object.uid == stored.uid {
            unconfirmed[id] = nil
            return seen
        }
        let isCatchingUp = time.now < appliedAt + Self.trail
        unconfirmed[id] = isCatchingUp ? appliedAt + Self.trail : nil
        return isCatchingUp ? ObjectObservation(object: stored.object) : seen
    }

    /// How long a watch may trail an answer.
    private static let trail = Duration.seconds(10)
}
