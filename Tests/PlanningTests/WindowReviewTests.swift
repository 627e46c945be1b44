// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@testable import Planning

@Suite("Windows that let nothing through")
struct WindowReviewTests {
    private static func problems(_ windows: String, _ timeZones: TimeZones = .utcOnly) throws -> [String] {
        let text = """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments:
            - name: production
              namespace: production
              windows: [\(windows)]
            applications:
            - {name: api, environments: [production], path: api}
            """
        let pipeline = try Pipeline.parse(Array(text.utf8))
        return PipelineReview(pipeline: pipeline, parts: []).findings(exists: { _ in true }, timeZones: timeZones)
            .map { "\($0.severity.rawValue): \($0.message)" }
    }

    @Test("Office hours, and a freeze around the holidays, are fine")
    func fine() throws {
        #expect(
            try Self.problems(
                """
                {kind: allow, schedule: "0 9 * * 1-5", duration: 8h}, {kind: deny, schedule: "0 0 20 12 *", duration: 400h}
                """) == [])
        #expect(try Self.problems("{kind: allow, schedule: \"0 0 29 2 *\", duration: 1h}") == [], "in leap years")
    }

    @Test("A day that no year has never comes", arguments: ["0 9 31 2 *", "0 9 30 2 *", "0 0 31 4,6,9,11 *"])
    func never(schedule: String) throws {
        let found = try Self.problems("{kind: allow, schedule: \"\(schedule)\", duration: 8h}")
        #expect(
            found == ["error: never opens: the schedule \"\(schedule)\" names a day that no year has"])
    }

    @Test("What one window allows and others always deny is never open")
    func denied() throws {
        let hours = "{kind: allow, schedule: \"0 9 * * 1-5\", duration: 8h}"
        let never = "error: are never open: whenever one allows a rollout, another denies it"
        #expect(try Self.problems("\(hours), {kind: deny, schedule: \"0 8 * * *\", duration: 9h}") == [never])
        #expect(try Self.problems("\(hours), {kind: deny, schedule: \"0 8 * * *\", duration: 8h}") == [])
        #expect(try Self.problems("{kind: deny, schedule: \"0 0 1 * *\", duration: 744h}") == [never])
        #expect(
            try Self.problems("\(hours), {kind: deny, schedule: \"0 8 * * 1-4\", duration: 9h}") == [], "on Fridays")
    }

    @Test("An unknown time zone is named, where the machine knows any")
    func zone() throws {
        let window = "{kind: allow, schedule: \"0 9 * * *\", duration: 8h, timeZone: Europe/Berln}"
        #expect(try Self.problems(window) == [])
        let zones = TimeZones { name in
            name == "Europe/Berlin" ? TimeZoneFile(footer: "CET-1").bytes : nil
        }
        #expect(try Self.problems(window, zones) == ["error: there is no time zone \"Europe/Berln\""])
    }
}
