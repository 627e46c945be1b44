// SPDX-License-Identifier: Apache-2.0

import Logging

extension Reconciler {
    /// Between two looks: a clock that is set and corrected in between harmed nothing.
    private static let clockPause = Duration.seconds(60)

    /// Recalls what earlier daemons noticed of the clock, looks once a minute, and records at once what any look found.
    func watchClock() async {
        let watch = context.clockWatch
        var backoff = Backoff(limit: Self.clockPause)
        while !Task.isCancelled {
            let mark = SignalMark(now: watch.changes)
            var pause = Self.clockPause
            do {
                try await watch.remember(in: context.store)
                backoff.reset()
            } catch {
                guard !Task.isCancelled else { return }
                logger.error("cannot read or record how the clock was set", metadata: ["error": "\(error)"])
                pause = backoff.next(random: context.surroundings.random())
            }
            await watch.changes.wait(after: mark.seen, atMost: pause, on: context.surroundings.clock)
        }
    }
}
