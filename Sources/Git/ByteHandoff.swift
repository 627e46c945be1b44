// SPDX-License-Identifier: Apache-2.0

@preconcurrency import Dispatch
import Synchronization

/// Passes pieces from a task to a thread that blocks for them, one at a time: the task waits until its piece is taken,
/// so that a fast remote fills no memory.
final class ByteHandoff<Item: Sendable>: Sendable {
    private struct State {
        var item: Item?
        var producer: CheckedContinuation<Void, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let filled = DispatchSemaphore(value: 0)

    /// Returns once the piece is taken; false when the reader has gone.
    func put(_ item: Item) async -> Bool {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                guard !state.isClosed else { return true }
                state.item = item
                state.producer = continuation
                return false
            }
            if isClosed { continuation.resume() } else { filled.signal() }
        }
        return !state.withLock { $0.isClosed }
    }

    /// Blocks for the next piece; nil when closed, or when none came in time.
    func take(within patience: Duration) -> Item? {
        let nanoseconds = Int(clamping: patience / .nanoseconds(1) < 9e18 ? Int64(patience / .nanoseconds(1)) : .max)
        guard filled.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success else { return nil }
        let (item, producer) = state.withLock { state in
            defer { (state.item, state.producer) = (nil, nil) }
            return (state.isClosed ? nil : state.item, state.producer)
        }
        producer?.resume()
        return item
    }

    /// From any thread: lets both sides go.
    func close() {
        let producer = state.withLock { state in
            state.isClosed = true
            defer { state.producer = nil }
            return state.producer
        }
        producer?.resume()
        filled.signal()
    }
}
