// SPDX-License-Identifier: Apache-2.0

import CCurl
import Synchronization

/// What other threads ask of the owner thread, in order. The only thing that both sides touch.
final class CurlMailbox: Sendable {
    enum Command: Sendable {
        case start(Transfer)
        case cancel(Transfer)
        /// The reader has made room.
        case unpause(Transfer)
        case stop
    }

    /// SAFETY: a pointer that never changes. Other threads use it only for `curl_multi_wakeup`, which libcurl documents
    /// as callable from any thread, and only under the lock that `close` takes before the handle is freed.
    struct Multi: @unchecked Sendable {
        let raw: UnsafeMutableRawPointer
    }

    private struct State {
        var commands: [Command] = []
        var multi: Multi?
        var accepts = true
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(multi: Multi) {
        state = Mutex(State(multi: multi))
    }

    /// False once `stop` was posted: nothing is taken any more.
    @discardableResult
    func post(_ command: Command) -> Bool {
        state.withLock { state in
            guard state.accepts, let multi = state.multi else { return false }
            if case .stop = command { state.accepts = false }
            state.commands.append(command)
            curl_multi_wakeup(multi.raw)
            return true
        }
    }

    /// Owner thread.
    func take() -> [Command] {
        state.withLock { state in
            let commands = state.commands
            state.commands.removeAll(keepingCapacity: true)
            return commands
        }
    }

    /// Owner thread, last: frees the multi handle and tells who waits for the end.
    func close() {
        let waiters = state.withLock { state in
            if let multi = state.multi { curl_multi_cleanup(multi.raw) }
            state.multi = nil
            state.accepts = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once the owner thread has freed everything.
    func waitUntilClosed() async {
        await withCheckedContinuation { waiter in
            let isClosed = state.withLock { state in
                if state.multi != nil { state.waiters.append(waiter) }
                return state.multi == nil
            }
            if isClosed { waiter.resume() }
        }
    }
}
