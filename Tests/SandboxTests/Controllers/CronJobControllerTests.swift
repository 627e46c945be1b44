// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@testable import Sandbox

@Suite("CronJobs")
struct CronJobControllerTests {
    private let zones = TimeZones { name in
        name == "Europe/Berlin" ? TimeZoneFile(footer: "CET-1CEST,M3.5.0,M10.5.0/3").bytes : nil
    }

    private func harness() -> ControllerHarness {
        ControllerHarness(controllers: StandardControllers.all(timeZones: zones))
    }

    private func cronJob(_ schedule: String, image: String = "m:1", spec: Object = Object()) -> Object {
        var template = Workloads.template("m", image: image).object ?? Object()
        template.set("Never", at: "spec", "restartPolicy")
        var body: Object = [
            "schedule": .string(schedule), "concurrencyPolicy": "Allow", "suspend": false,
            "jobTemplate": [
                "spec": ["parallelism": 1, "completions": 1, "backoffLimit": 0, "template": .object(template)]
            ],
        ]
        for pair in spec.pairs { body[pair.key] = pair.value }
        return Workloads.object("batch/v1", "CronJob", "c", spec: body)
    }

    private func scheduled(_ harness: ControllerHarness) -> [String] {
        harness.all(.job).compactMap { $0.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"]?.string }
    }

    @Test("a Job is made each time, what becomes of it is said, and the last three are kept")
    func jobs() {
        let harness = harness()
        harness.apply(cronJob("* * * * *"))
        harness.run(for: .seconds(300))
        let reasons = harness.reasons(for: "c")
        #expect(reasons.count { $0 == "SuccessfulCreate" } == 5)
        #expect(reasons.count { $0 == "SawCompletedJob" } == 5)
        #expect(reasons.count { $0 == "SuccessfulDelete" } == 2)
        #expect(harness.events.contains { $0.message.hasSuffix(", condition: Complete") })
        #expect(harness.all(.job).count == 3)
        #expect(harness.status(.cronJob, "c")["lastSuccessfulTime"] != nil)
        #expect(harness.status(.cronJob, "c")["active"] == nil)
    }

    @Test("the schedule is read in its time zone, and the Job says when it was due by it")
    func timeZone() {
        let harness = harness()
        // It is 11:12 in Berlin.
        harness.apply(cronJob("0 12 * * *", spec: ["timeZone": "Europe/Berlin"]))
        harness.run(for: .seconds(47 * 60))
        #expect(harness.all(.job).isEmpty)
        harness.run(for: .seconds(2 * 60))
        #expect(scheduled(harness) == ["2026-11-21T12:00:00+01:00"])
        #expect(harness.status(.cronJob, "c")["lastScheduleTime"] == "2026-11-21T11:00:00Z")
    }

    @Test("a time zone that is not known is told, and nothing is made")
    func unknownTimeZone() {
        let harness = harness()
        harness.apply(cronJob("* * * * *", spec: ["timeZone": "Mars/Base"]))
        harness.run(for: .seconds(300))
        #expect(harness.all(.job).isEmpty)
        let event = harness.events.first { $0.reason == "UnknownTimeZone" }
        #expect(event?.message == "invalid timeZone: \"Mars/Base\": unknown time zone Mars/Base")
    }

    @Test("a prior run that goes on holds back the next where that is forbidden, and gives way where it is replaced")
    func concurrency() {
        let forbidden = harness()
        forbidden.apply(cronJob("* * * * *", image: "m:unready", spec: ["concurrencyPolicy": "Forbid"]))
        forbidden.run(for: .seconds(300))
        #expect(forbidden.all(.job).count == 1)
        #expect(forbidden.reasons(for: "c").contains("JobAlreadyActive"))
        let replaced = harness()
        replaced.apply(cronJob("* * * * *", image: "m:unready", spec: ["concurrencyPolicy": "Replace"]))
        replaced.run(for: .seconds(300))
        #expect(replaced.all(.job).count == 1)
        #expect(replaced.reasons(for: "c").count { $0 == "SuccessfulDelete" } == 4)
        #expect(replaced.status(.cronJob, "c").list(at: "active").count == 1)
    }

    @Test("a CronJob resumed after a week makes up with one Job and says that it missed many")
    func longPause() {
        let harness = harness()
        harness.apply(cronJob("*/5 * * * *", spec: ["suspend": true]))
        harness.run(for: .seconds(7 * 86_400))
        #expect(harness.all(.job).isEmpty)
        harness.apply(cronJob("*/5 * * * *"))
        harness.settle()
        #expect(harness.all(.job).count == 1)
        #expect(harness.reasons(for: "c").contains("TooManyMissedTimes"))
    }

    @Test("a start that comes later than the deadline does not come")
    func deadline() {
        let harness = harness()
        harness.apply(cronJob("0 9 * * *", spec: ["suspend": true]))
        harness.run(for: .seconds(24 * 3600))
        harness.apply(cronJob("0 9 * * *", spec: ["startingDeadlineSeconds": 60]))
        harness.settle()
        #expect(harness.all(.job).isEmpty)
        harness.run(for: .seconds(24 * 3600))
        #expect(harness.all(.job).count == 1)
    }

    @Test("a Job that somebody else made from it is noticed and not counted")
    func manual() {
        let harness = harness()
        harness.apply(cronJob("0 0 1 1 *"))
        guard let owner = harness.get(.cronJob, "c") else { return }
        var job = Workloads.object(
            "batch/v1", "Job", "by-hand",
            spec: owner.value(at: "spec", "jobTemplate", "spec")?.object ?? Object())
        job.set([owner.asController], at: "metadata", "ownerReferences")
        harness.apply(job)
        harness.settle()
        #expect(harness.reasons(for: "c").contains("UnexpectedJob"))
        #expect(harness.status(.cronJob, "c")["active"] == nil)
    }
}
