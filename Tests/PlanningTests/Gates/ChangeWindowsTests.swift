// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifests
import Planning
import Testing

@Suite("Change windows")
struct ChangeWindowsTests {
    private static let zones = TimeZones { name in
        FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(name)").map { Array($0) }
    }

    private func window(
        _ kind: Environment.Window.Kind, _ schedule: String, _ duration: Duration, _ zone: String = "UTC"
    ) throws -> Environment.Window {
        Environment.Window(
            kind: kind, schedule: try #require(CronSchedule(schedule)), duration: duration, timeZone: zone)
    }

    private func state(_ windows: [Environment.Window], _ moment: String) throws -> ChangeWindows.State {
        ChangeWindows(windows, zones: Self.zones).state(at: try #require(Timestamp(moment)))
    }

    private func closed(until moment: String) throws -> ChangeWindows.State {
        let opens = try #require(Timestamp(moment))
        return .closed(opens: opens)
    }

    @Test("Without windows it is always the time")
    func none() throws {
        #expect(try state([], "2026-11-28T12:00:00Z") == .open)
    }

    @Test("A window is open from its first moment to before its last, in its own time zone")
    func edges() throws {
        let office = try [window(.allow, "0 9 * * 1-5", .seconds(8 * 3600), "Europe/Berlin")]
        // Berlin is an hour ahead of UTC in November; the 27th is a Friday.
        #expect(try state(office, "2026-11-27T07:59:59Z") == closed(until: "2026-11-27T08:00:00Z"))
        #expect(try state(office, "2026-11-27T08:00:00Z") == .open)
        #expect(try state(office, "2026-11-27T15:59:59Z") == .open)
        #expect(try state(office, "2026-11-27T16:00:00Z") == closed(until: "2026-11-30T08:00:00Z"))
        // Two in summer.
        #expect(try state(office, "2026-07-01T07:00:00Z") == .open)
    }

    @Test("A window goes over midnight, the end of a month, and a change of the clocks")
    func overMidnight() throws {
        let night = try [window(.allow, "0 22 * * *", .seconds(4 * 3600), "Europe/Berlin")]
        #expect(try state(night, "2026-11-30T23:30:00Z") == .open)
        // From 22:00 on the 24th, four hours by the clock that runs: at 01:00 in UTC it is 02:00 again in Berlin.
        #expect(try state(night, "2026-10-24T23:59:00Z") == .open)
        #expect(try state(night, "2026-10-25T00:00:00Z") == closed(until: "2026-10-25T21:00:00Z"))
    }

    @Test("What denies wins over what allows, and what follows is found through both")
    func denyWins() throws {
        let windows = try [
            window(.allow, "0 9 * * 1-5", .seconds(8 * 3600)),
            window(.deny, "0 12 * * *", .seconds(3600)), window(.deny, "30 12 27 11 *", .seconds(7200)),
        ]
        #expect(try state(windows, "2026-11-27T11:59:00Z") == .open)
        #expect(try state(windows, "2026-11-27T12:15:00Z") == closed(until: "2026-11-27T14:30:00Z"))
        #expect(try state(windows, "2026-11-27T17:00:00Z") == closed(until: "2026-11-30T09:00:00Z"))
    }

    @Test("With nothing but denials, all else is open")
    func denialsOnly() throws {
        let friday = try [window(.deny, "0 12 * * 5", .seconds(12 * 3600))]
        #expect(try state(friday, "2026-11-27T13:00:00Z") == closed(until: "2026-11-28T00:00:00Z"))
        #expect(try state(friday, "2026-11-28T00:00:00Z") == .open)
    }

    @Test("A window that no moment meets, or that a denial always covers, never opens")
    func never() throws {
        #expect(
            try state([window(.allow, "0 9 31 2 *", .seconds(3600))], "2026-11-27T13:00:00Z") == .closed(opens: nil))
        let covered = try [
            window(.allow, "0 9 * * *", .seconds(3600)), window(.deny, "0 0 * * *", .seconds(86_400)),
        ]
        #expect(try state(covered, "2026-11-27T13:00:00Z") == .closed(opens: nil))
        // The 29th of February comes.
        #expect(
            try state([window(.allow, "0 9 29 2 *", .seconds(3600))], "2026-11-27T13:00:00Z")
                == closed(until: "2028-02-29T09:00:00Z"))
    }

    @Test("In a time zone that nobody knows, nobody knows whether it is the time")
    func unknownZone() throws {
        #expect(
            try state([window(.deny, "0 9 * * *", .seconds(3600), "Mars/Olympus")], "2026-11-27T13:00:00Z")
                == .unknownTimeZone("Mars/Olympus"))
    }

    @Test("A moment is open exactly when some allowing start lies behind it by less than the duration")
    func property() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let hour = Int.random(in: 0...23, using: &random)
            let minute = Int.random(in: 0...59, using: &random)
            let length = Int.random(in: 1...2880, using: &random)
            let windows = try [window(.allow, "\(minute) \(hour) * * *", .seconds(length * 60))]
            let offset = Int.random(in: 0..<1440, using: &random)
            let moment = Timestamp(secondsSinceEpoch: 1_800_000_000 / 86_400 * 86_400 + Int64(offset) * 60)
            let behind = (offset - hour * 60 - minute + 1440) % 1440
            let isOpen = ChangeWindows(windows, zones: .utcOnly).state(at: moment) == .open
            #expect(isOpen == (behind < length), "\(hour):\(minute) for \(length)m at minute \(offset)")
        }
    }
}
