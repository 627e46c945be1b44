// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("How Jobs count their pods")
struct JobTrackingTests {
    private func job(_ image: String, spec: Object = Object(), name: String = "j") -> Object {
        var template = Workloads.template("m", image: image).object ?? Object()
        template.set("Never", at: "spec", "restartPolicy")
        var body: Object = [
            "parallelism": 1, "completions": 1, "backoffLimit": 6, "suspend": false, "template": .object(template),
        ]
        for pair in spec.pairs { body[pair.key] = pair.value }
        return Workloads.object("batch/v1", "Job", name, spec: body)
    }

    private func conditions(_ harness: ControllerHarness) -> [String] {
        harness.status(.job, "j").list(at: "conditions").map {
            "\($0["type"]?.string ?? "") \($0["reason"]?.string ?? "")"
        }
    }

    @Test("a pod is held until the status names it, and counted when it is let go")
    func order() throws {
        let harness = ControllerHarness()
        harness.apply(job("m:1"))
        harness.settle()
        let pod = try #require(harness.pods.first)
        #expect(pod.finalizers == ["batch.kubernetes.io/job-tracking"])
        #expect(harness.status(.job, "j")["active"] == 1)
        harness.run(for: .seconds(5))
        let states = (harness.history[Workloads.id(.job, "j")] ?? []).map { job in
            let uncounted = job.value(at: "status", "uncountedTerminatedPods", "succeeded")?.array?.count ?? 0
            return "\(uncounted) \(job.count("succeeded")) \(job.status(holding: "SuccessCriteriaMet"))"
                + " \(job.status(holding: "Complete"))"
        }
        #expect(Array(states.suffix(2)) == ["1 0 true false", "0 1 true true"])
        let released = (harness.history[pod.objectID] ?? []).last { $0.finalizers.isEmpty }
        #expect(released?.podPhase == "Succeeded")
        #expect(harness.pods.first?.finalizers == [])
    }

    @Test("a running pod that somebody deletes counts as failed and is replaced after a pause")
    func deletedPod() throws {
        let harness = ControllerHarness()
        harness.apply(job("m:unready"))
        harness.run(for: .seconds(2))
        let pod = try #require(harness.pods.first)
        harness.delete(pod.objectID)
        harness.settle()
        #expect(harness.status(.job, "j")["failed"] == 1)
        harness.run(for: .seconds(3))
        #expect(harness.pods.map(\.name) != [pod.name] && harness.pods.count == 1)
        #expect(harness.object(pod.objectID) == nil)
    }

    @Test("where only failed pods are replaced, a deleted one is waited for")
    func replacementPolicy() throws {
        // Without a kubelet, pods end when the test says so.
        let harness = ControllerHarness(controllers: StandardControllers.manager())
        harness.apply(job("m:1", spec: ["podReplacementPolicy": "Failed"]))
        harness.settle()
        let pod = try #require(harness.pods.first).objectID
        harness.edit(pod) {
            $0.set("n", at: "spec", "nodeName")
            $0.set("Running", at: "status", "phase")
        }
        harness.delete(pod)
        harness.run(for: .seconds(5))
        #expect(harness.pods.count == 1)
        #expect(harness.status(.job, "j")["terminating"] == 1)
        #expect(harness.status(.job, "j")["failed"] == nil)
        harness.edit(pod) { $0.set("Failed", at: "status", "phase") }
        harness.run(for: .seconds(5))
        #expect(harness.status(.job, "j")["failed"] == 1)
        #expect(harness.status(.job, "j")["active"] == 1)
        #expect(harness.pods.count == 2)
    }

    @Test("pods of a Job that is gone are let go")
    func orphans() {
        let harness = ControllerHarness()
        harness.apply(job("m:unready"))
        harness.run(for: .seconds(2))
        harness.delete(Workloads.id(.job, "j"))
        harness.run(for: .seconds(2))
        #expect(harness.pods.isEmpty)
    }

    @Test("a Job that somebody else manages is left alone")
    func managedBy() {
        let harness = ControllerHarness()
        harness.apply(job("m:1", spec: ["managedBy": "example.com/queue"]))
        harness.run(for: .seconds(5))
        #expect(harness.pods.isEmpty && harness.status(.job, "j").isEmpty)
    }

    @Test("a suspended Job's pods are not counted, and its deadline begins anew when it goes on")
    func suspension() {
        let harness = ControllerHarness()
        harness.apply(job("m:unready", spec: ["activeDeadlineSeconds": 10]))
        harness.run(for: .seconds(5))
        harness.apply(job("m:unready", spec: ["activeDeadlineSeconds": 10, "suspend": true]))
        harness.run(for: .seconds(20))
        #expect(harness.pods.isEmpty)
        #expect(conditions(harness) == ["Suspended JobSuspended"])
        #expect(harness.status(.job, "j")["failed"] == nil)
        harness.apply(job("m:unready", spec: ["activeDeadlineSeconds": 10]))
        harness.run(for: .seconds(9))
        #expect(conditions(harness) == ["Suspended JobResumed"])
        harness.run(for: .seconds(3))
        #expect(conditions(harness).suffix(2) == ["FailureTarget DeadlineExceeded", "Failed DeadlineExceeded"])
        // What was running when the deadline passed has failed.
        #expect(harness.status(.job, "j")["failed"] == 1)
    }

    @Test("indexes fail by themselves, and the Job fails when all the others are done")
    func perIndex() {
        let harness = ControllerHarness()
        harness.apply(
            job(
                "m:fail",
                spec: [
                    "completionMode": "Indexed", "completions": 3, "parallelism": 3, "backoffLimit": 2_147_483_647,
                    "backoffLimitPerIndex": 1,
                ]))
        harness.run(for: .seconds(30))
        let status = harness.status(.job, "j")
        #expect(status["failedIndexes"] == "0-2" && status["failed"] == 6)
        #expect(status["completedIndexes"] == nil)
        #expect(conditions(harness) == ["FailureTarget FailedIndexes", "Failed FailedIndexes"])
        let counts = harness.pods.compactMap {
            $0.annotations["batch.kubernetes.io/job-index-failure-count"]?.string
        }
        #expect(counts.sorted() == ["0", "0", "0", "1", "1", "1"])
    }

    @Test("more failed indexes than allowed end the Job")
    func mostFailedIndexes() {
        let harness = ControllerHarness()
        harness.apply(
            job(
                "m:fail",
                spec: [
                    "completionMode": "Indexed", "completions": 5, "parallelism": 1, "backoffLimit": 2_147_483_647,
                    "backoffLimitPerIndex": 0, "maxFailedIndexes": 1,
                ]))
        harness.run(for: .seconds(60))
        #expect(harness.status(.job, "j")["failedIndexes"] == "0,1")
        #expect(conditions(harness).last == "Failed MaxFailedIndexesExceeded")
    }

    @Test("a rule fails the Job, fails an index, or lets a failure pass")
    func failurePolicy() {
        func run(_ action: String, spec: Object = Object()) -> ControllerHarness {
            let harness = ControllerHarness()
            let rule: Value = [
                "action": .string(action), "onExitCodes": ["operator": "In", "values": [1]],
            ]
            var body: Object = ["podFailurePolicy": ["rules": [rule]], "backoffLimit": 0]
            for pair in spec.pairs { body[pair.key] = pair.value }
            harness.apply(job("m:fail", spec: body))
            harness.run(for: .seconds(20))
            return harness
        }
        let failed = run("FailJob")
        #expect(conditions(failed) == ["FailureTarget PodFailurePolicy", "Failed PodFailurePolicy"])
        let message = failed.status(.job, "j").condition("Failed")?["message"]?.string ?? ""
        #expect(message.hasPrefix("Container m for pod t6/j-"))
        #expect(message.hasSuffix("failed with exit code 1 matching FailJob rule at index 0"))
        let ignored = run("Ignore")
        #expect(ignored.status(.job, "j")["failed"] == nil && conditions(ignored).isEmpty)
        #expect(ignored.pods.count > 1)
        let index = run(
            "FailIndex",
            spec: [
                "completionMode": "Indexed", "backoffLimit": 2_147_483_647, "backoffLimitPerIndex": 5,
            ])
        #expect(index.status(.job, "j")["failedIndexes"] == "0" && index.pods.count == 1)
    }

    @Test("a Job succeeds when its policy is met, and ends what still runs without counting it as failed")
    func successPolicy() throws {
        let harness = ControllerHarness()
        harness.apply(
            job(
                "m:unready",
                spec: [
                    "completionMode": "Indexed", "completions": 3, "parallelism": 3,
                    "successPolicy": ["rules": [["succeededIndexes": "0,2", "succeededCount": 1]]],
                ]))
        harness.run(for: .seconds(2))
        let leader = try #require(
            harness.pods.first { $0.annotations["batch.kubernetes.io/job-completion-index"] == "2" })
        harness.edit(leader.objectID) { $0.set("Succeeded", at: "status", "phase") }
        harness.run(for: .seconds(3))
        #expect(conditions(harness) == ["SuccessCriteriaMet SuccessPolicy", "Complete SuccessPolicy"])
        #expect(
            harness.status(.job, "j").condition("Complete")?["message"] == "Matched rules at index 0")
        #expect(harness.status(.job, "j")["completedIndexes"] == "2")
        #expect(harness.status(.job, "j")["failed"] == nil)
        #expect(harness.pods.count == 1)
    }

    @Test("ranges of indexes read and write as the server's do", arguments: ["", "0", "0,1", "0-2", "1,3-5,7,8"])
    func ranges(text: String) {
        let ranges = IndexRanges(text, below: 9)
        #expect(ranges.text == text)
        let all = (0..<9).filter(ranges.contains)
        #expect(IndexRanges(all) == ranges && ranges.count == all.count)
        #expect(ranges.missing(count: 9, below: 9) == (0..<9).filter { !all.contains($0) })
        #expect(ranges.overlap(with: IndexRanges("1-4", below: 9)) == all.count { (1...4).contains($0) })
    }
}

extension Object {
    fileprivate func status(holding type: String) -> Bool { self["status"]?.object?.holds(type) == true }
}
