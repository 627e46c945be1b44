// SPDX-License-Identifier: Apache-2.0

import Manifests

extension HealthRules {
    static func job(_ status: ObjectStatus) -> Health {
        func isTrue(_ type: String) -> Condition? { status.condition(type).flatMap { $0.isTrue ? $0 : nil } }
        if isTrue("Complete") != nil { return .healthy("Complete") }
        // FailureTarget comes before Failed, while pods still end: nothing can turn it any more.
        if let failure = isTrue("Failed") ?? isTrue("FailureTarget") {
            return .degraded(
                failure.reason.isEmpty ? "JobFailed" : failure.reason, whyFailed(status, failure.reason), .atOnce)
        }
        if isTrue("Suspended") != nil || status.object.value(at: "spec", "suspend")?.bool == true {
            return .suspended("Suspended", "the Job is suspended")
        }
        if isTrue("SuccessCriteriaMet") != nil { return .progressing("Completing", "the Job's last pods end") }
        guard status.status["startTime"]?.string != nil else {
            return .progressing("NotStarted", "the Job has not started yet")
        }
        let wanted = status.object.value(at: "spec", "completions")?.integer ?? 1
        return .progressing(
            "Running",
            "\(status.count("succeeded")) of \(wanted) completions, \(status.count("active")) pods run, "
                + "\(status.count("failed")) failed")
    }

    /// Pods are counted when they have ended: what is given up for its time, or at its first failure, has none yet.
    private static func whyFailed(_ status: ObjectStatus, _ reason: String) -> String {
        let failed = status.count("failed")
        let after = failed == 0 ? "" : " after \(failed) failed pod\(failed == 1 ? "" : "s")"
        guard reason == "DeadlineExceeded",
            let seconds = status.object.value(at: "spec", "activeDeadlineSeconds")?.integer
        else { return "the Job failed\(after)" }
        let limit = DurationText.text(.seconds(seconds))
        let own = status.object.annotations[Hook.deadlineKey] == nil ? "" : " (\(Hook.deadlineKey))"
        return "the Job did not end within its deadline of \(limit)\(own)\(after)"
    }

    static func cronJob(_ status: ObjectStatus, _ context: Context) -> Health {
        if status.object.value(at: "spec", "suspend")?.bool == true {
            return .suspended("Suspended", "the schedule is suspended")
        }
        func time(_ key: String) -> Timestamp? { status.status[key]?.string.flatMap { Timestamp($0) } }
        guard let scheduled = time("lastScheduleTime"), (status.status["active"]?.array ?? []).isEmpty else {
            return .healthy()
        }
        if let success = time("lastSuccessfulTime"), success >= scheduled { return .healthy() }
        // A run that was started before the apply is the old revision's.
        if context.isBeforeApply(scheduled) { return .healthy("LastRunFailed", note: "its last run failed before") }
        return Health.degraded("LastRunFailed", "its last run did not succeed").advisory
    }
}
