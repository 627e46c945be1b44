// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// When an object may be applied.
extension RolloutRun {
    /// What stands between an object and its apply.
    struct Wait {
        var cause: Cause
        var isSick: Bool
        /// When to look again though nothing moved.
        var retryAt: Timestamp?
        /// The one object that it waits for; where it goes on, the next may stand in the way. Nil where what it waits for
        /// is seen in no single object: that is looked at in every turn.
        var on: ObjectID?
        /// Why, without what is waited for.
        var why = ""
        /// What makes the Secret that it waits for.
        var maker: ObjectID?

        func mayBeOver(_ moved: ChangeFeed.News, now: Timestamp) -> Bool {
            on.map(moved.concerns) ?? true || retryAt.map { $0 <= now } ?? false
        }
    }

    /// What may be sent now. Looks again at what waited for something that moved, and at that alone.
    func findReady() async -> [ObjectID] {
        let moved = moved
        self.moved = ChangeFeed.News()
        let now = time.now
        var healths: [ObjectID: Health] = [:]
        var ready: [ObjectID] = []
        for id in candidates(moved) where !isApplied(id) && !underWay.contains(id) && only?.contains(id) ?? true {
            if !moved.isAll, let wait = waits[id], !wait.mayBeOver(moved, now: now) { continue }
            restless.remove(id)
            waits[id] = await hindrance(of: id, &healths)
            guard let wait = waits[id] else {
                ready.append(id)
                continue
            }
            if let other = wait.on { waiters[other, default: []].append(id) }
            if wait.on == nil || wait.retryAt != nil { restless.insert(id) }
        }
        judge.awaitSecrets(of: Set(waits.values.compactMap(\.maker)))
        return ready
    }

    /// What may have nothing more to wait for, in the order rendered.
    private func candidates(_ moved: ChangeFeed.News) -> [ObjectID] {
        if moved.isAll {
            waiters = [:]
            return ids
        }
        var found = restless
        for object in moved.objects { found.formUnion(waiters.removeValue(forKey: object) ?? []) }
        return inOrder(found)
    }

    private func hindrance(of id: ObjectID, _ healths: inout [ObjectID: Health]) async -> Wait? {
        if case .pending(let problem?, let retryAt?) = nodes[id], retryAt > time.now {
            let isDeferred = problem.reason == ClusterFailure.Code.kindNotServed.rawValue
            if await !hasKindCome(problem, id) {
                return Wait(cause: problem, isSick: true, retryAt: retryAt, on: isDeferred ? nil : id)
            }
        }
        if let cause = await runningBefore(id) { return Wait(cause: cause, isSick: true) }
        for edge in dependencies(of: id) {
            let isInside = nodes[edge.to] != nil
            let found = isInside ? await hindrance(inside: edge, &healths) : await hindrance(outside: edge)
            if let wait = await missingSecret(behind: edge, found) { return wait }
            if var wait = found {
                wait.on = isInside ? edge.to : nil
                return wait
            }
        }
        return nil
    }

    func dependencies(of id: ObjectID) -> [OrderEdge] {
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
    private func hindrance(inside edge: OrderEdge, _ healths: inout [ObjectID: Health]) async -> Wait? {
        if case .settled = nodes[edge.to] { return nil }
        // Nothing may be left of it by now (`ttlSecondsAfterFinished`).
        if completed.contains(edge.to) { return nil }
        guard case .applied(let stored, _) = nodes[edge.to] else {
            return waiting(for: edge, because: "it is not applied yet", isSick: false)
        }
        guard edge.condition == .healthy else { return nil }
        let known = healths[edge.to]
        let health: Health
        if let known {
            health = known
        } else {
            let live = await conditions.redacted(await seen(edge.to) ?? stored.object, now: time.now)
            health = HealthRules.health(
                of: live, appliedGeneration: stored.generation,
                expressions: desired.application.health, now: time.now)
            healths[edge.to] = health
        }
        guard let hindrance = hindrance(from: health, edge), await !excuses(edge) else { return nil }
        judgeAfterAll(edge.to)
        return hindrance
    }

    /// A dependency that another application brings, now or long ago.
    private func hindrance(outside edge: OrderEdge) async -> Wait? {
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
        guard edge.condition == .healthy else { return nil }
        // One that was deleted and made anew counts its generations from the beginning.
        var generation: Int64?
        if case .applied(let applied, let uid) = state, uid == live.uid { generation = applied }
        let health = HealthRules.health(
            of: await withoutSecrets(live), appliedGeneration: generation,
            expressions: desired.application.health, now: time.now)
        guard let hindrance = hindrance(from: health, edge) else { return nil }
        // Its application knows more than the object shows: that it was given up, and why.
        guard let owner = context.board.claimant(of: edge.to) else { return hindrance }
        let pending = pendingHindrance(edge, owner: owner)
        return pending.isSick ? pending : hindrance
    }

    /// Another application's object, without the values of that one's Secrets and of this one's; where nobody asks for it,
    /// without messages.
    private func withoutSecrets(_ live: Object) async -> Object {
        guard let owner = context.board.claimant(of: live.objectID), let secrets = context.board.secrets(of: owner)
        else { return QuotedConditions.redacted(live) { _ in nil } }
        let known = foreignConditions[owner].flatMap { $0.isOf(secrets) ? $0 : nil }
        let redaction = known ?? ConditionRedaction(secrets, cluster: context.cluster)
        foreignConditions[owner] = redaction
        return await conditions.redacted(await redaction.redacted(live, now: time.now), now: time.now)
    }

    private func pendingHindrance(_ edge: OrderEdge, owner: TargetID) -> Wait {
        let status = context.status.application(owner)
        let isSick = status?.phase == .failed || status?.phase == .blocked
        let why = isSick ? status?.cause.map { "\(owner) is \(status?.phase.rawValue ?? ""): \($0)" } : nil
        return waiting(for: edge, because: why ?? "\(owner) is being rolled out", isSick: isSick)
    }

    private func hindrance(from health: Health, _ edge: OrderEdge) -> Wait? {
        guard health.gates else { return nil }
        var wait: Wait
        switch health.status {
        case .healthy, .suspended: return nil
        case .progressing, .unknown: wait = waiting(for: edge, because: health.message, isSick: false)
        case .degraded, .missing: wait = waiting(for: edge, because: health.message, isSick: true)
        }
        wait.retryAt = health.recheckAt
        return wait
    }

    private func waiting(for edge: OrderEdge, because why: String, isSick: Bool) -> Wait {
        let cause = Cause(
            object: edge.from, reason: isSick ? "DependencyNotHealthy" : "DependencyProgressing",
            message: "waits for \(edge.to) (\(edge.reason)): \(why)")
        return Wait(cause: cause, isSick: isSick, why: why)
    }

    // MARK: Secrets that are made

    /// How often a Secret is looked for that no watch tells of.
    private static let secretPause = Duration.seconds(5)

    /// What makes a Secret of what the pods need may be well before the Secret is there, or never become well: who needs it
    /// waits for the Secret itself, which no timeout ends, since it is not this revision that keeps it away.
    private func missingSecret(behind edge: OrderEdge, _ wait: Wait?) async -> Wait? {
        guard let secret = [ownOrder, context.board.graph].lazy.compactMap({ $0?.secret(madeOf: edge.to) }).first,
            manifests[secret] == nil, context.board.claimant(of: secret) == nil, let manifest = manifests[edge.from],
            let reference = ExternalReference.all(in: [manifest], isProvided: { $0 != secret }).first,
            await isMade(edge.to)
        else { return nil }
        // Where nobody may look, the health of what makes it has to tell.
        guard (try? await isThere(secret)) == false else { return nil }
        let why = wait?.why ?? "it is there, and its controller has not made the Secret yet"
        // For a moment, that is a turn to wait for as any other.
        let isSettling = wait.map { !$0.isSick && $0.retryAt != nil } ?? false
        let next = time.now + Self.secretPause
        return Wait(
            cause: Cause(
                object: edge.from, reason: "SecretMissing",
                message: "waits for the \(secret) (\(reference.place)), which is made by the \(edge.to): \(why)"),
            isSick: !isSettling, retryAt: wait?.retryAt.map { min($0, next) } ?? next, on: secret, why: why,
            maker: edge.to)
    }

    /// Whether what makes it is in the cluster as this revision has it.
    private func isMade(_ maker: ObjectID) async -> Bool {
        switch nodes[maker] {
        case .applied, .settled: true
        case .pending: false
        case nil: await context.view.object(maker) != nil
        }
    }
}
