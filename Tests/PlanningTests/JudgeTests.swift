// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct JudgeTests {
    private let start = Timestamp("2026-11-21T09:13:20Z") ?? Timestamp(millisecondsSinceEpoch: 0)
    private let id = ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "api")

    private func after(_ seconds: Int) -> Timestamp { start + .seconds(seconds) }

    private func judge(_ settings: JudgeSettings = JudgeSettings(), others: [ObjectID] = []) -> Judge {
        let judged = JudgedObject(id: id, appliedGeneration: 1, appliedAt: start)
        return Judge(settings: settings, objects: [judged] + others.map { JudgedObject(id: $0) }, startedAt: start)
    }

    private func deployment(ready: Int, extra: String = "") throws -> Object {
        try make(
            "apps/v1", "Deployment", "api",
            metadata: #""uid": "d", "generation": 1, "annotations": {"deployment.kubernetes.io/revision": "1"}"#,
            #"""
            "spec": {"replicas": 3}, "status": {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3,
              "readyReplicas": \#(ready), "availableReplicas": \#(ready)\#(extra)}
            """#)
    }

    private func observation(ready: Int = 0, extra: String = "", container: String? = nil, created: Int = 1) throws
        -> ObjectObservation
    {
        let set = try make(
            "apps/v1", "ReplicaSet", "api-1",
            metadata: #"""
                "uid": "r", "annotations": {"deployment.kubernetes.io/revision": "1"},
                "ownerReferences": [{"controller": true, "uid": "d"}]
                """#)
        let pods = try container.map { container in
            try make(
                "v1", "Pod", "api-1-x",
                metadata: #"""
                    "creationTimestamp": "\#(after(created).secondsDescription)",
                    "ownerReferences": [{"controller": true, "uid": "r"}]
                    """#,
                #""status": {"phase": "Pending", "containerStatuses": [{"name": "api", "image": "nginx:missing", \#(container)}]}"#
            )
        }
        return ObjectObservation(
            object: try deployment(ready: ready, extra: extra), replicaSets: [set], pods: pods.map { [$0] } ?? [])
    }

    private static let noImage = #""state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}"#
    private static let noSecret =
        #""state": {"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"db\" not found"}}"#
    private static let exceeded =
        #", "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "lastUpdateTime": "2026-11-21T09:13:25Z"}]"#

    private static func crash(_ restarts: Int) -> String {
        #""state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1}}, "ready": false, "restartCount": \#(restarts)"#
    }

    @Test("A Job whose time is over before a node took its pod says what the scheduler said, though the pod is gone")
    func unscheduledJob() throws {
        let id = ObjectID(group: "batch", kind: "Job", namespace: "staging", name: "dump")
        func job(_ status: String) throws -> Object {
            try make(
                "batch/v1", "Job", "dump", metadata: #""uid": "j""#,
                #""spec": {"activeDeadlineSeconds": 20}, "status": {"startTime": "2026-11-21T09:13:20Z", \#(status)}"#)
        }
        func pod(_ condition: String) throws -> Object {
            try make(
                "v1", "Pod", "dump-x", metadata: #""ownerReferences": [{"controller": true, "uid": "j"}]"#,
                #""status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", \#(condition)}]}"#)
        }
        let held = try pod(#""status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available""#)
        let exceeded =
            #""failed": 1, "conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]"#
        func ended(seeing pods: [Object]) throws -> Cause? {
            var judge = Judge(settings: JudgeSettings(), objects: [JudgedObject(id: id)], startedAt: start)
            for pod in pods {
                judge.observe(
                    ObjectObservation(object: try job(#""active": 1"#), pods: [pod]), for: id, now: after(1))
            }
            if pods.count == 1 {
                guard case .waiting(let cause?) = judge.judgement(now: after(2)) else { return nil }
                #expect(cause.pod == "dump-x" && cause.message.contains("0/1 nodes are available"))
            }
            // The pod goes before the Job has its end.
            judge.observe(ObjectObservation(object: try job(#""failed": 1"#)), for: id, now: after(20))
            judge.observe(ObjectObservation(object: try job(exceeded)), for: id, now: after(20))
            guard case .failed(let cause) = judge.judgement(now: after(21)) else { return nil }
            return cause
        }
        let cause = try #require(try ended(seeing: [held]))
        #expect(cause.reason == "DeadlineExceeded" && cause.pod == "dump-x")
        #expect(cause.message.hasSuffix("; before that, no node takes the pod: 0/1 nodes are available"))
        let later = try #require(try ended(seeing: [held, pod(#""status": "True""#)]))
        #expect(later.pod == nil && !later.message.contains("nodes"), "one that a node took in the end was not held")
    }

    private func cause(_ judgement: Judgement, _ kind: String) throws -> Cause {
        switch (judgement, kind) {
        case (.failed(let cause), "failed"), (.blocked(let cause), "blocked"): return cause
        case (.waiting(let cause?), "waiting"): return cause
        default:
            Issue.record("expected \(kind), got \(judgement)")
            throw Unexpected()
        }
    }

    private struct Unexpected: Error {}

    @Test("A rollout waits until every object is healthy")
    func healthy() throws {
        let service = ObjectID(group: "", kind: "Service", namespace: "staging", name: "api")
        var judge = judge(others: [service])
        #expect(try cause(judge.judgement(now: start), "waiting").reason == "NotObserved")
        judge.observe(try observation(ready: 3), for: id, now: after(1))
        #expect(try cause(judge.judgement(now: after(1)), "waiting").object == service)
        #expect(judge.health == .unknown)
        judge.observe(ObjectObservation(object: try make("v1", "Service", "api")), for: service, now: after(2))
        #expect(judge.judgement(now: after(2)) == .healthy)
        #expect(judge.health == .healthy)
        #expect(judge.healthCause == nil)
        #expect(judge.nextDeadline == nil)
    }

    @Test("An image that cannot be pulled fails after the grace, named with pod and image")
    func imageMissing() throws {
        var judge = judge()
        judge.observe(try observation(container: Self.noImage), for: id, now: after(5))
        #expect(try cause(judge.judgement(now: after(64)), "waiting").reason == "ImagePullBackOff")
        #expect(judge.nextDeadline == after(65))
        #expect(judge.health == .progressing)
        let failure = try cause(judge.judgement(now: after(65)), "failed")
        #expect(failure.object == id)
        #expect(failure.pod == "api-1-x")
        #expect(failure.image == "nginx:missing")
        #expect(failure.message == "container api cannot pull nginx:missing: not found; 0 of 3 replicas are ready")
        #expect(judge.health == .degraded)
        #expect(judge.healthCause?.reason == "ImagePullBackOff")
    }

    @Test("A problem that goes away resets its grace, another word for it does not")
    func graceResets() throws {
        var judge = judge()
        judge.observe(try observation(container: Self.noImage), for: id, now: after(0))
        judge.observe(try observation(), for: id, now: after(30))
        judge.observe(try observation(container: Self.noImage), for: id, now: after(40))
        #expect(judge.nextDeadline == after(100))
        let other = #""state": {"waiting": {"reason": "ErrImagePull"}}"#
        judge.observe(try observation(container: other), for: id, now: after(50))
        #expect(judge.nextDeadline == after(100))
        #expect(try cause(judge.judgement(now: after(100)), "failed").reason == "ErrImagePull")
    }

    @Test("An image that CI has still to push blocks for its wait, and then fails")
    func imageWait() throws {
        var judge = judge(JudgeSettings(timeout: .seconds(300), imageWaits: ["nginx": .seconds(1200)]))
        judge.observe(try observation(container: Self.noImage), for: id, now: after(10))
        #expect(try cause(judge.judgement(now: after(600)), "blocked").image == "nginx:missing")
        #expect(judge.nextDeadline == after(1210))
        #expect(try cause(judge.judgement(now: after(1210)), "failed").reason == "ImagePullBackOff")
    }

    @Test("A Secret that is made elsewhere blocks, and that time is not counted")
    func blocked() throws {
        var judge = judge(JudgeSettings(timeout: .seconds(100)))
        judge.observe(try observation(container: Self.noSecret), for: id, now: after(50))
        _ = judge.judgement(now: after(50))
        let cause = try cause(judge.judgement(now: after(5000)), "blocked")
        #expect(cause.reason == "SecretMissing")
        #expect(cause.message.contains("Secret staging/db"))
        #expect(judge.nextDeadline == nil)
        judge.observe(try observation(), for: id, now: after(6000))
        #expect(try self.cause(judge.judgement(now: after(6000)), "waiting").object == id)
        #expect(judge.nextDeadline == after(6050))
        #expect(try self.cause(judge.judgement(now: after(6049)), "waiting").object == id)
        #expect(
            try self.cause(judge.judgement(now: after(6050)), "failed").message.hasPrefix("not healthy within 100 s"))
    }

    @Test("An image that Knative says it cannot fetch has the image's wait, another failure the grace")
    func knativeImage() throws {
        let id = ObjectID(group: "serving.knative.dev", kind: "Service", namespace: "staging", name: "web")
        func service(_ message: String) throws -> ObjectObservation {
            ObjectObservation(
                object: try make(
                    "serving.knative.dev/v1", "Service", "web", metadata: #""generation": 1"#,
                    #"""
                    "spec": {"template": {"spec": {"containers": [{"image": "gcr.io/web:1"}]}}},
                    "status": {"observedGeneration": 1, "conditions": [
                        {"type": "Ready", "status": "False", "reason": "RevisionFailed", "message": "\#(message)"}]}
                    """#))
        }
        func judge(grace: Int = 5) -> Judge {
            Judge(
                settings: JudgeSettings(grace: .seconds(grace), imageWaits: ["gcr.io/web": .seconds(60)]),
                objects: [JudgedObject(id: id, appliedGeneration: 1, appliedAt: start)], startedAt: start)
        }
        var late = judge()
        late.observe(try service(#"Unable to fetch image \"gcr.io/web:1\": not found"#), for: id, now: after(0))
        #expect(try cause(late.judgement(now: after(59)), "blocked").image == "gcr.io/web:1")
        #expect(try cause(late.judgement(now: after(60)), "failed").reason == "RevisionFailed")
        // An image's wait takes nothing from the grace.
        var patient = judge(grace: 90)
        patient.observe(try service(#"Unable to fetch image \"gcr.io/web:1\": not found"#), for: id, now: after(0))
        #expect(try cause(patient.judgement(now: after(89)), "blocked").image == "gcr.io/web:1")
        #expect(try cause(patient.judgement(now: after(90)), "failed").reason == "RevisionFailed")
        var crashing = judge()
        crashing.observe(try service("Container failed with: exit code 1"), for: id, now: after(0))
        #expect(try cause(crashing.judgement(now: after(5)), "failed").image == nil)
        #expect(try cause(crashing.judgement(now: after(5)), "failed").exitCode == 1)
    }

    @Test("What a Secret is awaited from is a block while it is not well, and uses up no time")
    func makerOfSecret() throws {
        let id = ObjectID(group: "external-secrets.io", kind: "ExternalSecret", namespace: "staging", name: "db")
        var judge = Judge(
            settings: JudgeSettings(timeout: .seconds(300)),
            objects: [JudgedObject(id: id, appliedGeneration: 1, appliedAt: start)], startedAt: start)
        let object = try make(
            "external-secrets.io/v1", "ExternalSecret", "db", metadata: #""generation": 1"#,
            #"""
            "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "False", "reason": "R"}]}
            """#)
        judge.awaitSecrets(of: [id])
        judge.observe(ObjectObservation(object: object), for: id, now: after(0))
        for seconds in [0, 9000] {
            #expect(try cause(judge.judgement(now: after(seconds)), "blocked").reason == "R")
        }
        judge.awaitSecrets(of: [])
        #expect(try cause(judge.judgement(now: after(9001)), "waiting").reason == "R")
        #expect(try cause(judge.judgement(now: after(9400)), "failed").object == id)
    }

    @Test("A Secret of the application itself does not block: it has the grace")
    func ownSecret() throws {
        let secret = ObjectID(group: "", kind: "Secret", namespace: "staging", name: "db")
        var judge = judge(others: [secret])
        judge.observe(try observation(container: Self.noSecret), for: id, now: after(0))
        #expect(try cause(judge.judgement(now: after(59)), "waiting").object != nil)
        #expect(try cause(judge.judgement(now: after(60)), "failed").reason == "SecretMissing")
    }

    @Test("A crash loop fails at the third restart, with its exit code")
    func crashLoop() throws {
        var judge = judge()
        judge.observe(try observation(container: Self.crash(2)), for: id, now: after(30))
        #expect(try cause(judge.judgement(now: after(300)), "waiting").exitCode == 1)
        judge.observe(try observation(container: Self.crash(3)), for: id, now: after(301))
        #expect(try cause(judge.judgement(now: after(301)), "failed").reason == "CrashLoopBackOff")
    }

    @Test("Restarts that a pod had before the rollout are not counted against it")
    func earlierRestarts() throws {
        var judge = judge()
        judge.observe(try observation(container: Self.crash(40), created: -3600), for: id, now: after(1))
        #expect(try cause(judge.judgement(now: after(1)), "waiting").reason == "CrashLoopBackOff")
        judge.observe(try observation(container: Self.crash(43), created: -3600), for: id, now: after(200))
        #expect(try cause(judge.judgement(now: after(200)), "failed").reason == "CrashLoopBackOff")
    }

    @Test("A passed progress deadline fails at once, and a pod's problem is named before it")
    func progressDeadline() throws {
        var judge = judge()
        judge.observe(try observation(extra: Self.exceeded), for: id, now: after(6))
        #expect(try cause(judge.judgement(now: after(6)), "failed").reason == "ProgressDeadlineExceeded")
        judge.observe(try observation(extra: Self.exceeded, container: Self.noImage), for: id, now: after(7))
        let failure = try cause(judge.judgement(now: after(7)), "failed")
        #expect(failure.reason == "ImagePullBackOff")
        #expect(failure.message.contains("no progress within 600 s"))
    }

    @Test("While a rollout is blocked, and until it went on, a passed progress deadline fails nothing")
    func progressDeadlineWhileBlocked() throws {
        let late = Self.exceeded.replacing("09:13:25", with: "09:23:20")
        for (container, settings) in [
            (Self.noSecret, JudgeSettings()),
            (Self.noImage, JudgeSettings(imageWaits: ["nginx": .seconds(1200)])),
        ] {
            var judge = judge(settings)
            judge.observe(try observation(container: container), for: id, now: after(10))
            #expect(try cause(judge.judgement(now: after(10)), "blocked").pod == "api-1-x")
            judge.observe(try observation(extra: late, container: container), for: id, now: after(601))
            #expect(try cause(judge.judgement(now: after(601)), "blocked").pod == "api-1-x")
            #expect(judge.health == .progressing)
            // The controller takes a while to take its word back.
            judge.observe(try observation(extra: late), for: id, now: after(700))
            #expect(try cause(judge.judgement(now: after(700)), "waiting").object == id)
            #expect(judge.health == .progressing)
            #expect(judge.nextDeadline == after(1290))
            judge.observe(
                try observation(extra: late.replacing("09:23:20", with: "09:33:20")), for: id, now: after(1200))
            #expect(try cause(judge.judgement(now: after(1200)), "failed").reason == "ProgressDeadlineExceeded")
        }
    }

    @Test("A block that ends because the Secret is applied later starts no passed deadline")
    func blockEndsByTracking() throws {
        var judge = judge(JudgeSettings(timeout: .seconds(2000)))
        let late = Self.exceeded.replacing("09:13:25", with: "09:23:20")
        judge.observe(try observation(extra: late, container: Self.noSecret), for: id, now: after(601))
        #expect(try cause(judge.judgement(now: after(655)), "blocked").reason == "SecretMissing")
        judge.track(JudgedObject(id: ObjectID(group: "", kind: "Secret", namespace: "staging", name: "db")))
        #expect(try cause(judge.judgement(now: after(660)), "waiting").reason == "SecretMissing")
    }

    @Test("Pods seen before the controller has seen the apply are the replaced revision's", arguments: [1, 2])
    func staleView(generation: Int) throws {
        var judge = Judge(
            settings: JudgeSettings(), objects: [JudgedObject(id: id, appliedGeneration: 2, appliedAt: start)],
            startedAt: start)
        let wrongName = #""state": {"waiting": {"reason": "InvalidImageName"}}"#
        var stale = try observation(container: wrongName)
        stale.object?.set(.integer(Int64(generation)), at: "metadata", "generation")
        judge.observe(stale, for: id, now: after(1))
        #expect(try cause(judge.judgement(now: after(1)), "waiting").pod == nil)
        #expect(judge.health == .progressing)
        stale.object?.set(2, at: "metadata", "generation")
        stale.object?.set(2, at: "status", "observedGeneration")
        judge.observe(stale, for: id, now: after(2))
        #expect(try cause(judge.judgement(now: after(2)), "failed").reason == "InvalidImageName")
    }

    @Test("A rollout taken up again is judged by what happened since it began")
    func resumed() throws {
        let unchanged = JudgedObject(id: id, appliedGeneration: 1)
        func resumed(_ baseline: Timestamp?) -> Judge {
            Judge(settings: JudgeSettings(), objects: [unchanged], startedAt: after(900), baseline: baseline)
        }
        // Servers date to the second: a pod of the same second is the rollout's own.
        for (baseline, outcome) in [(start + .milliseconds(900), "failed"), (nil, "waiting")] {
            var crashing = resumed(baseline)
            crashing.observe(try observation(container: Self.crash(5), created: 0), for: id, now: after(901))
            #expect(try cause(crashing.judgement(now: after(901)), outcome).reason == "CrashLoopBackOff")
            var overdue = resumed(baseline)
            overdue.observe(try observation(extra: Self.exceeded), for: id, now: after(901))
            #expect(try cause(overdue.judgement(now: after(901)), outcome).object == id)
        }
        var waiting = resumed(start)
        waiting.observe(try observation(), for: id, now: after(901))
        #expect(try cause(waiting.judgement(now: after(901)), "waiting").object == id)
        #expect(waiting.nextDeadline == after(1500))
        waiting.track(unchanged, baseline: after(902))
        waiting.observe(try observation(container: Self.crash(5)), for: id, now: after(903))
        #expect(try cause(waiting.judgement(now: after(903)), "waiting").reason == "CrashLoopBackOff")
    }

    @Test("At the timeout the most telling cause is named")
    func timeout() throws {
        var judge = judge(JudgeSettings(timeout: .seconds(60)))
        let unready = #""state": {"running": {}}, "ready": false, "started": true"#
        judge.observe(try observation(container: unready), for: id, now: after(1))
        #expect(judge.nextDeadline == after(60))
        let failure = try cause(judge.judgement(now: after(60)), "failed")
        #expect(failure.pod == "api-1-x")
        #expect(
            failure.message
                == "not healthy within 60 s: container api runs, but its readiness probe does not succeed; "
                + "0 of 3 replicas are ready")
    }

    @Test("What is never observed fails at the timeout, and says so")
    func neverObserved() throws {
        var judge = judge()
        #expect(try cause(judge.judgement(now: after(600)), "failed").reason == "NotObserved")
    }

    @Test("A relapse after healthy has the whole timeout again")
    func relapse() throws {
        var judge = judge()
        judge.observe(try observation(ready: 3), for: id, now: after(10))
        #expect(judge.judgement(now: after(5000)) == .healthy)
        judge.observe(try observation(ready: 2), for: id, now: after(5000))
        #expect(try cause(judge.judgement(now: after(5000)), "waiting").object == id)
        #expect(try cause(judge.judgement(now: after(5599)), "waiting").object == id)
        #expect(try cause(judge.judgement(now: after(5600)), "failed").object == id)
    }

    @Test("A Job that completed and was removed stays well; one that was never seen to is missing")
    func removedJob() throws {
        let job = ObjectID(group: "batch", kind: "Job", namespace: "staging", name: "migrate")
        var judge = Judge(settings: JudgeSettings(), objects: [JudgedObject(id: job)], startedAt: start)
        judge.observe(ObjectObservation(object: nil), for: job, now: after(1))
        #expect(judge.health == .missing)
        #expect(try cause(judge.judgement(now: after(1)), "waiting").reason == "Missing")
        let complete = try make(
            "batch/v1", "Job", "migrate", #""status": {"conditions": [{"type": "Complete", "status": "True"}]}"#)
        judge.observe(ObjectObservation(object: complete), for: job, now: after(2))
        judge.observe(ObjectObservation(object: nil), for: job, now: after(3))
        #expect(judge.judgement(now: after(3)) == .healthy)
    }

    @Test("A failed Job fails its rollout at once, with its pod's exit code")
    func failedJob() throws {
        let job = ObjectID(group: "batch", kind: "Job", namespace: "staging", name: "bad")
        var judge = Judge(settings: JudgeSettings(), objects: [JudgedObject(id: job)], startedAt: start)
        let failed = try make(
            "batch/v1", "Job", "bad", metadata: #""uid": "j""#,
            #""status": {"failed": 1, "conditions": [{"type": "FailureTarget", "status": "True", "reason": "BackoffLimitExceeded"}]}"#
        )
        let pod = try make(
            "v1", "Pod", "bad-tgstt", metadata: #""ownerReferences": [{"controller": true, "uid": "j"}]"#,
            #""status": {"phase": "Failed", "containerStatuses": [{"name": "m", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}, "ready": false, "restartCount": 0}]}"#
        )
        judge.observe(ObjectObservation(object: failed, pods: [pod]), for: job, now: after(2))
        let failure = try cause(judge.judgement(now: after(2)), "failed")
        #expect(failure.exitCode == 1)
        #expect(failure.message.contains("the Job failed after 1 failed pod"))
    }

    @Test("Time alone lets a custom resource settle, and an autoscaler holds nothing up")
    func recheckAndAdvisory() throws {
        let widget = ObjectID(group: "example.com", kind: "Widget", namespace: "staging", name: "w")
        let scaler = ObjectID(group: "autoscaling", kind: "HorizontalPodAutoscaler", namespace: "staging", name: "h")
        var judge = Judge(
            settings: JudgeSettings(), objects: [JudgedObject(id: widget, appliedAt: start), JudgedObject(id: scaler)],
            startedAt: start)
        judge.observe(ObjectObservation(object: try make("example.com/v1", "Widget", "w")), for: widget, now: after(1))
        let failing =
            #""status": {"conditions": [{"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric"}]}"#
        judge.observe(
            ObjectObservation(object: try make("autoscaling/v2", "HorizontalPodAutoscaler", "h", failing)), for: scaler,
            now: after(1))
        #expect(judge.nextDeadline == after(10))
        #expect(try cause(judge.judgement(now: after(9)), "waiting").reason == "Settling")
        #expect(judge.judgement(now: after(10)) == .healthy)
        #expect(judge.health == .degraded)
        #expect(judge.healthCause?.reason == "FailedGetResourceMetric")
        #expect(judge.notes.contains { $0.contains("states no readiness") })
    }

    @Test(
        "A kind that is known to state its readiness was not reconciled where it states none",
        arguments: [
            ("external-secrets.io", "ExternalSecret"), ("cert-manager.io", "Certificate"),
            ("serving.knative.dev", "Service"), ("bitnami.com", "SealedSecret"),
        ])
    func unreconciled(group: String, kind: String) throws {
        let id = ObjectID(group: group, kind: kind, namespace: "staging", name: "db")
        var judge = Judge(
            settings: JudgeSettings(), objects: [JudgedObject(id: id, appliedAt: start)], startedAt: start)
        judge.observe(ObjectObservation(object: try make("\(group)/v1", kind, "db")), for: id, now: after(10))
        #expect(judge.judgement(now: after(10)) == .healthy)
        #expect(judge.notes == ["\(id) was not reconciled by anybody yet: see whether its controller runs"])
    }

    @Test("A Deployment that someone paused in mid-rollout blocks")
    func pausedMidRollout() throws {
        var judge = judge()
        let paused = try make(
            "apps/v1", "Deployment", "api", metadata: #""uid": "d", "generation": 2"#,
            #""spec": {"replicas": 3, "paused": true}, "status": {"observedGeneration": 2, "replicas": 3}"#)
        judge.observe(ObjectObservation(object: paused), for: id, now: after(1))
        #expect(try cause(judge.judgement(now: after(9000)), "blocked").reason == HealthRules.rolloutPaused)
    }

    @Test("An object applied again is judged anew, and a forgotten one no more")
    func trackAndForget() throws {
        var judge = judge()
        judge.observe(try observation(container: Self.crash(3)), for: id, now: after(1))
        judge.track(JudgedObject(id: id, appliedGeneration: 2, appliedAt: after(2)))
        judge.observe(try observation(ready: 3), for: id, now: after(3))
        #expect(try cause(judge.judgement(now: after(3)), "waiting").reason == "StaleRead")
        judge.forget(id)
        #expect(judge.judgement(now: after(4)) == .healthy)
    }

    @Test("The judgement does not depend on the order in which objects are given")
    func orderIndependent() throws {
        let ids = (0..<6).map { ObjectID(group: "apps", kind: "StatefulSet", namespace: "staging", name: "s\($0)") }
        var random = SeededGenerator(state: 3)
        var judgements: Set<Judgement> = []
        for _ in 0..<10 {
            var judge = Judge(
                settings: JudgeSettings(), objects: ids.shuffled(using: &random).map { JudgedObject(id: $0) },
                startedAt: start)
            for id in ids.shuffled(using: &random) {
                judge.observe(ObjectObservation(object: nil), for: id, now: after(1))
            }
            judgements.insert(judge.judgement(now: after(2)))
        }
        #expect(judgements.count == 1)
    }
}
