// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Whether an environment's windows let anything through at all.
package struct WindowReview {
    struct Problem {
        var severity: ReviewFinding.Severity
        /// Nil: all of them together.
        var window: Int?
        /// Of the window; empty for all of it.
        var field = ""
        var message: String
    }

    let windows: [Environment.Window]
    let timeZones: TimeZones

    /// A machine without the tz database knows none, and says nothing of any.
    package static func problem(withTimeZone name: String, _ timeZones: TimeZones) -> String? {
        guard timeZones.rules(named: "Europe/Berlin") != nil, timeZones.rules(named: name) == nil else { return nil }
        return "there is no time zone \"\(name)\""
    }

    var problems: [Problem] {
        var found: [Problem] = []
        for (number, window) in windows.enumerated() {
            if !window.schedule.hasDays {
                let what = window.kind == .allow ? "never opens" : "never begins"
                found.append(
                    Problem(
                        severity: window.kind == .allow ? .error : .warning, window: number, field: "schedule",
                        message: "\(what): the schedule \"\(window.schedule)\" names a day that no year has"))
            }
            if let message = Self.problem(withTimeZone: window.timeZone, timeZones) {
                found.append(Problem(severity: .error, window: number, field: "timeZone", message: message))
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

    /// Whether there is a moment at which a rollout may begin, as the gate will decide it.
    private var isEverOpen: Bool {
        let known = windows.map { window in
            // A zone that this machine cannot tell counts as UTC.
            var window = window
            if timeZones.rules(named: window.timeZone) == nil { window.timeZone = "UTC" }
            return window
        }
        return ChangeWindows(known, zones: timeZones).state(at: Self.anyMoment) != .closed(opens: nil)
    }

    /// So that a review says the same on every day.
    private static let anyMoment = Timestamp(secondsSinceEpoch: 1_830_000_000)
}
