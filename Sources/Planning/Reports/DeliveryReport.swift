// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Deployments, failures, lead times, times to restore and rollbacks, of each application in each environment.
///
/// Whatever is counted is counted in the week in which it began: a rollout, or an incident. So weeks add up to the total,
/// and a week changes only as long as something that began in it goes on.
package struct DeliveryReport: Sendable, Hashable {
    package struct Line: Sendable, Hashable {
        package var target: TargetID
        /// The period's begin, or where the environment's history begins.
        package var since: Timestamp
        package var total = DeliveryFigures()
        /// Oldest first; those in which nothing happened are left out.
        package var weeks: [Week] = []
    }

    package struct Week: Sendable, Hashable {
        package var week: ReportWeek
        package var figures: DeliveryFigures
    }

    package var since: Timestamp
    package var until: Timestamp
    /// Sorted by environment and application.
    package var lines: [Line]

    /// - Parameters:
    ///   - since: only what began then or later counts.
    ///   - until: now.
    package init(_ records: DeliveryRecords, since: Timestamp, until: Timestamp) {
        self.since = since
        self.until = until
        var drafts: [TargetID: Draft] = [:]
        for (place, rollout) in records.rollouts.enumerated() {
            drafts[rollout.target, default: Draft()].rollouts.append(place)
        }
        for (place, sign) in records.verdicts.enumerated() {
            drafts[sign.target, default: Draft()].verdicts.append(place)
        }
        for (place, sign) in records.healthMarks.enumerated() {
            drafts[sign.target, default: Draft()].healthMarks.append(place)
        }
        lines = drafts.sorted { $0.key < $1.key }.compactMap { target, draft in
            let begin = max(since, records.historyBegins[target.environment] ?? since)
            return Self.line(
                target, since: begin, draft.rollouts.map { records.rollouts[$0] },
                Incident.all(
                    draft.verdicts.map { records.verdicts[$0] }, draft.healthMarks.map { records.healthMarks[$0] }))
        }
    }

    /// Places in the records.
    private struct Draft {
        var rollouts: [Int] = []
        var verdicts: [Int] = []
        var healthMarks: [Int] = []
    }

    /// Nil where nothing happened.
    private static func line(
        _ target: TargetID, since: Timestamp, _ rollouts: [DeliveredRollout], _ incidents: [Incident]
    ) -> Line? {
        var line = Line(target: target, since: since)
        var weeks: [ReportWeek: DeliveryFigures] = [:]
        func count(_ at: Timestamp, _ change: (inout DeliveryFigures) -> Void) {
            guard at >= since else { return }
            change(&line.total)
            change(&weeks[ReportWeek(of: at), default: DeliveryFigures()])
        }
        let takenBack = takenBack(rollouts)
        for (place, rollout) in rollouts.enumerated() {
            count(rollout.startedAt) { $0.count(rollout, isTakenBack: takenBack.contains(place)) }
        }
        for incident in incidents { count(incident.began) { $0.count(incident) } }
        line.weeks = weeks.sorted { $0.key < $1.key }.map { Week(week: $0.key, figures: $0.value) }
        return line.total.isEmpty ? nil : line
    }

    /// The changes that a person's rollback went away from: of the digest's rollouts, the last before.
    private static func takenBack(_ rollouts: [DeliveredRollout]) -> Set<Int> {
        var places: Set<Int> = []
        var latest: [String: Int] = [:]
        for (place, rollout) in rollouts.enumerated() {
            if rollout.trigger == .revision { latest[rollout.digest] = place }
            if let place = rollout.takesBack.flatMap({ latest[$0] }) { places.insert(place) }
        }
        return places
    }
}

extension DeliveryFigures {
    fileprivate mutating func count(_ rollout: DeliveredRollout, isTakenBack: Bool) {
        switch rollout.trigger {
        case .rollback:
            rollbacks += 1
            if rollout.takesBack != nil { rollbacksByPeople += 1 }
        case .revision:
            guard let outcome = rollout.outcome, outcome != .inconclusive else { return }
            changes += 1
            if outcome == .failed || isTakenBack { failures += 1 }
            guard outcome == .healthy else { return }
            deployments += 1
            let end = rollout.firstHealthyAt
            leadTimes.add(rollout.committedAt.flatMap { committedAt in end.map { $0 - committedAt } })
            durations.add(rollout.appliedAt.flatMap { appliedAt in end.map { $0 - appliedAt } })
        case .removal, .resume, .approve, .reconcile: break
        }
    }

    fileprivate mutating func count(_ incident: Incident) {
        incidents += 1
        switch incident.end {
        case nil: openIncidents += 1
        case .removed: break
        case .restored(let at):
            restored += 1
            restoreTimes.add(at - incident.began)
        }
    }
}
