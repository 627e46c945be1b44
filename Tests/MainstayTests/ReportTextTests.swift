// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Mainstay

@Suite("Reports as text")
struct ReportTextTests {
    private static func figures(
        _ changes: Int64, _ deployments: Int64, _ failures: Int64, lead: (Int64, Int64)?, leftOut: Int64 = 0,
        took: (Int64, Int64)? = nil, incidents: Int64 = 0, restored: Int64 = 0, restore: (Int64, Int64)? = nil,
        rollbacks: Int64 = 0,
        byPeople: Int64 = 0, week: String? = nil
    ) -> Value {
        func sample(_ pair: (Int64, Int64)?, _ leftOut: Int64) -> Value {
            [
                "leftOut": .integer(leftOut), "median": pair.map { .integer($0.0) } ?? .null,
                "p90": pair.map { .integer($0.1) } ?? .null,
            ]
        }
        return [
            "week": week.map { .string($0) } ?? .null, "changes": .integer(changes),
            "deployments": .integer(deployments), "failures": .integer(failures), "rollbacks": .integer(rollbacks),
            "rollbacksByPeople": .integer(byPeople), "incidents": .integer(incidents), "restored": .integer(restored),
            "openIncidents": .integer(incidents - restored), "leadTime": sample(lead, leftOut),
            "duration": sample(took, 0),
            "timeToRestore": sample(restore, 0),
        ]
    }

    private static let answer: Value = [
        "since": "2026-11-02T00:00:00.000Z", "until": "2026-11-23T00:00:00.000Z", "next": .null,
        "items": [
            [
                "application": "api", "environment": "production", "since": "2026-11-02T00:00:00.000Z",
                "total": figures(
                    44, 41, 3, lead: (720, 9000), leftOut: 1, took: (45, 200), incidents: 3, restored: 2,
                    restore: (240, 600),
                    rollbacks: 3, byPeople: 1),
                "weeks": [
                    figures(20, 20, 0, lead: (700, 800), took: (40, 50), week: "2026-11-02"),
                    figures(
                        24, 21, 3, lead: (720, 9000), leftOut: 1, took: (45, 200), incidents: 3, restored: 2,
                        restore: (240, 600),
                        rollbacks: 3, byPeople: 1, week: "2026-11-16"),
                ],
            ],
            [
                "application": "api", "environment": "staging", "since": "2026-11-16T12:00:00.000Z",
                "total": figures(1, 1, 0, lead: (60, 60), took: (20, 20)),
                "weeks": [figures(1, 1, 0, lead: (60, 60), took: (20, 20), week: "2026-11-16")],
            ],
        ],
    ]

    @Test("One line for each application, with numbers that say of how many they are")
    func total() {
        #expect(
            ReportText(Self.answer, by: .total).text(on: .none) == """
                since Monday 2026-11-02, in UTC

                ENVIRONMENT  APPLICATION  DEPLOYED  A WEEK  FAILED   LEAD TIME  90%  TOOK  90%  RESTORED  IN  90%  ROLLBACKS
                production   api          41        13.7    3 of 44  12m        2h   45s   3m   2 of 3    4m  10m  3, 1 by people
                    1 lead times are left out: the commit is not known, or is of after its rollout
                staging      api          1         1.1     0 of 1   60s        60s  20s   20s  -         -   -    0
                    its history begins at 2026-11-16T12:00:00Z: what began before is not kept

                """)
    }

    @Test("Or one for each week in which something happened, the newest first")
    func weeks() {
        #expect(
            ReportText(Self.answer, by: .week).text(on: .none) == """
                since Monday 2026-11-02, in UTC

                ENVIRONMENT  APPLICATION  WEEK        DEPLOYED  FAILED   LEAD TIME  90%  TOOK  90%  RESTORED  IN  90%  ROLLBACKS
                production   api          2026-11-16  21        3 of 24  12m        2h   45s   3m   2 of 3    4m  10m  3, 1 by people
                    1 lead times are left out: the commit is not known, or is of after its rollout
                production   api          2026-11-02  20        0 of 20  11m        13m  40s   50s  -         -   -    0
                staging      api          2026-11-16  1         0 of 1   60s        60s  20s   20s  -         -   -    0
                    its history begins at 2026-11-16T12:00:00Z: what began before is not kept

                """)
    }

    @Test("Where nothing happened, it says so")
    func nothing() {
        let answer: Value = ["since": "2026-11-02T00:00:00.000Z", "until": "2026-11-23T00:00:00.000Z", "items": []]
        #expect(
            ReportText(answer, by: .total).text(on: .none) == "since Monday 2026-11-02, in UTC\n\nNothing happened.\n")
    }

    @Test("Environments come in the pipeline's order, and those that it has no more at the end")
    func order() {
        func environments(_ order: [String]) -> [String] {
            ReportText(Self.answer, by: .total, order: order).text(on: .none).split(separator: "\n").compactMap {
                line in
                ["staging", "production"].first { line.hasPrefix($0) }
            }
        }
        #expect(environments(["staging", "production"]) == ["staging", "production"])
        #expect(environments(["production", "staging"]) == ["production", "staging"])
        #expect(environments(["staging"]) == ["staging", "production"])
        #expect(environments([]) == ["production", "staging"])
    }
}
