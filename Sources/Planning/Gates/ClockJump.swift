// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// That somebody set the clock forward, or took that back.
package struct ClockJump: Sendable, Hashable {
    /// When it was noticed, by the clock as it was set.
    package var at: Timestamp
    /// Less than zero where it was set back.
    package var by: Duration

    package init(at: Timestamp, by: Duration) {
        self.at = at
        self.by = by
    }
}

extension Timestamp {
    /// Clocks are slewed, and looks at them take a moment.
    package static var unheededStep: Duration { .seconds(60) }

    /// Whether it was written by a clock that was set back since.
    package func isAhead(of now: Timestamp) -> Bool { self - now > Self.unheededStep }
}

extension [ClockJump] {
    /// Takes in one that was noticed after these. By a clock that is set back, what lies ahead of it was never skipped, but
    /// for what it was set back too little by.
    package mutating func take(_ jump: ClockJump) {
        guard jump.by < .zero else { return append(jump) }
        let left = filter { $0.at > jump.at }.map(\.by).reduce(jump.by, +)
        removeAll { $0.at > jump.at }
        if left > .zero { append(ClockJump(at: jump.at, by: left)) }
    }
}
