// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Judges one rollout of one application: is fed what was seen, and says what to think of it.
///
/// Keeps extracts only, no object trees. Goes on after the rollout as the application's health, and through `bake`:
/// once all that is tracked is healthy, a relapse, or a later wave, has the whole timeout again. Nothing tracked is
/// healthy.
package struct Judge: Sendable {
    package private(set) var settings: JudgeSettings
    /// Sorted by identity, so that of two equal causes always the same is named.
    private var standings: [Standing] = []
    private var rules: Standing.Rules
    private var now: Timestamp

    /// When the timeout began to run: at the start, and again at a relapse.
    private var windowStart: Timestamp
    private var wasHealthy = false
    private var blockedSince: Timestamp?
    private var blockedTime = Duration.zero

    private let baseline: Timestamp

    /// - Parameters:
    ///   - startedAt: when the timeout begins to run.
    ///   - baseline: pods made since, and conditions dated since, are the rollout's own doing; left out, `startedAt`.
    ///     A rollout that is taken up again after a restart of the daemon began before this judge.
    package init(
        settings: JudgeSettings, objects: [JudgedObject], startedAt: Timestamp, baseline: Timestamp? = nil
    ) {
        self.settings = settings
        self.baseline = baseline ?? startedAt
        rules = Standing.Rules(settings: settings, ownIDs: [])
        now = startedAt
        windowStart = startedAt
        for object in objects { track(object) }
    }

    /// The registry has the image: what keeps pods from it has the grace only.
    package mutating func stopWaiting(forImage name: String) {
        settings.imageWaits[name] = nil
        rules.settings.imageWaits[name] = nil
    }

    /// Others wait for Secrets that are to be made of these objects: while they are not well that is a block, and uses up no
    /// time.
    package mutating func awaitSecrets(of makers: Set<ObjectID>) { rules.makers = makers }

    /// Adds an object applied later, or notes that it was applied again.
    ///
    /// - Parameters:
    ///   - baseline: the object's own, such as the moment before its apply; left out, the judge's.
    ///   - earlier: how it was before, where it was not well, and the rollout does not touch it.
    package mutating func track(_ object: JudgedObject, baseline: Timestamp? = nil, earlier: EarlierState? = nil) {
        let standing = Standing(object, baseline: baseline ?? self.baseline, earlier: earlier)
        rules.ownIDs.insert(object.id)
        let place = place(of: object.id)
        if place < standings.count, standings[place].judged.id == object.id {
            standings[place] = standing
        } else {
            standings.insert(standing, at: place)
        }
    }

    /// Leaves an object out of the judgement, since it was pruned.
    package mutating func forget(_ id: ObjectID) {
        let place = place(of: id)
        guard place < standings.count, standings[place].judged.id == id else { return }
        standings.remove(at: place)
        rules.ownIDs.remove(id)
    }

    /// Takes in what was seen of an object; one that is not tracked is ignored.
    package mutating func observe(_ observation: ObjectObservation, for id: ObjectID, now: Timestamp) {
        let place = place(of: id)
        guard place < standings.count, standings[place].judged.id == id else { return }
        self.now = max(self.now, now)
        standings[place].observe(observation, judgedBy: rules, now: self.now)
    }

    /// Nothing can be observed for a while: until the next judgement no time is used up.
    package mutating func interrupt(now: Timestamp) {
        self.now = max(self.now, now)
        if blockedSince == nil { blockedSince = self.now }
    }

    package mutating func judgement(now: Timestamp) -> Judgement {
        self.now = max(self.now, now)
        for place in standings.indices where !standings[place].isAtRest {
            standings[place].recheck(judgedBy: rules, now: self.now)
        }
        let judgement = assess()
        account(for: judgement)
        if case .waiting(let cause) = judgement, self.now >= timeoutEnd { return .failed(timeoutCause(cause)) }
        return judgement
    }

    /// When to ask again though nothing was observed; nil where only an observation can change the judgement.
    package var nextDeadline: Timestamp? {
        var deadlines: [Timestamp] = []
        for place in standings.indices where !standings[place].isAtRest {
            deadlines += standings[place].deadlines(judgedBy: rules)
        }
        if !wasHealthy, blockedSince == nil, !standings.isEmpty { deadlines.append(timeoutEnd) }
        return deadlines.filter { $0 > now }.min()
    }

    /// How the application is: the worst of its objects, as of the last call.
    package var health: HealthStatus { standings.map { $0.shownHealth(judgedBy: rules, now: now) }.max() ?? .healthy }

    /// Why it is not well.
    package var healthCause: Cause? {
        let worst = health
        guard worst != .healthy else { return nil }
        return standings.first { $0.shownHealth(judgedBy: rules, now: now) == worst }?.currentCause
    }

    /// What is worth saying of objects that keep nothing waiting, sorted.
    package var notes: [String] { standings.compactMap { $0.note(now) } }

    // MARK: Weighing

    private var timeoutEnd: Timestamp { windowStart + settings.timeout + blockedTime }

    private func place(of id: ObjectID) -> Int {
        var low = 0
        var high = standings.count
        while low < high {
            let middle = (low + high) / 2
            if standings[middle].judged.id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// A failure outweighs a block, and a block outweighs waiting.
    private func assess() -> Judgement {
        var blocked: Cause?
        var waiting: Cause?
        for place in standings.indices where !standings[place].isAtRest {
            switch standings[place].verdict(judgedBy: rules, now: now) {
            case .failed(let cause): return .failed(cause)
            case .blocked(let cause): blocked = blocked ?? cause
            case .waiting(let cause): waiting = Self.moreTelling(waiting, cause)
            case .healthy: break
            }
        }
        if let blocked { return .blocked(blocked) }
        return waiting.map { .waiting($0) } ?? .healthy
    }

    /// Of two objects that are waited for, the one with a pod's problem says more.
    private static func moreTelling(_ first: Cause?, _ second: Cause?) -> Cause? {
        guard let first else { return second }
        return first.pod == nil && second?.pod != nil ? second : first
    }

    private mutating func account(for judgement: Judgement) {
        let isBlocked = if case .blocked = judgement { true } else { false }
        if isBlocked, blockedSince == nil { blockedSince = now }
        if !isBlocked, let since = blockedSince {
            blockedTime += now - since
            blockedSince = nil
        }
        if judgement == .healthy {
            wasHealthy = true
        } else if wasHealthy {
            wasHealthy = false
            windowStart = now
            blockedTime = .zero
        }
    }

    private func timeoutCause(_ waiting: Cause?) -> Cause {
        var cause = waiting ?? Cause(reason: "Timeout", message: "nothing was observed")
        cause.message = "not healthy within \(settings.timeout.milliseconds / 1000) s: \(cause.message)"
        return cause
    }
}
