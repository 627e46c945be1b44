// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// Real time, ten times as fast: daemon and cluster live on it together, so that a grace of a minute is over in six
/// seconds while every order of events is still the machine's own.
struct HurriedClock: Clock {
    typealias Instant = ContinuousClock.Instant

    private static let speed = 10
    /// 2026-11-21T10:00:00Z.
    private static let startedAt = Timestamp(secondsSinceEpoch: 1_795_255_200)

    private let base = ContinuousClock()
    private let origin: Instant

    init() { origin = base.now }

    var now: Instant { origin.advanced(by: (base.now - origin) * Self.speed) }
    var minimumResolution: Duration { base.minimumResolution * Self.speed }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let moment = origin.advanced(by: (deadline - origin) / Self.speed)
        try await base.sleep(until: moment, tolerance: tolerance.map { $0 / Self.speed })
    }

    var time: @Sendable () -> Timestamp {
        { [self] in Self.startedAt + (now - origin) }
    }
}
