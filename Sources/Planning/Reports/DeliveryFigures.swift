// SPDX-License-Identifier: Apache-2.0

/// How often, how fast and how well an application was delivered in a time. docs/delivery.md, "Reports", has the
/// definitions.
package struct DeliveryFigures: Sendable, Hashable {
    /// Rollouts of a revision that were judged healthy or failed.
    package var changes = 0
    /// Those whose last verdict is healthy.
    package var deployments = 0
    /// Those that failed, relapsed, or were taken back by a person.
    package var failures = 0
    /// Begun, whatever came of them.
    package var rollbacks = 0
    package var rollbacksByPeople = 0
    /// From the commit to the first healthy verdict, of what was deployed.
    package var leadTimes = DurationSample()
    /// From the begin of applying to the same, so without what was waited for before.
    package var durations = DurationSample()
    package var incidents = 0
    package var restored = 0
    /// Those that go on.
    package var openIncidents = 0
    package var restoreTimes = DurationSample()

    package init() {}

    package var isEmpty: Bool { changes + rollbacks + incidents == 0 }
}

/// Durations, and what can be said of few of them.
package struct DurationSample: Sendable, Hashable {
    /// Sorted.
    private var durations: [Duration] = []
    /// How many are not in it: one end is not known, or the clock was set back in between.
    package private(set) var leftOut = 0

    package init() {}

    package var count: Int { durations.count }

    package mutating func add(_ duration: Duration?) {
        guard let duration, duration >= .zero else { return leftOut += 1 }
        let place = durations.partitioningIndex { $0 > duration }
        durations.insert(duration, at: place)
    }

    package var median: Duration? { percentile(50) }
    package var p90: Duration? { percentile(90) }

    /// By the nearest rank: the smallest of the durations that so many of a hundred do not exceed. None in between is made
    /// up.
    package func percentile(_ percent: Int) -> Duration? {
        guard !durations.isEmpty else { return nil }
        let rank = (durations.count * percent + 99) / 100
        return durations[max(0, rank - 1)]
    }
}

extension Array {
    /// The first place whose element is past a border; the array is parted by it.
    fileprivate func partitioningIndex(where isPast: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isPast(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
