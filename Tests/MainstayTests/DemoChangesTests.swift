// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@testable import Mainstay

@Suite("Demo lines")
struct DemoChangesTests {
    private static let target = TargetID(application: "api", environment: "staging")
    private var changes = DemoChanges()

    private mutating func lines(
        _ phase: RolloutPhase, _ health: HealthStatus, _ message: String = "", at milliseconds: Int64
    ) -> [String] {
        var status = ApplicationStatus(target: Self.target, phase: phase, health: health)
        status.message = message
        return changes.lines([status], at: Timestamp(millisecondsSinceEpoch: milliseconds))
    }

    @Test("Every change of phase or health is a line, at once")
    mutating func phases() {
        #expect(lines(.queued, .progressing, at: 0) == ["api in staging: queued, progressing"])
        #expect(lines(.progressing, .progressing, at: 1) == ["api in staging: progressing"])
        #expect(lines(.progressing, .degraded, at: 2) == ["api in staging: progressing, degraded"])
        #expect(lines(.progressing, .degraded, at: 1000) == [])
        #expect(lines(.failed, .degraded, "why", at: 1001) == ["api in staging: failed, degraded (why)"])
    }

    @Test("A detail is a line once it has stood for 300 ms; one that passes is none")
    mutating func details() {
        #expect(lines(.applying, .progressing, at: 0) == ["api in staging: applying, progressing"])
        #expect(lines(.applying, .progressing, "0 of 2", at: 10) == [])
        #expect(lines(.applying, .progressing, "1 of 2", at: 200) == [])
        #expect(lines(.applying, .progressing, "1 of 2", at: 499) == [])
        #expect(lines(.applying, .progressing, "1 of 2", at: 500) == ["api in staging: applying, progressing (1 of 2)"])
        #expect(lines(.applying, .progressing, "1 of 2", at: 900) == [])
        #expect(lines(.applying, .progressing, "", at: 1300) == [])
    }

    @Test("What is said at the end of a rollout is a line at once")
    mutating func ending() {
        #expect(lines(.rolledBack, .healthy, at: 0) == ["api in staging: rolledBack, healthy"])
        let held = lines(.rolledBack, .healthy, "holding at x", at: 1)
        #expect(held == ["api in staging: rolledBack, healthy (holding at x)"])
    }

    @Test("An application of which nothing is known yet is no line")
    mutating func unknown() {
        #expect(lines(.idle, .unknown, at: 0) == [])
        #expect(lines(.queued, .progressing, at: 1) == ["api in staging: queued, progressing"])
        #expect(lines(.idle, .unknown, at: 2) == ["api in staging: idle, unknown"])
    }
}
