// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The Kubernetes API server in the box: answers requests from memory and runs the controllers.
///
/// Deterministic: time, clock and randomness are injected, and all state changes happen on this actor in order.
package actor SandboxCluster {
    let clock: any Clock<Duration>
    private let options: SandboxOptions
    var server: APIServer
    /// Wakes the control loop; nil while it is not running.
    private var wake: AsyncStream<Void>.Continuation?
    private var armedDeadline: Timestamp?

    /// - Parameters:
    ///   - clock: sleeps only; the time itself comes from `now`.
    ///   - controllers: asked in this order about every change.
    package init(
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp,
        random: any RandomNumberGenerator & Sendable, options: SandboxOptions = SandboxOptions(),
        controllers: [any SandboxController] = []
    ) {
        self.clock = clock
        self.options = options
        self.server = APIServer(now: now, random: random, options: options, controllers: controllers)
    }

    /// Answers one request. A watch answers at once with a stream.
    package func respond(to request: SandboxRequest) async -> SandboxResponse {
        let decision = server.decideFaults(request)
        guard decision == FaultDecision() else { return await carryOut(decision, request) }
        let response = server.respond(to: request)
        wakeUp()
        return response
    }

    /// Lets the control loop look at what has changed.
    func wakeUp() { wake?.yield() }

    /// The same after the clock was driven: nothing that it slept towards counts any more.
    func rearm() {
        armedDeadline = nil
        wakeUp()
    }

    /// Runs the controllers for what has changed so far, without waiting for their timers.
    package func settle() { server.runControllers() }

    /// Does the next piece of the controllers' work; false where none is left.
    package func step() -> Bool { server.runControllers(atMost: 1) > 0 }

    /// Does what is due by now: wake-ups of controllers, bookmarks and ends of watches.
    package func fireTimers() { server.runTimers() }

    /// The control loop: controllers, timed wake-ups, and ends of watches. Returns only by cancellation.
    package func run() async throws {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        wake = continuation
        armedDeadline = nil
        defer { wake = nil }
        continuation.yield()
        try await withThrowingDiscardingTaskGroup { group in
            for await _ in signals {
                server.runControllers()
                server.runTimers()
                guard let deadline = server.nextDeadline, armedDeadline.map({ deadline < $0 }) ?? true else { continue }
                armedDeadline = deadline
                // A deadline may be thousands of years away, and is then looked at again.
                let delay = min(max(.zero, deadline - server.now()), .seconds(86_400))
                group.addTask { try await self.sleep(for: delay, until: deadline) }
            }
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    private func sleep(for delay: Duration, until deadline: Timestamp) async throws {
        try await clock.sleep(for: delay)
        if armedDeadline == deadline { armedDeadline = nil }
        wake?.yield()
    }
}
