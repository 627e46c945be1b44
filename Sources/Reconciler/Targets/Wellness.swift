// SPDX-License-Identifier: Apache-2.0

import Planning

/// Whether what runs is well. What mends within the grace (a pod that moves to another node) is no break.
struct Wellness {
    /// On a clock that nobody sets.
    private var progressingSince: Duration?

    /// Nil where what is seen says neither.
    mutating func isWell(_ health: HealthStatus, grace: Duration, now: Duration) -> Bool? {
        switch health {
        case .healthy:
            progressingSince = nil
            return true
        case .degraded, .missing: return false
        case .suspended, .unknown: return nil
        case .progressing:
            let since = progressingSince ?? now
            progressingSince = since
            return now - since >= grace ? false : nil
        }
    }
}
