// SPDX-License-Identifier: Apache-2.0

/// What autoscalers see of the load. Nothing in the box runs, so it is said.
package enum SandboxLoad: Sendable, Equatable {
    /// No metrics server: whatever measures something cannot be computed, as on a cluster that has none.
    case unmeasured
    /// Each metric is exactly what its target asks for: only the bounds scale.
    case onTarget
    /// Each running pod uses so many percent of what it requests. Metrics that are no resources are on target.
    case utilization(percent: Int)

    /// `none`, `target`, or a number of percent; nil for anything else.
    package init?(_ text: String) {
        switch text {
        case "none": self = .unmeasured
        case "target": self = .onTarget
        default:
            guard let percent = Int(text), (0...100_000).contains(percent) else { return nil }
            self = .utilization(percent: percent)
        }
    }
}
