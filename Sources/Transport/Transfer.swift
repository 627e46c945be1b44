// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One request as both sides see it: the task that asked, and the thread that carries it out.
final class Transfer: Sendable {
    typealias Outcome = Result<HTTPResponse, TransportError>

    private struct State {
        var lifecycle = TransferLifecycle()
        var caller: CheckedContinuation<Outcome, Never>?
    }

    let request: HTTPRequest
    /// Where the body goes piece by piece; nil where it is collected.
    let body: StreamBody?
    private let state = Mutex(State())

    init(request: HTTPRequest, body: StreamBody? = nil) {
        self.request = request
        self.body = body
    }

    /// Takes the caller's continuation. False: the task was cancelled before, and the caller has been told.
    func begin(_ caller: CheckedContinuation<Outcome, Never>) -> Bool {
        let begun = state.withLock { state in
            let begun = state.lifecycle.begin()
            if begun { state.caller = caller }
            return begun
        }
        if !begun { caller.resume(returning: .failure(.cancelled(request))) }
        return begun
    }

    /// True where the owner thread is to be told.
    func cancel() -> Bool {
        state.withLock { $0.lifecycle.cancel() }
    }

    /// Gives the caller of a stream its status and headers.
    func answer(_ response: HTTPResponse) {
        let caller = state.withLock { state in state.lifecycle.answer() ? state.caller.take() : nil }
        caller?.resume(returning: .success(response))
    }

    /// Ends the request for whoever waits for it.
    func finish(_ outcome: Outcome) {
        let (recipient, caller) = state.withLock { state in (state.lifecycle.finish(), state.caller.take()) }
        switch recipient {
        case .caller:
            caller?.resume(returning: outcome)
        case .reader:
            if case .failure(let error) = outcome { body?.finish(error) } else { body?.finish(nil) }
        case .nobody:
            break
        }
    }
}
