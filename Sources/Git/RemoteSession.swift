// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Transport

/// One conversation with a remote: what it may use, how long it may take, and why it ended.
///
/// libgit2's callbacks get it as their payload. They cannot throw: they record the reason here and return a negative
/// code, and the caller asks for `failure` before it asks libgit2.
final class RemoteSession: Sendable {
    let url: GitURL
    let credentials: GitCredentials
    let transport: any HTTPTransport
    let tls: TLSOptions
    let limits: GitLimits
    private let total: Duration
    private let state = Mutex(State())

    private struct State {
        var deadline: ContinuousClock.Instant?
        var failure: GitError?
        var isCancelled = false
        var interrupt: (@Sendable () -> Void)?
        var credentialRequests = 0
    }

    init(
        url: GitURL, credentials: GitCredentials, transport: any HTTPTransport, tls: TLSOptions, limits: GitLimits,
        total: Duration
    ) {
        self.url = url
        self.credentials = credentials
        self.transport = transport
        self.tls = tls
        self.limits = limits
        self.total = total
    }

    /// Starts a conversation, and its clock: waiting for the thread is not the remote's fault.
    func begin() throws(GitError) {
        state.withLock { state in
            state.deadline = .now + total
            state.failure = nil
            state.credentialRequests = 0
        }
        try checkpoint()
    }

    var failure: GitError? { state.withLock { $0.failure } }

    /// The first reason stays: what follows it is its consequence.
    func fail(_ error: GitError) {
        state.withLock { state in
            if state.failure == nil { state.failure = error }
        }
    }

    /// From any thread. Ends a wait that goes on right now, and every later step.
    func cancel() {
        let interrupt = state.withLock { state in
            state.isCancelled = true
            return state.interrupt
        }
        interrupt?()
    }

    /// Runs a step that blocks; `interrupt` is called from another thread when the session is cancelled meanwhile.
    func interruptible<T>(by interrupt: @escaping @Sendable () -> Void, _ body: () throws(GitError) -> T)
        throws(GitError) -> T
    {
        let isCancelled = state.withLock { state in
            state.interrupt = interrupt
            return state.isCancelled
        }
        if isCancelled { interrupt() }
        defer { state.withLock { $0.interrupt = nil } }
        return try body()
    }

    /// Throws once cancelled or out of time.
    func checkpoint() throws(GitError) {
        let (isCancelled, deadline) = state.withLock { ($0.isCancelled, $0.deadline) }
        if isCancelled { throw GitError(.cancelled, url.description, "the caller no longer waits for it") }
        if let deadline, deadline <= .now { throw timeout("it took longer than \(total)") }
    }

    /// What is left of the time, but no more than a silent remote is given.
    var patience: Duration {
        guard let deadline = state.withLock({ $0.deadline }) else { return limits.silence }
        return min(limits.silence, max(.zero, ContinuousClock.now.duration(to: deadline)))
    }

    func timeout(_ message: String) -> GitError {
        GitError(.timeout, url.description, message, hint: "check the remote and the network between")
    }

    /// Counts libgit2's questions for credentials. It asks again after a refusal, without end.
    func nextCredentialRequest() -> Int {
        state.withLock { state in
            state.credentialRequests += 1
            return state.credentialRequests
        }
    }
}
