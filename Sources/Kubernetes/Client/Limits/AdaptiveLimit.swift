// SPDX-License-Identifier: Apache-2.0

/// How many requests may be under way at once, learnt from how the server answers (additive increase, multiplicative
/// decrease; RFC 5681 has the same for packets). Pure: moments are given, as time since some beginning.
struct AdaptiveLimit: Sendable, Equatable {
    static let smallest = 2.0
    static let largest = 256.0
    private static let initial = 32.0

    private(set) var value = AdaptiveLimit.initial
    /// What an answer takes lately, and what it usually takes.
    private var recent: Double?
    private var usual: Double?
    /// Answers to what was asked before say nothing of the present limit.
    private var decreasedAt = Duration.zero

    var count: Int { Int(value) }

    /// - Parameters:
    ///   - latency: nil for what takes long by nature: lists, streams, logs.
    ///   - inFlight: at the moment of the answer, this one included. An unused limit does not grow.
    mutating func succeeded(begunAt: Duration, now: Duration, measuresLatency: Bool, inFlight: Int) {
        if measuresLatency, observe(latency: now - begunAt), begunAt >= decreasedAt {
            return decrease(to: 0.8, now: now)
        }
        if Double(inFlight) >= value / 2 { value = min(value + 1 / value, Self.largest) }
    }

    /// The server said that it is over its limits, or did not answer in time.
    mutating func overloaded(begunAt: Duration, now: Duration) {
        guard begunAt >= decreasedAt else { return }
        decrease(to: 0.5, now: now)
    }

    private mutating func decrease(to factor: Double, now: Duration) {
        value = max(value * factor, Self.smallest)
        decreasedAt = now
    }

    /// True where answers take four times as long as they usually do, and so long that it matters (the API's own aim
    /// is a second).
    private mutating func observe(latency: Duration) -> Bool {
        let seconds = latency / .seconds(1)
        let recent = (self.recent ?? seconds) * 0.8 + seconds * 0.2
        let usual = (self.usual ?? seconds) * 0.99 + seconds * 0.01
        (self.recent, self.usual) = (recent, usual)
        return recent > 4 * usual && recent > 0.5
    }
}
