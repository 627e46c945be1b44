// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A body on its way from the owner thread to the one task that reads it.
final class StreamBody: Sendable {
    private struct State {
        var buffer: BodyBuffer
        var reader: CheckedContinuation<BodyBuffer.Taken, Never>?

        /// The reader and what to tell it, once there is something to tell.
        mutating func delivery() -> (CheckedContinuation<BodyBuffer.Taken, Never>, BodyBuffer.Taken)? {
            guard let reader else { return nil }
            let taken = buffer.take()
            guard taken != .empty else { return nil }
            self.reader = nil
            return (reader, taken)
        }
    }

    private let state: Mutex<State>

    init(capacity: Int) {
        state = Mutex(State(buffer: BodyBuffer(capacity: capacity)))
    }

    /// Owner thread. False: the reader is behind; give the same bytes again once it has read.
    func write(_ chunk: UnsafeBufferPointer<UInt8>) -> Bool {
        let (written, delivery) = state.withLock { state in (state.buffer.write(chunk), state.delivery()) }
        if let (reader, taken) = delivery { reader.resume(returning: taken) }
        return written
    }

    /// Owner thread: nothing comes any more, because all came or because of `error`.
    func finish(_ error: TransportError?) {
        let delivery = state.withLock { state in
            state.buffer.finish(error)
            return state.delivery()
        }
        if let (reader, taken) = delivery { reader.resume(returning: taken) }
    }

    /// The next bytes or the end; waits while there is neither. `.empty` where another task is waiting already.
    func read() async -> BodyBuffer.Taken {
        await withCheckedContinuation { reader in
            let answer = state.withLock { state -> BodyBuffer.Taken? in
                guard state.reader == nil else { return .empty }
                let taken = state.buffer.take()
                guard taken == .empty else { return taken }
                state.reader = reader
                return nil
            }
            if let answer { reader.resume(returning: answer) }
        }
    }
}
