// SPDX-License-Identifier: Apache-2.0

import Planning
import Testing

@testable import Reconciler

@Suite("Whether what runs is well")
struct WellnessTests {
    private static let grace = Duration.seconds(60)

    @Test(
        "What is seen says so, says the contrary, or says neither",
        arguments: [
            (HealthStatus.healthy, true), (.degraded, false), (.missing, false), (.suspended, nil), (.unknown, nil),
            (.progressing, nil),
        ] as [(HealthStatus, Bool?)])
    func atOnce(health: HealthStatus, isWell: Bool?) {
        #expect(Self.verdicts((health, 0)) == [isWell])
    }

    @Test("What does not mend within the grace is a break")
    func grace() {
        #expect(Self.verdicts((.progressing, 10), (.progressing, 69), (.progressing, 70)) == [nil, nil, false])
    }

    @Test("What mended in between begins anew, and an unknown hour in between does not")
    func mends() {
        let verdicts = Self.verdicts(
            (.progressing, 0), (.unknown, 30), (.progressing, 60), (.healthy, 61), (.progressing, 62),
            (.progressing, 121))
        #expect(verdicts == [nil, nil, false, true, nil, nil])
    }

    /// What is made of what is seen, second by second.
    private static func verdicts(_ seen: (health: HealthStatus, second: Int)...) -> [Bool?] {
        var wellness = Wellness()
        return seen.map { wellness.isWell($0.health, grace: grace, now: .seconds($0.second)) }
    }
}
