// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// That somebody set the clock forward.
package struct ClockJump: Sendable, Hashable {
    /// When it was noticed, by the clock as it was set.
    package var at: Timestamp
    package var by: Duration

    package init(at: Timestamp, by: Duration) {
        self.at = at
        self.by = by
    }
}
