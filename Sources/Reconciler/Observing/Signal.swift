// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Tells any number of waiting tasks that something changed. Level-triggered: a waiter names the version it has
/// seen, so that nothing between two waits is missed.
package final class Signal: Sendable {
    private struct State {
        var version = 0
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        /// Cancelled before their continuation was stored.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    package init() {}

    package var version: Int { state.withLock(\.version) }

    package func notify() {
        let waiting = state.withLock { state in
            state.version += 1
            let waiting = state.waiters.sorted { $0.key < $1.key }.map(\.value)
            state.waiters = [:]
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when the version is another than `seen`, or the task is cancelled.
    package func wait(after seen: Int) async {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesAtOnce = state.withLock { state in
                    if state.version != seen || state.cancelled.remove(waiter) != nil { return true }
                    state.waiters[waiter] = continuation
                    return false
                }
                if resumesAtOnce { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                let continuation = state.waiters.removeValue(forKey: waiter)
                if continuation == nil { state.cancelled.insert(waiter) }
                return continuation
            }
            continuation?.resume()
        }
        state.withLock { _ = $0.cancelled.remove(waiter) }
    }

    /// As `wait(after:)`, but no longer than `limit`.
    package func wait(after seen: Int, atMost limit: Duration, on clock: any Clock<Duration>) async {
        await Self.wait(forAny: [SignalMark(signal: self, seen: seen)], atMost: limit, on: clock)
    }

    /// Returns when any of the signals has moved on from its mark, after `limit`, or when the task is cancelled.
    package static func wait(forAny marks: [SignalMark], atMost limit: Duration, on clock: any Clock<Duration>) async {
        await withTaskGroup(of: Void.self) { group in
            for mark in marks { group.addTask { await mark.wait() } }
            group.addTask { try? await clock.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// A signal and the version of it that somebody has acted upon.
package struct SignalMark: Sendable {
    package var signal: Signal
    package var seen: Int

    package init(signal: Signal, seen: Int) {
        self.signal = signal
        self.seen = seen
    }

    package init(now signal: Signal) { self.init(signal: signal, seen: signal.version) }

    package var hasMoved: Bool { signal.version != seen }

    /// Returns once it has moved on, or the task is cancelled.
    package func wait() async { await signal.wait(after: seen) }
}
