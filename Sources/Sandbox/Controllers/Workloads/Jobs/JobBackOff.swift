// SPDX-License-Identifier: Apache-2.0

import Manifests

/// How long a Job waits after failures: twice as long each time, until a pod succeeds (kubernetes,
/// pkg/controller/job/backoff_utils.go).
struct JobBackOff {
    private var failures: Int
    private var last: Timestamp?

    init(_ memory: Object?) {
        failures = memory?.int(at: "failures") ?? 0
        last = memory?.int(at: "last").map { Timestamp(millisecondsSinceEpoch: Int64($0)) }
    }

    var memory: Object? {
        last.map { ["failures": .count(failures), "last": .integer($0.millisecondsSinceEpoch)] }
    }

    mutating func note(succeeded: [Object], failed: [Object]) {
        let success = succeeded.map(\.podEnd).max()
        if success != nil { (failures, last) = (0, nil) }
        let ends = failed.map(\.podEnd).filter { end in success.map { end > $0 } ?? true }
        failures += ends.count
        if let end = ends.max() { last = end }
    }

    /// When the next pod may come.
    func end(_ pace: SandboxPace) -> Timestamp? {
        last.map { $0 + Self.pause(failures, pace) }
    }

    /// When the pod that replaces `pod` may come, of a Job that counts by index.
    static func end(of pod: Object, pace: SandboxPace) -> Timestamp {
        pod.podEnd + pause(JobIndexes.failures(of: pod) + JobIndexes.ignoredFailures(of: pod) + 1, pace)
    }

    private static func pause(_ failures: Int, _ pace: SandboxPace) -> Duration {
        min(pace.jobBackOff * (1 << min(max(0, failures - 1), 16)), pace.jobBackOffLimit)
    }
}

extension Object {
    /// When a pod ended, as well as can be told.
    fileprivate var podEnd: Timestamp {
        let statuses = list(at: "status", "containerStatuses")
        let ends = statuses.compactMap { status -> Timestamp? in
            guard status.value(at: "state", "terminated") != nil else { return nil }
            // The box's own kubelet tells it to the millisecond.
            return ContainerStatus(status).since ?? status.time(at: "state", "terminated", "finishedAt")
        }
        if !ends.isEmpty, ends.count == statuses.count, let end = ends.max() { return end }
        let ready = value(at: "status")?.object?.condition("Ready")
        if ready?["status"] == "False", let end = ready?.time(at: "lastTransitionTime") { return end }
        if let deletion = time(at: "metadata", "deletionTimestamp") {
            return deletion + .seconds(-(int(at: "metadata", "deletionGracePeriodSeconds") ?? 0))
        }
        return creationTime ?? Timestamp(secondsSinceEpoch: 0)
    }
}
