// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Jobs: pods until enough of them have succeeded. Finished pods are counted as they stand, without the tracking
/// finalizer of the real controller.
package struct JobController: SandboxController {
    package let name = "job-controller"
    private let pace: SandboxPace

    package init(pace: SandboxPace) { self.pace = pace }

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "Job": [object.objectID]
        case "Pod": object.controllerKey(of: .job).map { [$0] } ?? []
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        guard let job = cluster.object(key), !job.isTerminating else { return ControllerResult() }
        var sync = JobSync(job, in: cluster, pace: pace, now: now)
        sync.run(random: &random)
        return sync.result
    }
}

/// One pass over one Job.
struct JobSync {
    private let cluster: any ClusterReader
    private let pace: SandboxPace
    private let now: Timestamp
    private var job: Object
    private var status: Object
    private let active: [Object]
    private let terminating: Int
    private let succeeded: Int
    private let failed: [Object]
    /// Nil where the Job hands out no indexes.
    private let indexes: JobIndexes?
    private let failurePolicy: PodFailurePolicy
    private(set) var result = ControllerResult()

    private struct Verdict {
        var isSuccess: Bool
        var reason: String
        var message: String
    }

    init(_ job: Object, in cluster: any ClusterReader, pace: SandboxPace, now: Timestamp) {
        self.job = job
        self.cluster = cluster
        self.pace = pace
        self.now = now
        status = job["status"]?.object ?? Object()
        let pods = cluster.controlled(by: job, kind: .pod)
        active = pods.filter(\.isPodActive)
        terminating = pods.filter { $0.isTerminating && !$0.isPodFinished }.count
        let policy = PodFailurePolicy(job)
        failurePolicy = policy
        failed = pods.filter { $0.podPhase == "Failed" && policy.action(for: $0)?.kind != "Ignore" }
        indexes = JobIndexes(job, pods: pods)
        // A pod that succeeded and was deleted since has succeeded all the same.
        succeeded =
            indexes?.succeeded.count
            ?? max(pods.filter { $0.podPhase == "Succeeded" }.count, job.count("succeeded"))
    }

    private var failedCount: Int { max(failed.count, job.count("failed")) }

    mutating func run(random: inout any RandomNumberGenerator) {
        if status.holds("Complete") || status.holds("Failed") { return expire() }
        if let verdict = pendingVerdict ?? newVerdict { return finish(verdict) }
        let isSuspended = job.value(at: "spec", "suspend")?.bool == true
        if isSuspended {
            suspend()
        } else {
            resume()
            adjust(random: &random)
        }
        count(active: isSuspended ? 0 : active.count)
        result.writeStatus(status, of: &job)
    }

    private mutating func count(active: Int) {
        status.setCount("active", active)
        status.setCount("succeeded", succeeded)
        status.setCount("failed", failedCount)
        if let indexes { status["completedIndexes"] = indexes.text.map(Value.string) }
        status["terminating"] = .count(terminating)
        status["uncountedTerminatedPods"] = [:]
        status["ready"] = .count(active == 0 ? 0 : self.active.filter(\.isPodReady).count)
    }

    // MARK: The end

    /// Decided before, and waiting for pods to end.
    private var pendingVerdict: Verdict? {
        for (type, isSuccess) in [("SuccessCriteriaMet", true), ("FailureTarget", false)] where status.holds(type) {
            let condition = status.condition(type)
            return Verdict(
                isSuccess: isSuccess, reason: condition?["reason"]?.string ?? "",
                message: condition?["message"]?.string ?? "")
        }
        return nil
    }

    private var newVerdict: Verdict? {
        if let message = failed.lazy.compactMap(failurePolicy.failure).first {
            return Verdict(isSuccess: false, reason: "PodFailurePolicy", message: message)
        }
        let limit = job.int(at: "spec", "backoffLimit") ?? 6
        if failedCount > limit || hasRestartedTooOften(limit) {
            return Verdict(
                isSuccess: false, reason: "BackoffLimitExceeded",
                message: "Job has reached the specified backoff limit")
        }
        if let seconds = job.int(at: "spec", "activeDeadlineSeconds"), let start = status.time(at: "startTime"),
            now >= start + .seconds(seconds)
        {
            return Verdict(
                isSuccess: false, reason: "DeadlineExceeded", message: "Job was active longer than specified deadline")
        }
        let isDone: Bool
        if let completions = job.int(at: "spec", "completions") {
            isDone = succeeded >= completions
        } else {
            isDone = succeeded > 0 && active.isEmpty
        }
        guard isDone, status["startTime"] != nil else { return nil }
        return Verdict(
            isSuccess: true, reason: "CompletionsReached", message: "Reached expected number of succeeded pods")
    }

    private func hasRestartedTooOften(_ limit: Int) -> Bool {
        guard job.string(at: "spec", "template", "spec", "restartPolicy") == "OnFailure" else { return false }
        let restarts = active.reduce(0) { $0 + $1.podRestarts }
        return limit == 0 ? restarts > 0 : restarts >= limit
    }

    /// First the target, then, when no pod runs any more, the end: both show.
    private mutating func finish(_ verdict: Verdict) {
        for pod in active {
            result.delete(pod)
            result.event(job, "SuccessfulDelete", "Deleted pod: \(pod.name)")
        }
        count(active: 0)
        status["terminating"] = .count(terminating + active.count)
        set(verdict.isSuccess ? "SuccessCriteriaMet" : "FailureTarget", verdict)
        result.writeStatus(status, of: &job)
        guard active.isEmpty, terminating == 0 else { return }
        set(verdict.isSuccess ? "Complete" : "Failed", verdict)
        if verdict.isSuccess { status["completionTime"] = .time(now) }
        result.writeStatus(status, of: &job)
        if verdict.isSuccess {
            result.event(job, "Completed", "Job completed")
        } else {
            result.event(job, verdict.reason, verdict.message, warning: true)
        }
        expire()
    }

    private mutating func set(_ type: String, _ verdict: Verdict) {
        guard !status.holds(type) else { return }
        status.setCondition(
            Condition(type: type, status: .isTrue, reason: verdict.reason, message: verdict.message), now: now,
            extra: ["lastProbeTime": .time(now)])
    }

    private mutating func expire() {
        guard let seconds = job.int(at: "spec", "ttlSecondsAfterFinished") else { return }
        let condition = status.condition("Complete") ?? status.condition("Failed")
        guard let end = condition?.time(at: "lastTransitionTime") else { return }
        if now >= end + .seconds(seconds) { result.delete(job) } else { result.wake(at: end + .seconds(seconds)) }
    }

    // MARK: Under way

    private mutating func suspend() {
        for pod in active {
            result.delete(pod)
            result.event(job, "SuccessfulDelete", "Deleted pod: \(pod.name)")
        }
        guard !status.holds("Suspended") else { return }
        setSuspended(true)
        status["startTime"] = nil
        result.event(job, "Suspended", "Job suspended")
    }

    private mutating func resume() {
        if status.holds("Suspended") {
            setSuspended(false)
            result.event(job, "Resumed", "Job resumed")
        }
        if status["startTime"] == nil { status["startTime"] = .time(now) }
        if let seconds = job.int(at: "spec", "activeDeadlineSeconds"), let start = status.time(at: "startTime") {
            result.wake(at: start + .seconds(seconds))
        }
    }

    private mutating func setSuspended(_ suspended: Bool) {
        status.setCondition(
            Condition(
                type: "Suspended", status: .init(suspended), reason: suspended ? "JobSuspended" : "JobResumed",
                message: suspended ? "Job suspended" : "Job resumed"), now: now,
            extra: ["lastProbeTime": .time(now)])
    }

    private mutating func adjust(random: inout any RandomNumberGenerator) {
        let parallelism = job.int(at: "spec", "parallelism") ?? 1
        var wanted = parallelism
        if let completions = job.int(at: "spec", "completions") {
            wanted = min(parallelism, completions - succeeded)
        } else if succeeded > 0 {
            wanted = active.count
        }
        if active.count > wanted {
            for pod in active.sorted(by: Object.isLessUseful).prefix(active.count - wanted) {
                result.delete(pod)
                result.event(job, "SuccessfulDelete", "Deleted pod: \(pod.name)")
            }
            return
        }
        let missing = wanted - active.count
        guard missing > 0 else { return }
        if let pause = backOffEnd, pause > now { return result.wake(at: pause) }
        let template = job.value(at: "spec", "template")?.object ?? Object()
        let free = indexes?.free(count: missing) ?? []
        for number in 0..<missing {
            if indexes != nil, number >= free.count { break }
            let prefix = indexes == nil ? "\(job.name)-" : "\(job.name)-\(free[number])-"
            let name = GeneratedNames.generated(
                prefix, kind: .pod, namespace: job.namespace, in: cluster, random: &random)
            var pod = Object.pod(named: name, generateName: prefix, from: template, owner: job)
            if indexes != nil { JobIndexes.mark(&pod, index: free[number], of: job) }
            result.changes.append(.create(pod))
            result.event(job, "SuccessfulCreate", "Created pod: \(name)")
        }
    }

    /// After a failure the next pod waits, twice as long each time.
    private var backOffEnd: Timestamp? {
        let ends = failed.flatMap { $0.list(at: "status", "containerStatuses") }.compactMap {
            ContainerStatus($0).since
        }
        guard let last = ends.max() else { return nil }
        return last + min(pace.jobBackOff * (1 << min(failedCount - 1, 16)), pace.jobBackOffLimit)
    }
}
