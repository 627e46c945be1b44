// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@testable import Sandbox

@Suite("Schedules")
struct CronScheduleTests {
    @Test(
        "the next time of a schedule",
        arguments: [
            ("0 2 * * *", "2026-11-21T10:00:00Z", "2026-11-22T02:00:00Z"),
            ("*/15 * * * *", "2026-11-21T10:00:00Z", "2026-11-21T10:15:00Z"),
            ("*/15 * * * *", "2026-11-21T10:14:59Z", "2026-11-21T10:15:00Z"),
            ("30 9-17/4 * * mon-fri", "2026-11-21T10:00:00Z", "2026-11-23T09:30:00Z"),
            ("0 0 29 2 *", "2026-11-21T10:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 13 * 5", "2026-11-21T10:00:00Z", "2026-11-27T00:00:00Z"),
            // A step restricts the day as well; a plain star, or a question mark, does not.
            ("0 0 */20 * 5", "2026-11-21T10:00:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 ? * 5", "2026-11-21T10:00:00Z", "2026-11-27T00:00:00Z"),
            ("@monthly", "2026-11-21T10:00:00Z", "2026-12-01T00:00:00Z"),
            ("@every 1h30m", "2026-11-21T10:00:07.500Z", "2026-11-21T11:30:07Z"),
        ])
    func next(text: String, after: String, expected: String) throws {
        let time = try #require(Timestamp(after))
        #expect(CronSchedule(text)?.next(after: time)?.secondsDescription == expected)
    }

    /// From robfig/cron's own examples: New York changes its clocks on 11 March and 4 November 2012.
    @Test(
        "where clocks are changed, a schedule skips and repeats as robfig/cron does",
        arguments: [
            ("0 * * * *", "2012-03-11T01:00:00-05:00", "2012-03-11T03:00:00-04:00"),
            ("30 2 11 3 *", "2012-03-11T00:00:00-05:00", "2013-03-11T02:30:00-04:00"),
            ("0 1 * * *", "2012-03-11T01:00:00-05:00", "2012-03-12T01:00:00-04:00"),
            ("0 2 * * *", "2012-03-11T00:00:00-05:00", "2012-03-12T02:00:00-04:00"),
            ("30 2 4 11 *", "2012-11-04T00:00:00-04:00", "2012-11-04T02:30:00-05:00"),
            ("30 1 4 11 *", "2012-11-04T01:45:00-04:00", "2012-11-04T01:30:00-05:00"),
            ("0 * * * *", "2012-11-04T01:00:00-04:00", "2012-11-04T01:00:00-05:00"),
            ("0 * * * *", "2012-11-04T01:00:00-05:00", "2012-11-04T02:00:00-05:00"),
            ("0 1 * * *", "2012-11-04T00:00:00-04:00", "2012-11-04T01:00:00-04:00"),
            ("0 1 * * *", "2012-11-04T01:00:00-04:00", "2012-11-04T01:00:00-05:00"),
            ("0 1 * * *", "2012-11-04T01:00:00-05:00", "2012-11-05T01:00:00-05:00"),
            ("0 2 * * *", "2012-11-04T00:00:00-04:00", "2012-11-04T02:00:00-05:00"),
            ("0 0 * * *", "2012-11-04T00:00:00-04:00", "2012-11-05T00:00:00-05:00"),
        ])
    func summerTime(text: String, after: String, expected: String) throws {
        let zone = try #require(TimeZoneRules(parsing: TimeZoneFile(footer: "EST5EDT,M3.2.0,M11.1.0").bytes))
        let time = try #require(Timestamp(after))
        let next = try #require(CronSchedule(text)?.next(after: time, in: zone))
        #expect(zone.text(of: next) == expected)
    }

    @Test("a midnight that is skipped does not lose the day")
    func skippedMidnight() throws {
        let zone = try #require(TimeZoneRules(parsing: TimeZoneFile(footer: "<-03>3<-02>,M11.1.0/0,M2.3.0/0").bytes))
        let time = try #require(Timestamp("2018-10-17T05:00:00-03:00"))
        let next = try #require(CronSchedule("0 9 10 * *")?.next(after: time, in: zone))
        #expect(zone.text(of: next) == "2018-11-10T09:00:00-02:00")
    }

    @Test(
        "what is no schedule is refused",
        arguments: [
            "", "* * * *", "60 * * * *", "*/0 * * * *", "5-1 * * * *", "x", "0 0 * * 7", "1/2/3 * * * *", "@every 1d",
        ])
    func noSchedule(text: String) { #expect(CronSchedule(text) == nil) }

    @Test("a day that never comes ends the search")
    func never() throws {
        let time = try #require(Timestamp("2026-11-21T10:00:00Z"))
        #expect(CronSchedule("0 0 30 2 *")?.next(after: time) == nil)
    }
}
