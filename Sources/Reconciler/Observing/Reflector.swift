// SPDX-License-Identifier: Apache-2.0

/// What is done next to keep a scope current: read all of it, or watch from where reading ended. Pure: it is told what
/// came of each step, and answers how long to wait before the next.
///
/// The rules are those of client-go's reflector: all there is comes by a watch where the server can (KEP-3157), else by
/// a list; a broken watch goes on where it ended; what is too old is read anew, not older than what was seen, and where
/// that is refused, the newest; delays double from 800 ms to 30 s, with as much again at random, and begin anew after
/// two healthy minutes.
///
/// One rule is our own: what was read more than an hour or two ago is read anew as its watch comes to its end, in place of
/// watching on. It costs no request more, and what a server or a proxy lost on the way, which nothing in a watch shows, is
/// not missing for ever.
package struct Reflector: Sendable {
    package enum Step: Sendable, Hashable {
        /// A watch that begins with all there is. Versions may be empty: the newest.
        case stream(notOlderThan: String)
        case list(notOlderThan: String)
        case watch(after: String)
    }

    package private(set) var step: Step
    /// The server told all there is in the present step.
    private var isComplete = false
    private var streams: Bool
    /// Streams in a row that ended without a word before all there is was told.
    private var unfinishedStreams = 0
    private var version = ""
    /// How long watches have gone on since all there is was read.
    private var watched = Duration.zero
    private var backoff = Backoff(jitter: .full)

    private static let healthy = Duration.seconds(120)
    /// At most twice that, at random, so that not all scopes are read together.
    private static let trust = Duration.seconds(3600)
    /// A watch that ends sooner is no news of the server's, and is not begun again at once.
    private static let short = Duration.seconds(10)

    package init(streams: Bool = true) {
        self.streams = streams
        step = streams ? .stream(notOlderThan: "") : .list(notOlderThan: "")
    }

    /// False once a server has refused to begin a watch with all there is.
    package var usesStreams: Bool { streams }

    /// All there is was told, as of a version. False where that is older than what was seen (another server, behind the
    /// others): it is not believed, and the newest is asked for. Where even that is older the server's history began
    /// anew, as after a restore, and it is believed.
    package mutating func read(at version: String) -> Bool {
        unfinishedStreams = 0
        if isOlder(version, than: self.version), !asksForNewest {
            relist(notOlderThan: "")
            return false
        }
        self.version = version
        watched = .zero
        if case .list = step { step = .watch(after: version) }
        isComplete = true
        return true
    }

    /// What was read is too old: how long to wait before asking again.
    package mutating func stale(random: Double) -> Duration { backoff.next(random: random) }

    /// An event or a bookmark of this version came.
    package mutating func moved(to version: String) {
        if !isOlder(version, than: self.version) { self.version = version }
    }

    /// An event came that cannot be true: all there is is read anew.
    package mutating func doubted(random: Double) -> Duration {
        relist(notOlderThan: version)
        return backoff.next(random: random)
    }

    /// The step ended in good order after some time. A list that was read is followed by its watch at once.
    package mutating func ended(after time: Duration, random: Double) -> Duration {
        note(time)
        switch step {
        case .list: return backoff.next(random: random)
        case .stream where !isComplete:
            // An old server takes the watch for an ordinary one, and never says that this was all.
            unfinishedStreams += 1
            if unfinishedStreams > 1 { streams = false }
            relist(notOlderThan: version)
            return backoff.next(random: random)
        case .stream, .watch:
            watched += time
            if watched >= Self.trust * (1 + random) {
                relist(notOlderThan: version)
            } else {
                step = .watch(after: version)
            }
            return time < Self.short ? backoff.next(random: random) : .zero
        }
    }

    /// The step failed after some time.
    package mutating func failed(_ failure: ClusterFailure, after time: Duration, random: Double) -> Duration {
        note(time)
        switch (failure.code, step) {
        case (.invalid, .stream) where !isComplete:
            streams = false
            relist(notOlderThan: version)
            return .zero
        case (.expired, .watch): relist(notOlderThan: version)
        // A stream that fails is read by a list, this time: it comes in short pages, where a connection that never lasts
        // lets no stream through, and needs less of the server's storage.
        case (.expired, .stream) where !isComplete: step = .list(notOlderThan: "")
        case (.unavailable, .stream(let oldest)) where !isComplete,
            (.serverError, .stream(let oldest)) where !isComplete:
            step = .list(notOlderThan: oldest)
        // What is refused as too old, or not yet known, is not asked for again.
        case (.expired, .list), (.expired, .stream): relist(notOlderThan: isComplete ? version : "")
        case (.unavailable, _), (.serverError, _), (.unauthorized, _), (.forbidden, _), (.cancelled, _):
            if isComplete || isWatching { step = .watch(after: version) }
        default: relist(notOlderThan: version)
        }
        return backoff.next(random: random, atLeast: failure.retryAfter)
    }

    private var isWatching: Bool { if case .watch = step { true } else { false } }

    private var asksForNewest: Bool { step == .list(notOlderThan: "") || step == .stream(notOlderThan: "") }

    private mutating func relist(notOlderThan version: String) {
        step = streams ? .stream(notOlderThan: version) : .list(notOlderThan: version)
        isComplete = false
    }

    private mutating func note(_ time: Duration) {
        if time >= Self.healthy { backoff.reset() }
    }

    /// Versions of built-in and custom kinds are numbers (KEP-5504); of others nothing is known.
    private func isOlder(_ version: String, than other: String) -> Bool {
        guard let version = UInt64(version), let other = UInt64(other) else { return false }
        return version < other
    }
}
