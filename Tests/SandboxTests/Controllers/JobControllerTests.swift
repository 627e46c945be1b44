// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Jobs")
struct JobControllerTests {
    private func job(_ image: String, spec: Object = Object(), restartPolicy: Value = "Never") -> Object {
        var template = Workloads.template("m", image: image).object ?? Object()
        template.set(restartPolicy, at: "spec", "restartPolicy")
        var body: Object = [
            "parallelism": 1, "completions": 1, "backoffLimit": 0, "suspend": false, "template": .object(template),
        ]
        for pair in spec.pairs { body[pair.key] = pair.value }
        return Workloads.object("batch/v1", "Job", "j", spec: body)
    }

    /// A status without its times.
    private func settled(_ harness: ControllerHarness) -> Object {
        var status = harness.status(.job, "j")
        status["startTime"] = nil
        status["completionTime"] = nil
        let conditions = status.list(at: "conditions").map { condition in
            Value.string("\(condition["type"]?.string ?? "") \(condition["reason"]?.string ?? "")")
        }
        status["conditions"] = .array(conditions)
        return status
    }

    @Test("a Job that succeeds ends with the recorded status and events")
    func success() {
        let harness = ControllerHarness()
        harness.apply(job("m:1"))
        harness.run(for: .seconds(5))
        #expect(
            settled(harness) == [
                "conditions": ["SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached"],
                "succeeded": 1, "terminating": 0, "uncountedTerminatedPods": [:], "ready": 0,
            ])
        #expect(harness.status(.job, "j")["completionTime"] != nil)
        #expect(harness.reasons(for: "j") == ["SuccessfulCreate", "Completed"])
    }

    @Test("a Job that fails ends with the recorded status and events")
    func failure() {
        let harness = ControllerHarness()
        harness.apply(job("m:fail"))
        harness.run(for: .seconds(5))
        #expect(
            settled(harness) == [
                "conditions": ["FailureTarget BackoffLimitExceeded", "Failed BackoffLimitExceeded"],
                "failed": 1, "terminating": 0, "uncountedTerminatedPods": [:], "ready": 0,
            ])
        #expect(harness.status(.job, "j")["completionTime"] == nil)
        #expect(harness.reasons(for: "j") == ["SuccessfulCreate", "BackoffLimitExceeded"])
    }

    @Test("retries wait 1, 2, 4 … seconds and end at the limit")
    func backOff() {
        let harness = ControllerHarness()
        harness.apply(job("m:fail", spec: ["backoffLimit": 3]))
        var counts: [Int] = []
        for _ in 0..<10 {
            harness.run(for: .seconds(1))
            counts.append(harness.pods.count)
        }
        #expect(counts == [1, 2, 2, 3, 3, 3, 3, 3, 4, 4])
        #expect(harness.status(.job, "j")["failed"] == 4)
        #expect(harness.status(.job, "j").holds("Failed"))
    }

    @Test("OnFailure restarts in place, and restarts count against the limit")
    func onFailure() {
        let harness = ControllerHarness()
        harness.apply(job("m:fail", spec: ["backoffLimit": 2], restartPolicy: "OnFailure"))
        harness.run(for: .seconds(20))
        #expect(harness.status(.job, "j").reason("Failed") == "BackoffLimitExceeded")
        #expect(harness.reasons(for: "j").filter { $0 == "SuccessfulCreate" }.count == 1)
        #expect(harness.pods.isEmpty)
    }

    @Test("completions and parallelism: never more at once, as many as asked for in all")
    func parallelism() {
        let harness = ControllerHarness()
        var most = 0
        harness.onWrite = { most = max(most, $0.pods.filter(\.isPodActive).count) }
        harness.apply(job("m:1", spec: ["completions": 5, "parallelism": 2]))
        harness.run(for: .seconds(10))
        #expect(most == 2)
        #expect(harness.status(.job, "j")["succeeded"] == 5)
        #expect(harness.pods.count == 5)
        #expect(harness.status(.job, "j").holds("Complete"))
    }

    @Test("a deadline ends a Job that never would, and its pods")
    func deadline() {
        let harness = ControllerHarness()
        harness.apply(job("m:unready", spec: ["activeDeadlineSeconds": 5]))
        harness.run(for: .seconds(4))
        #expect(harness.status(.job, "j")["active"] == 1)
        harness.run(for: .seconds(3))
        #expect(harness.status(.job, "j").reason("Failed") == "DeadlineExceeded")
        #expect(harness.pods.isEmpty)
    }

    @Test("a suspended Job has no pods and starts anew when resumed")
    func suspend() {
        let harness = ControllerHarness()
        harness.apply(job("m:1", spec: ["suspend": true]))
        harness.run(for: .seconds(5))
        #expect(harness.pods.isEmpty)
        #expect(harness.status(.job, "j").reason("Suspended") == "JobSuspended")
        #expect(harness.status(.job, "j")["startTime"] == nil)
        harness.apply(job("m:1"))
        harness.run(for: .seconds(5))
        #expect(harness.status(.job, "j").holds("Complete"))
        #expect(harness.status(.job, "j").reason("Suspended") == "JobResumed")
    }

    @Test("a finished Job with a time to live is deleted after it, pods included")
    func timeToLive() {
        let harness = ControllerHarness()
        harness.apply(job("m:1", spec: ["ttlSecondsAfterFinished": 10]))
        harness.run(for: .seconds(9))
        #expect(harness.get(.job, "j") != nil)
        harness.run(for: .seconds(5))
        #expect(harness.get(.job, "j") == nil)
        #expect(harness.pods.isEmpty)
    }
}
