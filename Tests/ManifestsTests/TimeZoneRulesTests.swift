// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@Suite("Time zones")
struct TimeZoneRulesTests {
    private static let berlin = "CET-1CEST,M3.5.0,M10.5.0/3"

    private func rules(_ footer: String) throws -> TimeZoneRules {
        try #require(TimeZoneRules(parsing: TimeZoneFile(footer: footer).bytes))
    }

    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test(
        "what the clocks show follows the rule of the year",
        arguments: [
            (berlin, "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00"),
            (berlin, "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"),
            (berlin, "2026-10-25T00:59:59Z", "2026-10-25T02:59:59+02:00"),
            (berlin, "2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00"),
            ("EST5EDT,M3.2.0,M11.1.0", "2026-07-01T12:00:00Z", "2026-07-01T08:00:00-04:00"),
            ("EST5EDT", "2026-12-01T12:00:00Z", "2026-12-01T07:00:00-05:00"),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z", "2026-01-01T11:00:00+11:00"),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-07-01T00:00:00Z", "2026-07-01T10:30:00+10:30"),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", "2026-03-28T22:59:59-02:00"),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", "2026-03-29T00:00:00-01:00"),
            ("AAA0BBB,J60/0,J300/0", "2024-03-01T00:00:00Z", "2024-03-01T01:00:00+01:00"),
            ("AAA0BBB,59/0,300/0", "2024-02-29T00:00:00Z", "2024-02-29T01:00:00+01:00"),
            ("UTC0", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ])
    func clocks(footer: String, moment text: String, shown: String) throws {
        #expect(try rules(footer).text(of: moment(text)) == shown)
    }

    @Test(
        "a reading that the clocks skip or show twice means what Go says",
        arguments: [
            (berlin, 7, 1, 12, "2026-07-01T10:30:00Z"),
            // Skipped: an hour on.
            (berlin, 3, 29, 2, "2026-03-29T01:30:00Z"),
            // Twice: the second in the east, the first in the west.
            (berlin, 10, 25, 2, "2026-10-25T01:30:00Z"),
            ("EST5EDT,M3.2.0,M11.1.0", 3, 8, 2, "2026-03-08T06:30:00Z"),
            ("EST5EDT,M3.2.0,M11.1.0", 11, 1, 1, "2026-11-01T05:30:00Z"),
        ])
    func readings(footer: String, month: Int, day: Int, hour: Int, expected: String) throws {
        let time = CivilTime(year: 2026, month: month, day: day, hour: hour, minute: 30)
        #expect(try rules(footer).moment(of: time).secondsDescription == expected)
    }

    @Test("every moment that is no repeated one comes back from what the clocks show")
    func roundTrip() throws {
        let rules = try rules(Self.berlin)
        let start = try moment("2026-01-01T00:00:00Z")
        for hour in 0..<(366 * 24) {
            let moment = start + .seconds(hour * 3600)
            let back = rules.moment(of: rules.civilTime(at: moment))
            #expect(back == moment || moment.secondsDescription == "2026-10-25T00:00:00Z", "\(moment)")
        }
    }

    @Test("listed changes hold before the rule does")
    func listed() throws {
        let file = TimeZoneFile(
            offsets: [3600, 7200], transitions: [(at: 0, type: 1), (at: 1_000_000, type: 0)], footer: Self.berlin)
        let rules = try #require(TimeZoneRules(parsing: file.bytes))
        #expect(rules.offset(at: Timestamp(secondsSinceEpoch: -1)) == 3600)
        #expect(rules.offset(at: Timestamp(secondsSinceEpoch: 0)) == 7200)
        #expect(rules.offset(at: Timestamp(secondsSinceEpoch: 999_999)) == 7200)
        #expect(rules.offset(at: Timestamp(secondsSinceEpoch: 1_000_000)) == 3600)
        #expect(rules.offset(at: try moment("2026-07-01T00:00:00Z")) == 7200)
    }

    @Test("a file that is cut off, or is none, is refused and harms nobody")
    func broken() {
        let file = TimeZoneFile(
            offsets: [3600, 7200], transitions: [(at: 0, type: 1), (at: 1_000_000, type: 0)], footer: Self.berlin)
        for count in file.bytes.indices {
            #expect(TimeZoneRules(parsing: Array(file.bytes[..<count])) == nil, "\(count) bytes")
        }
        for index in file.bytes.indices {
            var bytes = file.bytes
            bytes[index] ^= 0xFF
            _ = TimeZoneRules(parsing: bytes)
        }
        for footer in ["CET", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x", "1"] {
            #expect(TimeZoneRules(parsing: TimeZoneFile(footer: footer).bytes) == nil, "\(footer)")
        }
    }

    @Test("names that lead out of the database are not asked for")
    func names() {
        let zones = TimeZones { name in
            #expect(["Europe/Berlin", "Mars"].contains(name))
            return name == "Mars" ? nil : TimeZoneFile(footer: "CET-1CEST,M3.5.0,M10.5.0/3").bytes
        }
        #expect(zones.rules(named: "Europe/Berlin") != nil)
        #expect(zones.rules(named: "UTC") == .utc && zones.rules(named: "") == .utc)
        for name in ["Mars", "../etc/passwd", "/etc/passwd", "Europe/../x", "Europe//Berlin", "a\\b", ".x"] {
            #expect(zones.rules(named: name) == nil, "\(name)")
        }
    }
}
