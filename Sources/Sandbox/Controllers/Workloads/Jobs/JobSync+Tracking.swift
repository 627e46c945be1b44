// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Pods that have ended and are not in the Job's counts yet, by their uids: `status.uncountedTerminatedPods`.
struct UncountedPods {
    var succeeded: [String]
    var failed: [String]

    init(_ status: Object) {
        func uids(_ field: String) -> [String] {
            (status.value(at: "uncountedTerminatedPods", field)?.array ?? []).compactMap(\.string)
        }
        succeeded = uids("succeeded")
        failed = uids("failed")
    }

    var count: Int { succeeded.count + failed.count }

    var value: Value {
        var object = Object()
        if !succeeded.isEmpty { object["succeeded"] = .array(succeeded.map(Value.string)) }
        if !failed.isEmpty { object["failed"] = .array(failed.map(Value.string)) }
        return .object(object)
    }
}

/// Counting each pod once: its uid goes into the status, its finalizer off, and then its uid into the counts.
extension JobSync {
    /// The most uids that a status names.
    private static let limit = 500

    mutating func track() {
        var uncounted = UncountedPods(status)
        count(&uncounted)
        let released = note(&uncounted)
        status["uncountedTerminatedPods"] = uncounted.value
        if let indexes {
            status.setCount("succeeded", indexes.succeeded.count)
            status["completedIndexes"] = indexes.succeeded.text.isEmpty ? nil : .string(indexes.succeeded.text)
            status["failedIndexes"] = indexes.failed.map { .string($0.text) }
        }
        let mayFinish = released.isEmpty && uncounted.count == 0 && terminating == 0
        guard let verdict else { return write(releasing: released) }
        let type = verdict.isSuccess ? "SuccessCriteriaMet" : "FailureTarget"
        let isNew = !status.holds(type)
        if isNew { set(condition(type, verdict)) }
        // The decision shows before the end does.
        if isNew || !mayFinish { write(releasing: released) }
        if mayFinish { finish(verdict) }
    }

    private mutating func write(releasing pods: [Object]) {
        result.writeStatus(status, of: &job)
        for pod in pods { result.release(pod) }
    }

    /// Those that nothing holds any more.
    private mutating func count(_ uncounted: inout UncountedPods) {
        let held = Set(pods.filter(\.isTrackedByJob).map(\.uid))
        let (succeeded, failed) = (uncounted.succeeded, uncounted.failed)
        uncounted.succeeded.removeAll { !held.contains($0) }
        uncounted.failed.removeAll { !held.contains($0) }
        status.setCount(
            "succeeded", (status.int(at: "succeeded") ?? 0) + succeeded.count - uncounted.succeeded.count)
        status.setCount("failed", (status.int(at: "failed") ?? 0) + failed.count - uncounted.failed.count)
    }

    /// Names those that have ended. Returns the pods that need not be held any more.
    private func note(_ uncounted: inout UncountedPods) -> [Object] {
        var released: [Object] = []
        for pod in indexes?.ordered(pods) ?? pods where pod.isTrackedByJob {
            guard released.count < Self.limit else { break }
            let isFailed = pod.isFailed(in: job)
            guard mayRelease(pod, isFailed: isFailed) else { continue }
            released.append(pod)
            let isIndexed = indexes != nil
            if pod.podPhase == "Succeeded" {
                // Indexes are counted by themselves.
                if !isIndexed, !uncounted.succeeded.contains(pod.uid), !uncounted.failed.contains(pod.uid) {
                    uncounted.succeeded.append(pod.uid)
                }
            } else if isFailed || verdict?.isSuccess == false {
                // When the Job has failed, so has every pod that had not ended.
                let isValid = indexes.map { $0.isValid($0.index(of: pod)) } ?? true
                if isValid, !uncounted.failed.contains(pod.uid), failurePolicy.counts(pod) {
                    uncounted.failed.append(pod.uid)
                }
            }
        }
        return released
    }

    private func mayRelease(_ pod: Object, isFailed: Bool) -> Bool {
        if job.isTerminating || verdict != nil || pod.podPhase == "Succeeded" { return true }
        guard isFailed else { return false }
        // One whose replacement has yet to learn how often its index failed.
        return !(indexes?.held.values.contains { $0.uid == pod.uid } ?? false)
    }

    private mutating func finish(_ verdict: Verdict) {
        set(condition(verdict.isSuccess ? "Complete" : "Failed", verdict))
        if verdict.isSuccess { status["completionTime"] = .time(now) }
        result.writeStatus(status, of: &job)
        guard verdict.isSuccess else {
            return result.event(job, verdict.reason, verdict.message, warning: true)
        }
        if let completions = job.int(at: "spec", "completions"), status.int(at: "succeeded") ?? 0 > completions {
            result.event(
                job, "TooManySucceededPods", "Too many succeeded pods running after completion count reached",
                warning: true)
        }
        result.event(job, "Completed", "Job completed")
    }

    private func condition(_ type: String, _ verdict: Verdict) -> Condition {
        Condition(type: type, status: .isTrue, reason: verdict.reason, message: verdict.message)
    }
}
