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
    }

    /// What is judged: a manifest whole would be kept for as long as nothing happens.
    private struct Subject: Sendable {
        var id: ObjectID
        var kind: GroupVersionKind
    }

    private let view: ClusterView
    private let subjects: [Subject]
    private let conditions: ConditionRedaction
    private var judge: Judge
    /// What was unwell before the rollout that brought it is no relapse from it.
    private var excused: Set<ObjectID>
    private var hasLookedAgain = false

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
        judge = Judge(
            settings: settings, objects: manifests.map { JudgedObject(id: $0.id) }, startedAt: now,
            baseline: baseline)
    }

    /// When to look again though nothing changed.
    package var nextDeadline: Timestamp? { judge.nextDeadline }

    package func begin() async {
        for subject in subjects { await view.observe(subject.id, as: subject.kind) }
    }

    /// Taken before a summary: what moves on from here may change it.
    package func marks() async -> [SignalMark] {
        var marks: [SignalMark] = []
        for namespace in Set(subjects.map(\.id.namespace)).sorted() {
            marks.append(SignalMark(now: await view.signal(for: namespace)))
        }
        return marks
    }

    /// Unknown while the cluster does not answer: old news is no health.
    package mutating func summary(now: Timestamp) async -> Summary {
        // Together, so that Secrets are read once for all.
        let quoted = subjects.map(\.id).filter(QuotedConditions.mayQuote)
        _ = await conditions.redacted(await view.seen(quoted).map { $0?.packed.object }, now: now)
        for subject in subjects {
            let id = subject.id
            if let failure = await view.failure(of: id) {
                let cause = Cause(object: id, reason: failure.code.rawValue, message: failure.message)
                return Summary(status: .unknown, cause: cause)
            }
            guard await view.isSynced(id) else { return Summary(status: .unknown, cause: nil) }
            var observation = await view.observation(of: id)
            if let object = observation.object { observation.object = await conditions.redacted(object, now: now) }
            if excused.remove(id) != nil {
                judge.track(
                    JudgedObject(id: id),
                    earlier: EarlierState.of(observation, expressions: judge.settings.health, now: now))
            }
            judge.observe(observation, for: id, now: now)
        }
        let judgement = judge.judgement(now: now)
        var failure: Cause?
        if case .failed(let cause) = judgement { failure = cause }
        return Summary(status: judge.health, cause: judge.healthCause, failure: failure)
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
