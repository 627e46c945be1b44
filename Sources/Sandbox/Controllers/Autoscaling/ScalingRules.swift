// SPDX-License-Identifier: Apache-2.0

import Manifests

/// How much, and how fast, an autoscaler may scale: bounds, stabilization, `spec.behavior` (kubernetes,
/// pkg/controller/podautoscaler/horizontal.go).
struct ScalingRules {
    struct Words {
        var reason: String
        var message: String
    }

    struct Decision {
        var replicas: Int
        var stabilization: Words
        var limit: Words
        var isLimited: Bool
    }

    private let bounds: ClosedRange<Int>
    private let current: Int
    private let now: Timestamp
    /// Nil where nothing is said: the rules of old hold.
    private let behavior: Object?

    init(_ autoscaler: Object, bounds: ClosedRange<Int>, current: Int, now: Timestamp) {
        self.bounds = bounds
        self.current = current
        self.now = now
        behavior = autoscaler.value(at: "spec", "behavior")?.object
    }

    private static let inRange = Words(
        reason: "DesiredWithinRange", message: "the desired count is within the acceptable range")
    private static let tooMany = Words(
        reason: "TooManyReplicas", message: "the desired replica count is more than the maximum replica count")
    private static let tooFew = Words(
        reason: "TooFewReplicas", message: "the desired replica count is less than the minimum replica count")
    private static let upLimit = Words(
        reason: "ScaleUpLimit",
        message: "the desired replica count is increasing faster than the maximum scale rate")
    private static let downLimit = Words(
        reason: "ScaleDownLimit",
        message: "the desired replica count is decreasing faster than the maximum scale rate")

    mutating func decide(_ wanted: Int, history: inout ScalingHistory) -> Decision {
        let stable = stabilized(wanted, history)
        history.recommend(wanted, now: now)
        var words = Words(reason: "ReadyForNewScale", message: "recommended size matches current size")
        if stable != wanted {
            let isUp = behavior != nil && wanted >= current
            words = Words(
                reason: isUp ? "ScaleUpStabilized" : "ScaleDownStabilized",
                message: isUp
                    ? "recent recommendations were lower than current one, applying the lowest recent recommendation"
                    : "recent recommendations were higher than current one, applying the highest recent recommendation"
            )
        }
        let (replicas, limit) = limited(stable, history)
        return Decision(replicas: replicas, stabilization: words, limit: limit, isLimited: replicas != stable)
    }

    /// Not below what was asked for in the last minutes, nor above, where a window says so.
    private func stabilized(_ wanted: Int, _ history: ScalingHistory) -> Int {
        func recent(_ seconds: Int) -> [Int] {
            history.recommendations.filter { $0.time > now + .seconds(-seconds) }.map(\.replicas)
        }
        let down = window("scaleDown", standard: 300)
        guard behavior != nil else { return max(wanted, recent(down).max() ?? wanted) }
        let highest = max(wanted, recent(down).max() ?? wanted)
        let lowest = min(wanted, recent(window("scaleUp", standard: 0)).min() ?? wanted)
        return min(max(current, lowest), highest)
    }

    private func window(_ direction: String, standard: Int) -> Int {
        behavior?.int(at: direction, "stabilizationWindowSeconds") ?? standard
    }

    private func limited(_ wanted: Int, _ history: ScalingHistory) -> (Int, Words) {
        guard behavior != nil else {
            // At most twice as many at once, and four at least.
            let most = max(2 * current, 4)
            if wanted < bounds.lowerBound { return (bounds.lowerBound, Self.tooFew) }
            if wanted > min(most, bounds.upperBound) {
                return bounds.upperBound > most ? (most, Self.upLimit) : (bounds.upperBound, Self.tooMany)
            }
            return (wanted, Self.inRange)
        }
        if wanted > current {
            let most = max(current, rate("scaleUp", history))
            if wanted > min(most, bounds.upperBound) {
                return bounds.upperBound > most ? (most, Self.upLimit) : (bounds.upperBound, Self.tooMany)
            }
        } else if wanted < current {
            let least = min(current, rate("scaleDown", history))
            if wanted < max(least, bounds.lowerBound) {
                return bounds.lowerBound < least ? (least, Self.downLimit) : (bounds.lowerBound, Self.tooFew)
            }
        }
        return (wanted, Self.inRange)
    }

    /// How far the policies of one direction let it go.
    private func rate(_ direction: String, _ history: ScalingHistory) -> Int {
        let rules = behavior?[direction]?.object ?? Object()
        let select = rules["selectPolicy"]?.string ?? "Max"
        guard select != "Disabled" else { return current }
        let isUp = direction == "scaleUp"
        var results: [Int] = []
        for policy in rules.list(at: "policies") {
            let since = now + .seconds(-(policy.int(at: "periodSeconds") ?? 0))
            func sum(_ entries: [ScalingHistory.Entry]) -> Int {
                entries.filter { $0.time > since }.reduce(0) { $0 + $1.replicas }
            }
            let start = current - sum(history.added) + sum(history.removed)
            let amount = policy.int(at: "value") ?? 0
            if policy["type"] == "Percent" {
                let share = Double(start) * (1 + (isUp ? 1 : -1) * Double(amount) / 100)
                results.append(Int(isUp ? share.rounded(.up) : share.rounded(.towardZero)))
            } else {
                results.append(isUp ? start + amount : start - amount)
            }
        }
        // The largest change is the highest number upwards, and the lowest downwards.
        let picked = isUp == (select == "Max") ? results.max() : results.min()
        return picked ?? current
    }
}
