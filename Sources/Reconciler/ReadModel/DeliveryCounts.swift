// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// How fast was delivered and mended since the daemon started, for metrics. Over a longer time the ledger tells
/// (`DeliveryReport`).
package struct DeliveryCounts: Sendable, Hashable {
    package struct Sum: Sendable, Hashable {
        package private(set) var count = 0
        package private(set) var total = Duration.zero

        /// What a clock that was set back makes of a duration is left out.
        mutating func add(_ duration: Duration) {
            guard duration >= .zero else { return }
            count += 1
            total += duration
        }
    }

    /// From the commit to the verdict that it is healthy.
    package private(set) var leadTimes = Sum()
    /// From the begin of applying to the same.
    package private(set) var durations = Sum()
    /// From the first sign that it is not well to the next that it is.
    package private(set) var restoreTimes = Sum()
    private var watch = IncidentWatch()

    package init() {}

    mutating func deployed(after leadTime: Duration) { leadTimes.add(leadTime) }

    mutating func deployed(in duration: Duration) { durations.add(duration) }

    mutating func hear(_ kind: DeliverySign.Kind, at: Timestamp) {
        guard let incident = watch.hear(kind, at: at), case .restored(let end) = incident.end else { return }
        restoreTimes.add(end - incident.began)
    }
}
