// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

/// Statuses of Deployments, StatefulSets, DaemonSets, Jobs and CRDs as kube-apiserver 1.36 gave them.
@Suite struct HealthRulesTests {
    private let now = Timestamp("2026-11-21T10:00:00Z") ?? Timestamp(millisecondsSinceEpoch: 0)

    private func health(
        _ object: Object, applied: Int64? = nil, at appliedAt: String? = nil, now: Timestamp? = nil
    ) -> Health {
        HealthRules.health(
            of: object, appliedGeneration: applied, appliedAt: appliedAt.flatMap { Timestamp($0) }, now: now ?? self.now
        )
    }

    // MARK: Deployment

    private func deployment(generation: Int = 2, spec: String = #""replicas": 3"#, status: String) throws -> Object {
        try make(
            "apps/v1", "Deployment", "api", metadata: #""generation": \#(generation)"#,
            #""spec": {\#(spec)}, "status": {\#(status)}"#)
    }

    private static let complete =
        #"{"type": "Progressing", "status": "True", "lastUpdateTime": "2026-11-21T09:13:07Z", "reason": "NewReplicaSetAvailable"}"#
    private static let exceeded =
        #"{"type": "Progressing", "status": "False", "lastUpdateTime": "2026-11-21T09:13:33Z", "reason": "ProgressDeadlineExceeded"}"#

    @Test(
        "A Deployment's rollout is progressing through every status that a server gave, and healthy at the end",
        arguments: [
            ("", HealthStatus.progressing),
            (
                #""observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3"#,
                .progressing
            ),
            (
                #""observedGeneration": 2, "replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "unavailableReplicas": 1"#,
                .progressing
            ),
            (
                #""observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "readyReplicas": 4, "availableReplicas": 4"#,
                .progressing
            ),
            (
                #""observedGeneration": 2, "replicas": 4, "updatedReplicas": 3, "readyReplicas": 4, "availableReplicas": 4"#,
                .progressing
            ),
            (
                #""observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 2, "availableReplicas": 2"#,
                .progressing
            ),
            (
                #""observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 2"#,
                .progressing
            ),
            (
                #""observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3, "terminatingReplicas": 1"#,
                .healthy
            ),
        ])
    func deploymentRollout(status: String, expected: HealthStatus) throws {
        #expect(health(try deployment(status: status), applied: 2).status == expected)
    }

    @Test("A status read before the apply's answer says nothing")
    func staleRead() throws {
        let old = try deployment(
            generation: 1,
            status:
                #""observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3"#
        )
        #expect(health(old, applied: 1).status == .healthy)
        #expect(health(old, applied: 2).reason == "StaleRead")
    }

    @Test("A passed progress deadline fails at once, unless it is an earlier try's")
    func progressDeadline() throws {
        let stuck = try deployment(
            status:
                #""observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "unavailableReplicas": 3, "conditions": [\#(Self.exceeded)]"#
        )
        let found = health(stuck, applied: 2, at: "2026-11-21T09:13:28Z")
        #expect(found.status == .degraded)
        #expect(found.severity == .atOnce)
        #expect(found.message == "no progress within 600 s: 0 of 3 replicas are ready")
        // Servers date to the second: one of the same second counts.
        #expect(health(stuck, applied: 2, at: "2026-11-21T09:13:33.900Z").status == .degraded)
        #expect(health(stuck, applied: 2, at: "2026-11-21T09:14:00Z").status == .progressing)
        let unseen = try deployment(
            generation: 3, status: #""observedGeneration": 2, "conditions": [\#(Self.exceeded)]"#)
        #expect(health(unseen, applied: 3).reason == "LatestGenerationNotObserved")
    }

    @Test("A Deployment is paused, before or after its newest template runs")
    func paused() throws {
        let spec = #""replicas": 1, "paused": true"#
        let after = try deployment(
            spec: spec,
            status:
                #""observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1"#
        )
        #expect(health(after).status == .suspended)
        #expect(health(after).reason == "Paused")
        let before = try deployment(
            spec: spec, status: #""observedGeneration": 2, "replicas": 1, "readyReplicas": 1, "availableReplicas": 1"#)
        #expect(health(before).reason == HealthRules.rolloutPaused)
    }

    @Test("Pods that break after a complete rollout make a Deployment degraded after a minute")
    func relapse() throws {
        let unavailable =
            #"{"type": "Available", "status": "False", "lastTransitionTime": "2026-11-21T10:00:00Z", "reason": "MinimumReplicasUnavailable"}"#
        let broken = try deployment(
            status:
                #""observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 1, "availableReplicas": 1, "conditions": [\#(unavailable), \#(Self.complete)]"#
        )
        let early = health(broken, now: try time("2026-11-21T10:00:30Z"))
        #expect(early.status == .progressing)
        #expect(early.recheckAt == (try time("2026-11-21T10:01:00Z")))
        #expect(health(broken, now: try time("2026-11-21T10:01:00Z")).status == .degraded)
    }

    @Test("A Deployment of no replicas is healthy when it was seen")
    func noReplicas() throws {
        #expect(health(try deployment(spec: #""replicas": 0"#, status: #""observedGeneration": 2"#)).status == .healthy)
    }

    // MARK: Other workloads

    private func workload(_ kind: String, spec: String, status: String) throws -> Object {
        try make("apps/v1", kind, "w", metadata: #""generation": 1"#, #""spec": {\#(spec)}, "status": {\#(status)}"#)
    }

    @Test(
        "A StatefulSet is judged by its replicas, its revision and its strategy",
        arguments: [
            ("", #""replicas": 0, "availableReplicas": 0"#, HealthStatus.progressing),
            (
                "",
                #""observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "a", "availableReplicas": 1"#,
                .healthy
            ),
            (
                "",
                #""observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 0, "currentRevision": "a", "updateRevision": "b", "availableReplicas": 1"#,
                .progressing
            ),
            (
                "",
                #""observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "a""#,
                .progressing
            ),
            (
                "",
                #""observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "updatedReplicas": 2, "currentRevision": "a", "updateRevision": "a", "availableReplicas": 2"#,
                .progressing
            ),
            (
                #""updateStrategy": {"type": "OnDelete"}"#,
                #""observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "b", "availableReplicas": 1"#,
                .healthy
            ),
            (
                #""updateStrategy": {"type": "OnDelete"}"#,
                #""observedGeneration": 1, "replicas": 1, "currentRevision": "a", "updateRevision": "b""#, .progressing
            ),
            (
                #""replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}"#,
                #""observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b", "availableReplicas": 3"#,
                .healthy
            ),
            (
                #""replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 1}}"#,
                #""observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b", "availableReplicas": 3"#,
                .progressing
            ),
        ])
    func statefulSet(spec: String, status: String, expected: HealthStatus) throws {
        #expect(health(try workload("StatefulSet", spec: spec, status: status), applied: 1).status == expected)
    }

    @Test(
        "A DaemonSet is judged by its nodes",
        arguments: [
            (#""currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0"#, HealthStatus.progressing),
            (
                #""currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0, "observedGeneration": 1"#,
                .healthy
            ),
            (#""observedGeneration": 1"#, .progressing),
            (
                #""currentNumberScheduled": 2, "desiredNumberScheduled": 2, "numberReady": 2, "updatedNumberScheduled": 1, "numberAvailable": 2, "observedGeneration": 1"#,
                .progressing
            ),
            (
                #""currentNumberScheduled": 2, "desiredNumberScheduled": 2, "numberReady": 2, "updatedNumberScheduled": 2, "numberAvailable": 2, "observedGeneration": 1"#,
                .healthy
            ),
        ])
    func daemonSet(status: String, expected: HealthStatus) throws {
        #expect(health(try workload("DaemonSet", spec: "", status: status), applied: 1).status == expected)
    }

    @Test("A ReplicaSet waits for its pods, and says when they cannot be made")
    func replicaSet() throws {
        let ready =
            #""observedGeneration": 1, "replicas": 1, "fullyLabeledReplicas": 1, "readyReplicas": 1, "availableReplicas": 1"#
        #expect(health(try workload("ReplicaSet", spec: "", status: ready)).status == .healthy)
        let unready = #""replicas": 1, "fullyLabeledReplicas": 1, "observedGeneration": 1"#
        #expect(health(try workload("ReplicaSet", spec: "", status: unready)).status == .progressing)
        let failure =
            #""observedGeneration": 1, "conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}]"#
        #expect(health(try workload("ReplicaSet", spec: "", status: failure)).reason == "FailedCreate")
    }

    @Test(
        "A Job is progressing until it is complete, failed or suspended",
        arguments: [
            ("", "", HealthStatus.progressing, "NotStarted"),
            ("", #""startTime": "2026-11-21T09:13:36Z", "active": 1"#, .progressing, "Running"),
            (
                "",
                #""startTime": "2026-11-21T09:13:36Z", "conditions": [{"type": "SuccessCriteriaMet", "status": "True"}]"#,
                .progressing, "Completing"
            ),
            (
                "",
                #""conditions": [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": "Complete", "status": "True"}], "succeeded": 1"#,
                .healthy, "Complete"
            ),
            (
                "",
                #""conditions": [{"type": "FailureTarget", "status": "True", "reason": "BackoffLimitExceeded"}], "failed": 1"#,
                .degraded, "BackoffLimitExceeded"
            ),
            (
                "", #""conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}], "failed": 1"#,
                .degraded, "DeadlineExceeded"
            ),
            (#""suspend": true"#, "", .suspended, "Suspended"),
        ])
    func job(spec: String, status: String, expected: HealthStatus, reason: String) throws {
        let found = health(
            try make(
                "batch/v1", "Job", "migrate", metadata: #""generation": 1"#,
                #""spec": {\#(spec)}, "status": {\#(status)}"#))
        #expect(found.status == expected)
        #expect(found.reason == reason)
        #expect((found.severity == .atOnce) == (expected == .degraded))
    }

    @Test(
        "What is said of a failed Job is true of pods that are not counted yet, and names the deadline and whose it is",
        arguments: [
            ("", "", #""reason": "BackoffLimitExceeded""#, "the Job failed"),
            ("", #", "failed": 1"#, #""reason": "BackoffLimitExceeded""#, "the Job failed after 1 failed pod"),
            ("", #", "failed": 2"#, #""reason": "BackoffLimitExceeded""#, "the Job failed after 2 failed pods"),
            (
                #""activeDeadlineSeconds": 90"#, "", #""reason": "DeadlineExceeded""#,
                "the Job did not end within its deadline of 1m30s"
            ),
        ])
    func failedJob(spec: String, counts: String, reason: String, message: String) throws {
        let conditions = #""conditions": [{"type": "FailureTarget", "status": "True", \#(reason)}]"#
        let job = try make(
            "batch/v1", "Job", "migrate", metadata: #""generation": 1"#,
            #""spec": {\#(spec)}, "status": {\#(conditions)\#(counts)}"#)
        #expect(health(job).message == message)
        guard !spec.isEmpty else { return }
        let hook = try make(
            "batch/v1", "Job", "migrate",
            metadata: #""generation": 1, "annotations": {"mainstay.dev/hook-deadline": "90s"}"#,
            #""spec": {\#(spec)}, "status": {\#(conditions)}"#)
        #expect(health(hook).message == "\(message) (mainstay.dev/hook-deadline)")
    }

    @Test("A CronJob's failed run is shown, holds no rollout up, and does not count when it is older than the apply")
    func cronJob() throws {
        let failed = try make(
            "batch/v1", "CronJob", "backup",
            #""status": {"lastScheduleTime": "2026-11-21T09:00:00Z", "lastSuccessfulTime": "2026-11-20T09:00:00Z"}"#)
        #expect(health(failed).status == .degraded)
        #expect(!health(failed).gates)
        #expect(health(failed, at: "2026-11-21T09:30:00Z").status == .healthy)
        #expect(health(try make("batch/v1", "CronJob", "backup", #""spec": {"suspend": true}"#)).status == .suspended)
        #expect(health(try make("batch/v1", "CronJob", "backup", #""status": {}"#)).status == .healthy)
    }

    @Test(
        "A pod is healthy when ready or done, and degraded when it failed",
        arguments: [
            (#""phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]"#, HealthStatus.healthy),
            (#""phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]"#, .progressing),
            (#""phase": "Pending""#, .progressing), (#""phase": "Succeeded""#, .healthy),
            (#""phase": "Failed""#, .degraded),
        ])
    func pod(status: String, expected: HealthStatus) throws {
        #expect(health(try make("v1", "Pod", "p", #""status": {\#(status)}"#)).status == expected)
    }
}
