// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Synchronization
internal import Transport

/// Holds requests back while the server has enough to do, each flow in its turn.
final class RequestLimiter: Sendable {
    /// What a request is to the limit.
    enum Kind: Sendable {
        /// One object: how long it takes says how busy the server is.
        case short
        /// A list, a log, the opening of a watch: takes long by nature.
        case long
    }

    private struct State {
        var limiter = FairLimiter()
        var callers: [FairLimiter.Ticket: CheckedContinuation<Bool, Never>] = [:]
        var lastTicket = 0
        var refused = 0
        var repeated = 0
        /// By method.
        var sent: [String: Int] = [:]
        /// Not in the queue yet; taken out where the task was cancelled before.
        var coming: Set<FairLimiter.Ticket> = []
    }

    private let state = Mutex(State())
    private let age: @Sendable () -> Duration

    init(clock: any Clock<Duration>) { age = stopwatch(on: clock) }

    var snapshot: RequestLimits {
        state.withLock { state in
            RequestLimits(
                limit: state.limiter.limit.count, inFlight: state.limiter.inFlight, waiting: state.limiter.waiting,
                refused: state.refused, repeated: state.repeated, sent: state.sent)
        }
    }

    /// For the count only: a request is about to be sent. The method of a watch is `WATCH`.
    func noteSent(_ method: String) { state.withLock { $0.sent[method, default: 0] += 1 } }

    /// For the count only: a request is about to be sent again.
    func noteRepeat() { state.withLock { $0.repeated += 1 } }

    /// Runs the request when its turn comes.
    ///
    /// - Parameter isOverload: does the answer say that the server has too much to do?
    func run<Answer>(
        _ kind: Kind, flow: String, request: HTTPRequest, isOverload: (Answer) -> Bool,
        _ send: () async throws(TransportError) -> Answer
    ) async throws(TransportError) -> Answer {
        guard await enter(flow) else {
            throw TransportError(
                code: .cancelled, subject: request.subject, message: "given up before its turn came",
                mayHaveBeenSent: false)
        }
        let begunAt = age()
        do throws(TransportError) {
            let answer = try await send()
            let isRefused = isOverload(answer)
            if isRefused { state.withLock { $0.refused += 1 } }
            leave(flow, begunAt: begunAt, kind: kind, isOverload: isRefused)
            return answer
        } catch {
            // Only an answer that did not come in time tells of load; a server that is away does not.
            leave(flow, begunAt: begunAt, kind: nil, isOverload: error.code == .timeout && error.mayHaveBeenSent)
            throw error
        }
    }

    /// False where the task was cancelled meanwhile.
    private func enter(_ flow: String) async -> Bool {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            state.coming.insert(state.lastTicket)
            return state.lastTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { caller in
                let isCancelled = state.withLock { state in
                    guard state.coming.remove(ticket) != nil else { return true }
                    state.callers[ticket] = caller
                    state.limiter.enter(ticket, flow)
                    return false
                }
                if isCancelled { caller.resume(returning: false) } else { admit() }
            }
        } onCancel: {
            let caller = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                state.coming.remove(ticket)
                guard state.limiter.withdraw(ticket, from: flow) else { return nil }
                return state.callers.removeValue(forKey: ticket)
            }
            caller?.resume(returning: false)
        }
    }

    private func leave(_ flow: String, begunAt: Duration, kind: Kind?, isOverload: Bool) {
        let now = age()
        state.withLock { state in
            if isOverload {
                state.limiter.limit.overloaded(begunAt: begunAt, now: now)
            } else if let kind {
                state.limiter.limit.succeeded(
                    begunAt: begunAt, now: now, measuresLatency: kind == .short, inFlight: state.limiter.inFlight)
            }
            state.limiter.leave(flow)
        }
        admit()
    }

    /// Lets go whoever may.
    private func admit() {
        while true {
            let caller = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard let ticket = state.limiter.next() else { return nil }
                return state.callers.removeValue(forKey: ticket)
            }
            guard let caller else { return }
            caller.resume(returning: true)
        }
    }
}

/// How busy the client is, for metrics.
package struct RequestLimits: Sendable, Equatable {
    /// How many requests may be under way at once, as learnt from the server's answers.
    package var limit: Int
    package var inFlight: Int
    package var waiting: Int
    /// Answers of 429, and requests that were sent again, since the beginning.
    package var refused = 0
    package var repeated = 0
    /// Requests sent since the beginning, by method.
    package var sent: [String: Int] = [:]
}
