// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Whether rollouts may begin at a moment, by an environment's windows: inside of one that allows, where there are
/// such, and outside of every one that denies.
package struct ChangeWindows: Sendable {
    package enum State: Sendable, Hashable {
        case open
        /// - Parameter opens: nil where no moment of the next four years is open.
        case closed(opens: Timestamp?)
        /// A time zone that this system does not have.
        case unknownTimeZone(String)
    }

    fileprivate struct Window {
        var window: Environment.Window
        var rules: TimeZoneRules
    }

    /// The 29th of February comes every four years, but for 2100.
    private static let horizon = Duration.seconds(1462 * 86_400)
    /// Of moments at which something opens or closes: hours that overlap for years are a mistake.
    private static let steps = 2000

    private var allows: [Window] = []
    private var denies: [Window] = []
    private var unknown: String?

    package init(_ windows: [Environment.Window], zones: TimeZones) {
        for window in windows {
            guard let rules = zones.rules(named: window.timeZone) else {
                unknown = unknown ?? window.timeZone
                continue
            }
            switch window.kind {
            case .allow: allows.append(Window(window: window, rules: rules))
            case .deny: denies.append(Window(window: window, rules: rules))
            }
        }
    }

    package func state(at moment: Timestamp) -> State {
        // Not knowing when a window is open, none is.
        if let unknown { return .unknownTimeZone(unknown) }
        return isOpen(at: moment) ? .open : .closed(opens: nextOpening(after: moment))
    }

    private func isOpen(at moment: Timestamp) -> Bool {
        (allows.isEmpty || allows.contains { $0.end(covering: moment) != nil })
            && !denies.contains { $0.end(covering: moment) != nil }
    }

    private func nextOpening(after moment: Timestamp) -> Timestamp? {
        let limit = moment + Self.horizon
        var moment = moment
        for _ in 0..<Self.steps {
            // What denies now ends first; where nothing does, something has to allow.
            if let end = denies.compactMap({ $0.end(covering: moment) }).max() {
                moment = end
            } else if !allows.isEmpty, !allows.contains(where: { $0.end(covering: moment) != nil }) {
                guard let start = allows.compactMap({ $0.start(after: moment, atMost: limit) }).min() else {
                    return nil
                }
                moment = start
            } else {
                return moment
            }
            guard moment <= limit else { return nil }
        }
        return nil
    }
}

extension ChangeWindows.Window {
    /// When the window that covers the moment ends, the latest where several do.
    fileprivate func end(covering moment: Timestamp) -> Timestamp? {
        let earliest = moment + (.zero - window.duration)
        var day = rules.civilTime(at: earliest).startOfDay
        let last = rules.civilTime(at: moment).startOfDay
        var end: Timestamp?
        while day <= last {
            for start in window.schedule.starts(on: day, rules) where start <= moment && start > earliest {
                end = start + window.duration
            }
            day = day.nextDay
        }
        return end
    }

    fileprivate func start(after moment: Timestamp, atMost limit: Timestamp) -> Timestamp? {
        var day = rules.civilTime(at: moment).startOfDay
        let last = rules.civilTime(at: limit).startOfDay
        while day <= last {
            if let start = window.schedule.starts(on: day, rules).first(where: { $0 > moment }) { return start }
            day = day.nextDay
        }
        return nil
    }
}

extension CivilTime {
    fileprivate var startOfDay: CivilTime { CivilTime(year: year, month: month, day: day) }
    fileprivate var nextDay: CivilTime { CivilTime(year: year, month: month, day: day + 1) }
}
