// SPDX-License-Identifier: Apache-2.0

/// How long a request has been without a byte in either direction. Pure: moments are given.
struct SilenceWatch: Sendable {
    private let deadlines: HTTPDeadlines
    private let started: ContinuousClock.Instant
    private var lastByte: ContinuousClock.Instant?
    private var sentBytes: Int64 = 0
    /// Our reader is behind: that the peer says nothing is our doing.
    var isPaused = false

    init(deadlines: HTTPDeadlines, started: ContinuousClock.Instant) {
        self.deadlines = deadlines
        self.started = started
    }

    /// How long nothing came for it.
    func waited(at now: ContinuousClock.Instant) -> Duration { (lastByte ?? started).duration(to: now) }

    mutating func received(at now: ContinuousClock.Instant) { lastByte = now }

    /// When it will have been silent for too long, as far as can be said now. Until the connection is there, which is
    /// `connectedAfter` the start, its own deadline holds.
    mutating func deadline(
        at now: ContinuousClock.Instant, sentBytes: Int64, connectedAfter: Duration?
    ) -> ContinuousClock.Instant {
        if isPaused { return now + deadlines.silence }
        if sentBytes != self.sentBytes {
            self.sentBytes = sentBytes
            lastByte = now
        }
        if let lastByte { return lastByte + deadlines.silence }
        if let connectedAfter { return started + connectedAfter + deadlines.silence }
        return min(started + deadlines.connect, now) + deadlines.silence
    }
}
