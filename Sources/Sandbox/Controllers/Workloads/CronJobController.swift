// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// CronJobs: a Job whenever the schedule says so. `timeZone` is not honoured: schedules are read in UTC.
package struct CronJobController: SandboxController {
    package let name = "cronjob-controller"
    private static let scheduledKey = "batch.kubernetes.io/cronjob-scheduled-timestamp"

    package init() {}

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
        var result = ControllerResult()
        guard var cronJob = cluster.object(key), !cronJob.isTerminating else { return result }
        let jobs = cluster.controlled(by: cronJob, kind: .job)
        var active = jobs.filter { !isFinished($0) && !$0.isTerminating }
        cleanUp(cronJob, jobs: jobs, result: &result)
        var status = cronJob["status"]?.object ?? Object()
        if let text = cronJob.string(at: "spec", "schedule"), let schedule = CronSchedule(text) {
            if let due = dueTime(of: cronJob, schedule: schedule, now: now, result: &result),
                let job = start(cronJob, at: due, active: &active, result: &result)
            {
                status["lastScheduleTime"] = .time(due)
                if cluster.object(job.objectID) == nil {
                    result.changes.append(.create(job))
                    result.event(cronJob, "SuccessfulCreate", "Created job \(job.name)")
                }
            }
        } else {
            result.event(cronJob, "UnparseableSchedule", "unparseable schedule", warning: true)
        }
        let references = active.map { job in
            Value.object([
                "apiVersion": "batch/v1", "kind": "Job", "name": .string(job.name), "namespace": .string(job.namespace),
                "uid": .string(job.uid), "resourceVersion": .string(job.resourceVersion),
            ])
        }
        status["active"] = references.isEmpty ? nil : .array(references)
        let ends = jobs.compactMap { $0.string(at: "status", "completionTime") }
        if let last = ends.max() { status["lastSuccessfulTime"] = .string(last) }
        result.writeStatus(status, of: &cronJob)
        return result
    }

    private func isFinished(_ job: Object) -> Bool {
        guard let status = job["status"]?.object else { return false }
        return status.holds("Complete") || status.holds("Failed")
    }

    /// The latest time that is due and not started; wakes for the next one.
    private func dueTime(
        of cronJob: Object, schedule: CronSchedule, now: Timestamp, result: inout ControllerResult
    ) -> Timestamp? {
        guard cronJob.value(at: "spec", "suspend")?.bool != true else { return nil }
        let last = cronJob.time(at: "status", "lastScheduleTime") ?? cronJob.creationTime ?? now
        if let next = schedule.next(after: now) { result.wake(at: next) }
        let due = latest(of: schedule, after: last, now: now)
        guard let due else { return nil }
        if let deadline = cronJob.int(at: "spec", "startingDeadlineSeconds"), due + .seconds(deadline) < now {
            return nil
        }
        return due
    }

    /// The last time that has come since `start`: looked for in ever longer spans before now, so that a long pause
    /// costs little and is made up for by one Job.
    private func latest(of schedule: CronSchedule, after start: Timestamp, now: Timestamp) -> Timestamp? {
        for seconds in [60, 3600, 86_400, 604_800, 2_678_400, 31_622_400] {
            let from = max(start, now + .seconds(-seconds))
            if var due = schedule.next(after: from), due <= now {
                while let next = schedule.next(after: due), next <= now { due = next }
                return due
            }
            if from == start { return nil }
        }
        return nil
    }

    private func start(
        _ cronJob: Object, at due: Timestamp, active: inout [Object], result: inout ControllerResult
    ) -> Object? {
        switch cronJob.string(at: "spec", "concurrencyPolicy") {
        case "Forbid" where !active.isEmpty: return nil
        case "Replace":
            for job in active { result.delete(job) }
            active = []
        default: break
        }
        let template = cronJob.value(at: "spec", "jobTemplate")?.object ?? Object()
        var metadata: Object = [
            "name": .string("\(cronJob.name)-\(due.millisecondsSinceEpoch / 60_000)"),
            "namespace": .string(cronJob.namespace), "ownerReferences": [cronJob.asController],
        ]
        metadata["labels"] = template.value(at: "metadata", "labels")
        var annotations = template.value(at: "metadata", "annotations")?.object ?? Object()
        annotations[Self.scheduledKey] = .time(due)
        metadata["annotations"] = .object(annotations)
        return [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": .object(metadata), "spec": template["spec"] ?? [:],
        ]
    }

    private func cleanUp(_ cronJob: Object, jobs: [Object], result: inout ControllerResult) {
        for (condition, field, standard) in [
            ("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1),
        ] {
            let limit = cronJob.int(at: "spec", field) ?? standard
            let finished = jobs.filter { $0["status"]?.object?.holds(condition) == true && !$0.isTerminating }
            for job in finished.prefix(max(0, finished.count - limit)) { result.delete(job) }
        }
    }
}
