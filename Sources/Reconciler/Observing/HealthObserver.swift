// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// The health of an application at rest, from what is watched anyway.
///
/// Remembers since when something ails it: what may mend by itself is no degradation before its grace is over.
package struct HealthObserver: Sendable {
    package struct Summary: Sendable, Hashable {
        package var status: HealthStatus
        package var cause: Cause?
        /// Why a rollout would be judged failed, if it were one.
        package var failure: Cause?
        /// What is there, of the objects that answered last.
        package var vitals = Vitals()
    }

    /// What people watch besides.
    package struct Vitals: Sendable, Hashable {
        /// Of the containers of all pods that are there.
        package var restarts: Int64 = 0
        /// Sorted by object.
        package var certificates: [CertificateState] = []
    }

    /// What is judged: a manifest whole would be kept for as long as nothing happens.
    private struct Subject: Sendable {
        var id: ObjectID
        var kind: GroupVersionKind
    }

    private let view: ClusterView
    private let subjects: [Subject]
    private let ids: [ObjectID]
    private let conditions: ConditionRedaction
    private let feed = ChangeFeed()
    /// What changed, and was not judged, since what is watched was not current.
    private var unseen = ChangeFeed.News()
    private var judge: Judge
    /// What was unwell before the rollout that brought it is no relapse from it.
    private var excused: Set<ObjectID>
    private var restarts: [ObjectID: Int64] = [:]
    private var certificates: [ObjectID: CertificateState] = [:]
    private var hasLookedAgain = false
    /// How many objects the last summary looked at.
    private(set) var looked = 0

    /// - Parameters:
    ///   - baseline: pods made since are of what is judged; left out, `now`.
    ///   - excused: the notes of the verdict on it.
    package init(
        view: ClusterView, cluster: any Cluster, manifests: [Manifest], settings: JudgeSettings, now: Timestamp,
        baseline: Timestamp? = nil, excused notes: [String] = []
    ) {
        self.view = view
        conditions = ConditionRedaction(ApplicationSecrets(of: manifests), cluster: cluster)
        excused = Set(notes.isEmpty ? [] : manifests.map(\.id).filter { EarlierState.isNoted($0, in: notes) })
        subjects = manifests.map { Subject(id: $0.id, kind: $0.groupVersionKind) }
        ids = subjects.map(\.id)
        judge = Judge(
            settings: settings, objects: ids.map { JudgedObject(id: $0) }, startedAt: now, baseline: baseline)
    }

    /// When to look again though nothing changed.
    package var nextDeadline: Timestamp? { judge.nextDeadline }

    package func begin() async {
        feed.follow(Set(ids.map(\.namespace)).sorted())
        await view.add(feed)
        for subject in subjects { await view.observe(subject.id, as: subject.kind) }
    }

    /// Taken before a summary: what moves on from here may change it.
    package func mark() -> SignalMark { SignalMark(now: feed.signal) }

    /// Unknown while the cluster does not answer: old news is no health. Looks at what changed since the last one alone.
    package mutating func summary(now: Timestamp) async -> Summary {
        unseen.join(feed.take())
        if let (object, failure) = await view.failure(amongst: ids) {
            return Summary(
                status: .unknown,
                cause: Cause(object: object, reason: failure.code.rawValue, message: failure.message))
        }
        if unseen.isAll, !(await view.areSynced(ids)) { return Summary(status: .unknown, cause: nil) }
        let changed = ids.filter(unseen.concerns)
        unseen = ChangeFeed.News()
        looked = changed.count
        let seen = await view.observations(of: changed)
        // Together, so that Secrets are read once for all.
        let clean = await conditions.redacted(seen.map(\.object), now: now)
        // What could not be quoted is looked at again.
        if await conditions.isOwing { unseen.objects.formUnion(changed.filter(QuotedConditions.mayQuote)) }
        for (place, id) in changed.enumerated() {
            var observation = seen[place]
            observation.object = clean[place]
            if excused.remove(id) != nil {
                judge.track(
                    JudgedObject(id: id),
                    earlier: EarlierState.of(observation, expressions: judge.settings.health, now: now))
            }
            judge.observe(observation, for: id, now: now)
            restarts[id] = observation.restarts == 0 ? nil : observation.restarts
            certificates[id] = observation.object.flatMap { CertificateState($0) }
        }
        let judgement = judge.judgement(now: now)
        var failure: Cause?
        if case .failed(let cause) = judgement { failure = cause }
        return Summary(status: judge.health, cause: judge.healthCause, failure: failure, vitals: vitals)
    }

    private var vitals: Vitals {
        Vitals(
            restarts: restarts.values.reduce(0, +),
            certificates: certificates.values.sorted { $0.object < $1.object })
    }

    /// Reads what is not well itself, once. True where the watch had missed something.
    mutating func hasMissedSomething(_ cluster: any Cluster) async -> Bool {
        guard !hasLookedAgain else { return false }
        hasLookedAgain = true
        var hasMissed = false
        for subject in subjects {
            do throws(ClusterFailure) {
                let live = try await cluster.get(subject.id, version: subject.kind.version)
                if let live, await view.learn(live) { hasMissed = true }
            } catch {
                // The watch is what there is to go by.
                continue
            }
        }
        return hasMissed
    }
}
