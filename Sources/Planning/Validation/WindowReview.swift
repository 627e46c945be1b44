// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Whether an environment's windows let anything through at all.
struct WindowReview {
    struct Problem {
        var severity: ReviewFinding.Severity
        /// Nil: all of them together.
        var window: Int?
        var message: String
    }

    let windows: [Environment.Window]
    let timeZones: TimeZones

    var problems: [Problem] {
        var found: [Problem] = []
        for (number, window) in windows.enumerated() {
            if !window.schedule.hasDays {
                let what = window.kind == .allow ? "never opens" : "never begins"
                found.append(
                    Problem(
                        severity: window.kind == .allow ? .error : .warning, window: number,
                        message: "\(what): the schedule \"\(window.schedule)\" names a day that no year has"))
            }
            // A machine without the tz database knows none, and says nothing of any.
            if timeZones.rules(named: "Europe/Berlin") != nil, timeZones.rules(named: window.timeZone) == nil {
                found.append(
                    Problem(
                        severity: .error, window: number, message: "there is no time zone \"\(window.timeZone)\""))
            }
        }
        if found.isEmpty, !windows.isEmpty, !isEverOpen {
            found.append(
                Problem(
                    severity: .error, window: nil,
                    message: "are never open: whenever one allows a rollout, another denies it"))
        }
        return found
    }

    /// Whether there is a minute in a year at which a rollout may begin.
    private var isEverOpen: Bool {
        guard windows.contains(where: { $0.kind == .deny }) else { return true }
        let minutes = Self.days * Self.minutesADay
        var open = Array(repeating: !windows.contains { $0.kind == .allow }, count: minutes)
        for window in windows where window.kind == .allow { mark(window, true, in: &open) }
        for window in windows where window.kind == .deny { mark(window, false, in: &open) }
        // What begins before the first day may reach into it.
        return open[(7 * Self.minutesADay)...].contains(true)
    }

    /// A week, and a leap year.
    private static let days = 373
    private static let minutesADay = 1440

    private func mark(_ window: Environment.Window, _ isOpen: Bool, in open: inout [Bool]) {
        let rules = timeZones.rules(named: window.timeZone) ?? .utc
        let length = max(1, Int(min(window.duration.milliseconds / 60_000, Int64(open.count))))
        let start = rules.moment(of: Self.firstDay(0)).millisecondsSinceEpoch
        var marked = 0
        for number in 0..<Self.days {
            let day = Self.firstDay(number)
            guard window.schedule.hasDay(day.day, month: day.month, weekday: day.weekday) else { continue }
            for minute in 0..<Self.minutesADay
            where window.schedule.matches(
                minute: minute % 60, hour: minute / 60, day: day.day, month: day.month, weekday: day.weekday)
            {
                let local = CivilTime(year: day.year, month: day.month, day: day.day, minute: minute)
                let first = Int((rules.moment(of: local).millisecondsSinceEpoch - start) / 60_000)
                let end = min(first + length, open.count)
                // What the opening before has marked already is not gone over again.
                let begin = max(first, marked)
                guard begin < end else { continue }
                for index in begin..<end { open[index] = isOpen }
                marked = end
            }
        }
    }

    /// The days before a leap year, and that year's.
    private static func firstDay(_ number: Int) -> CivilTime { CivilTime(year: 2027, month: 12, day: 25 + number) }
}
