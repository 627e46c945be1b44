// SPDX-License-Identifier: Apache-2.0

import Manifests

/// One pass over one Job that is not finished.
struct JobSync {
    let cluster: any ClusterReader
    let pace: SandboxPace
    let now: Timestamp
    var job: Object
    var status: Object
    let pods: [Object]
    let activePods: [Object]
    let failurePolicy: PodFailurePolicy
    /// Nil where the Job hands out no indexes.
    var indexes: JobIndexes?
    var backOff: JobBackOff
    /// How the Job ends, once that is decided.
    var verdict: Verdict?
    var result: ControllerResult

    /// As the status will say.
    var active: Int
    var ready: Int
    var terminating: Int
    /// Counted, or about to be.
    var succeeded: Int
    private var failed: Int

    struct Verdict {
        var isSuccess: Bool
        var reason: String
        var message: String
    }

    init(_ job: Object, in cluster: any ClusterReader, pace: SandboxPace, now: Timestamp, result: ControllerResult) {
        self.job = job
        self.cluster = cluster
        self.pace = pace
        self.now = now
        self.result = result
        status = job["status"]?.object ?? Object()
        let pods = cluster.controlled(by: job, kind: .pod)
        self.pods = pods
        activePods = pods.filter(\.isPodActive)
        let policy = PodFailurePolicy(job)
        failurePolicy = policy
        active = activePods.count
        ready = activePods.count { $0.isPodReady }
        terminating = pods.count { $0.isTerminating && !$0.isPodFinished }
        let indexes = JobIndexes(job, pods: pods, failurePolicy: policy)
        self.indexes = indexes
        let uncounted = UncountedPods(status)
        let fresh = pods.filter { pod in
            pod.isTrackedByJob && (indexes.map { $0.isValid($0.index(of: pod)) } ?? true)
        }
        let newSucceeded = fresh.filter { $0.podPhase == "Succeeded" && !uncounted.succeeded.contains($0.uid) }
        let newFailed = fresh.filter { $0.isFailed(in: job) && !uncounted.failed.contains($0.uid) }
        succeeded =
            indexes?.succeeded.count
            ?? (status.int(at: "succeeded") ?? 0) + newSucceeded.count + uncounted.succeeded.count
        failed =
            (status.int(at: "failed") ?? 0) + newFailed.count { policy.counts($0) } + uncounted.failed.count
        backOff = JobBackOff(cluster.memory)
        backOff.note(succeeded: newSucceeded, failed: newFailed)
    }

    var isSuspended: Bool { job.value(at: "spec", "suspend")?.bool == true }

    mutating func run(random: inout any RandomNumberGenerator) {
        if status["startTime"] == nil, !isSuspended { status["startTime"] = .time(now) }
        decide()
        if verdict != nil {
            removeActive()
        } else {
            if !job.isTerminating { manage(random: &random) }
            let isComplete =
                job.int(at: "spec", "completions").map { succeeded >= $0 && active == 0 }
                ?? (succeeded > 0 && active == 0)
            if isComplete {
                verdict = Verdict(
                    isSuccess: true, reason: "CompletionsReached",
                    message: "Reached expected number of succeeded pods")
            } else if !job.isTerminating {
                noteSuspension()
            }
        }
        status.setCount("active", active)
        status["ready"] = .count(ready)
        status["terminating"] = .count(terminating)
        track()
        result.memory = backOff.memory
    }

    // MARK: The end

    /// What was decided before stands; then failures, and then the success that a policy sees.
    private mutating func decide() {
        verdict = standing ?? failure ?? indexFailure ?? success
        if verdict == nil, !isSuspended, let seconds = job.int(at: "spec", "activeDeadlineSeconds"),
            let start = status.time(at: "startTime")
        {
            result.wake(at: start + .seconds(seconds))
        }
    }

    private var standing: Verdict? {
        for (type, isSuccess) in [("SuccessCriteriaMet", true), ("FailureTarget", false)] where status.holds(type) {
            let condition = status.condition(type)
            return Verdict(
                isSuccess: isSuccess, reason: condition?["reason"]?.string ?? "",
                message: condition?["message"]?.string ?? "")
        }
        return nil
    }

    private var failure: Verdict? {
        let lost = pods.filter { $0.isFailed(in: job) }
        if let message = lost.lazy.compactMap(failurePolicy.failure).first {
            return Verdict(isSuccess: false, reason: "PodFailurePolicy", message: message)
        }
        let limit = job.int(at: "spec", "backoffLimit") ?? (indexes?.limit == nil ? 6 : Int(Int32.max))
        if failed > limit || hasRestartedTooOften(limit) {
            return Verdict(
                isSuccess: false, reason: "BackoffLimitExceeded",
                message: "Job has reached the specified backoff limit")
        }
        if !isSuspended, let seconds = job.int(at: "spec", "activeDeadlineSeconds"),
            let start = status.time(at: "startTime"), now >= start + .seconds(seconds)
        {
            return Verdict(
                isSuccess: false, reason: "DeadlineExceeded", message: "Job was active longer than specified deadline")
        }
        return nil
    }

    private var indexFailure: Verdict? {
        guard let indexes, let failed = indexes.failed else { return nil }
        if let most = job.int(at: "spec", "maxFailedIndexes"), failed.count > most {
            return Verdict(
                isSuccess: false, reason: "MaxFailedIndexesExceeded",
                message: "Job has exceeded the specified maximal number of failed indexes")
        }
        if failed.count > 0, failed.count + indexes.succeeded.count >= indexes.completions {
            return Verdict(isSuccess: false, reason: "FailedIndexes", message: "Job has failed indexes")
        }
        return nil
    }

    /// By the first rule that is met (kubernetes, pkg/controller/job/success_policy.go).
    private var success: Verdict? {
        guard let indexes, indexes.succeeded.count > 0 else { return nil }
        for (number, rule) in job.list(at: "spec", "successPolicy", "rules").enumerated() {
            let enough = rule.int(at: "succeededCount")
            let isMet: Bool
            if let text = rule["succeededIndexes"]?.string {
                let wanted = IndexRanges(text, below: indexes.completions)
                let found = wanted.overlap(with: indexes.succeeded)
                isMet = wanted.count > 0 && (found == wanted.count || enough.map { found >= $0 } ?? false)
            } else {
                isMet = enough.map { indexes.succeeded.count >= $0 } ?? false
            }
            if isMet {
                return Verdict(
                    isSuccess: true, reason: "SuccessPolicy", message: "Matched rules at index \(number)")
            }
        }
        return nil
    }

    private func hasRestartedTooOften(_ limit: Int) -> Bool {
        guard job.string(at: "spec", "template", "spec", "restartPolicy") == "OnFailure" else { return false }
        let restarts = pods.filter { ["Pending", "Running"].contains($0.podPhase) }.reduce(0) { sum, pod in
            sum + pod.podRestarts
                + pod.list(at: "status", "initContainerStatuses").reduce(0) { $0 + ($1.int(at: "restartCount") ?? 0) }
        }
        return limit == 0 ? restarts > 0 : restarts >= limit
    }

    private mutating func noteSuspension() {
        guard isSuspended || status.condition("Suspended") != nil, status.holds("Suspended") != isSuspended else {
            return
        }
        set(
            Condition(
                type: "Suspended", status: .init(isSuspended), reason: isSuspended ? "JobSuspended" : "JobResumed",
                message: isSuspended ? "Job suspended" : "Job resumed"))
        result.event(job, isSuspended ? "Suspended" : "Resumed", isSuspended ? "Job suspended" : "Job resumed")
        // Its deadline counts from when it goes on.
        status["startTime"] = isSuspended ? nil : .time(now)
    }

    mutating func set(_ condition: Condition) {
        status.setCondition(condition, now: now, extra: ["lastProbeTime": .time(now)])
    }
}

extension Object {
    /// Pods are replaced only once they have failed, not when they are being deleted.
    var replacesFailedPodsOnly: Bool {
        string(at: "spec", "podReplacementPolicy") == "Failed" || value(at: "spec", "podFailurePolicy") != nil
    }

    /// A deleted pod counts as failed, unless the Job waits for its end.
    func isFailed(in job: Object) -> Bool {
        if podPhase == "Failed" { return true }
        return !job.replacesFailedPodsOnly && isTerminating && podPhase != "Succeeded"
    }
}
