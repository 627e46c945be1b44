// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// CronJobs: a Job whenever the schedule says so (kubernetes, pkg/controller/cronjob).
package struct CronJobController: SandboxController {
    package let name = "cronjob-controller"
    private let timeZones: TimeZones

    package init(timeZones: TimeZones) { self.timeZones = timeZones }

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "CronJob": [object.objectID]
        case "Job": object.controllerKey(of: .cronJob).map { [$0] } ?? []
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        guard let cronJob = cluster.object(key), !cronJob.isTerminating else { return ControllerResult() }
        var sync = CronJobSync(cronJob, in: cluster, timeZones: timeZones, now: now)
        sync.run()
        return sync.result
    }
}

/// One pass over one CronJob.
struct CronJobSync {
    private static let scheduledKey = "batch.kubernetes.io/cronjob-scheduled-timestamp"

    private let cluster: any ClusterReader
    private let timeZones: TimeZones
    private let now: Timestamp
    private var cronJob: Object
    private var status: Object
    private let jobs: [Object]
    /// Made by the schedule and not finished.
    private var active: [Object]
    private(set) var result = ControllerResult()

    init(_ cronJob: Object, in cluster: any ClusterReader, timeZones: TimeZones, now: Timestamp) {
        self.cronJob = cronJob
        self.cluster = cluster
        self.timeZones = timeZones
        self.now = now
        status = cronJob["status"]?.object ?? Object()
        jobs = cluster.controlled(by: cronJob, kind: .job)
        active = jobs.filter {
            !$0.isJobFinished && !$0.isTerminating && $0.annotations[Self.scheduledKey] != nil
        }
    }

    mutating func run() {
        follow()
        schedule()
        cleanUp()
        let references = active.map { job in
            Value.object([
                "apiVersion": "batch/v1", "kind": "Job", "name": .string(job.name), "namespace": .string(job.namespace),
                "uid": .string(job.uid), "resourceVersion": .string(job.resourceVersion),
            ])
        }
        // As they were when they were begun.
        let known = status.list(at: "active")
        let kept = references.map { reference in
            known.first { $0["uid"] == reference["uid"] }.map(Value.object) ?? reference
        }
        status["active"] = kept.isEmpty ? nil : .array(kept)
        result.writeStatus(status, of: &cronJob)
    }

    /// Says what became of the Jobs that were active.
    private mutating func follow() {
        for reference in status.list(at: "active") {
            let name = reference["name"]?.string ?? ""
            guard let job = jobs.first(where: { $0.uid == reference["uid"]?.string }) else {
                result.event(cronJob, "MissingJob", "Active job went missing: \(name)")
                continue
            }
            if let type = job.finishedConditionType {
                result.event(cronJob, "SawCompletedJob", "Saw completed job: \(name), condition: \(type)")
            }
        }
        for job in jobs where !job.isJobFinished && job.annotations[Self.scheduledKey] == nil {
            result.event(
                cronJob, "UnexpectedJob", "Saw a job that the controller did not create or forgot: \(job.name)",
                warning: true)
        }
        let ends = jobs.filter { $0["status"]?.object?.holds("Complete") == true }
            .compactMap { $0.string(at: "status", "completionTime") }
        if let last = ends.max(), last > status["lastSuccessfulTime"]?.string ?? "" {
            status["lastSuccessfulTime"] = .string(last)
        }
    }

    private mutating func schedule() {
        let zoneName = cronJob.string(at: "spec", "timeZone") ?? ""
        guard let zone = timeZones.rules(named: zoneName) else {
            return result.event(
                cronJob, "UnknownTimeZone", "invalid timeZone: \"\(zoneName)\": unknown time zone \(zoneName)",
                warning: true)
        }
        guard cronJob.value(at: "spec", "suspend")?.bool != true else { return }
        let text = cronJob.string(at: "spec", "schedule") ?? ""
        guard let schedule = CronSchedule(text) else {
            let problem = ScheduleSyntax.problem(text) ?? "unknown schedule"
            return result.event(
                cronJob, "UnparseableSchedule", "unparseable schedule: \"\(text)\" : \(problem)", warning: true)
        }
        guard let next = schedule.next(after: now, in: zone) else {
            return result.event(
                cronJob, "InvalidSchedule",
                "invalid schedule: \(text) : time difference between two schedules is less than 1 second",
                warning: true)
        }
        result.wake(at: next)
        guard let due = due(schedule, zone), status.time(at: "lastScheduleTime") != due else { return }
        start(at: due, zone)
    }

    /// The latest time that has come since the last one.
    private mutating func due(_ schedule: CronSchedule, _ zone: TimeZoneRules) -> Timestamp? {
        var earliest = status.time(at: "lastScheduleTime") ?? cronJob.creationTime ?? now
        let deadline = cronJob.int(at: "spec", "startingDeadlineSeconds")
        if let deadline { earliest = max(earliest, now + .seconds(-deadline)) }
        guard let first = schedule.next(after: earliest, in: zone), first <= now else { return nil }
        if deadline == nil, let second = schedule.next(after: first, in: zone), second > first,
            (now - first).milliseconds / (second - first).milliseconds >= 100
        {
            result.event(
                cronJob, "TooManyMissedTimes",
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
                warning: true)
        }
        // In ever longer spans before now, so that a long pause costs little.
        for seconds in [60, 3600, 86_400, 604_800, 2_678_400, 31_622_400] {
            let from = max(earliest, now + .seconds(-seconds))
            if var due = schedule.next(after: from, in: zone), due <= now {
                while let next = schedule.next(after: due, in: zone), next <= now { due = next }
                return due
            }
        }
        return first
    }

    private mutating func start(at due: Timestamp, _ zone: TimeZoneRules) {
        if let deadline = cronJob.int(at: "spec", "startingDeadlineSeconds"), due + .seconds(deadline) < now {
            return result.event(
                cronJob, "MissSchedule", "Missed scheduled time to start a job: \(due.mailDescription)", warning: true)
        }
        switch cronJob.string(at: "spec", "concurrencyPolicy") {
        case "Forbid" where !active.isEmpty:
            return result.event(
                cronJob, "JobAlreadyActive",
                "Not starting job because prior execution is running and concurrency policy is Forbid")
        case "Replace":
            for job in active { remove(job) }
            active = []
        default: break
        }
        let job = job(at: due, zone)
        if cluster.object(job.objectID) == nil {
            result.changes.append(.create(job))
            result.event(cronJob, "SuccessfulCreate", "Created job \(job.name)")
        }
        status["lastScheduleTime"] = .time(due)
    }

    private func job(at due: Timestamp, _ zone: TimeZoneRules) -> Object {
        let template = cronJob.value(at: "spec", "jobTemplate")?.object ?? Object()
        var metadata: Object = [
            "name": .string("\(cronJob.name)-\(due.millisecondsSinceEpoch / 60_000)"),
            "namespace": .string(cronJob.namespace), "ownerReferences": [cronJob.asController],
        ]
        metadata["labels"] = template.value(at: "metadata", "labels")
        var annotations = template.value(at: "metadata", "annotations")?.object ?? Object()
        annotations[Self.scheduledKey] = .string(zone.text(of: due))
        metadata["annotations"] = .object(annotations)
        return [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": .object(metadata), "spec": template["spec"] ?? [:],
        ]
    }

    private mutating func remove(_ job: Object) {
        result.delete(job)
        result.event(cronJob, "SuccessfulDelete", "Deleted job \(job.name)")
    }

    /// Keeps the latest finished Jobs.
    private mutating func cleanUp() {
        for (condition, field, standard) in [
            ("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1),
        ] {
            let limit = cronJob.int(at: "spec", field) ?? standard
            func began(_ job: Object) -> String { job.string(at: "status", "startTime") ?? "" }
            let finished = jobs.filter { $0.finishedConditionType == condition && !$0.isTerminating }
                .sorted { (began($0), $0.name) < (began($1), $1.name) }
            for job in finished.prefix(max(0, finished.count - limit)) { remove(job) }
        }
    }
}

extension Object {
    /// `Complete` or `Failed`, once a Job is.
    var finishedConditionType: String? {
        guard let status = self["status"]?.object else { return nil }
        return ["Complete", "Failed"].first { status.holds($0) }
    }

    var isJobFinished: Bool { finishedConditionType != nil }
}

extension Timestamp {
    /// RFC 1123 with a numeric zone, in UTC: `Sat, 21 Nov 2026 10:08:00 +0000`.
    fileprivate var mailDescription: String {
        let time = TimeZoneRules.utc.civilTime(at: self)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func pad(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(days[time.weekday]), \(pad(time.day)) \(months[time.month - 1]) \(time.year) "
            + "\(pad(time.hour)):\(pad(time.minute)):\(pad(time.second)) +0000"
    }
}
