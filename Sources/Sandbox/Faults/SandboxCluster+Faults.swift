// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Faults on request, and the clock.
extension SandboxCluster {
    /// Adds a fault behind the others; one on watches strikes those that are open as well.
    ///
    /// - Returns: its id.
    @discardableResult
    package func addFault(_ rule: FaultRule) throws(FaultRefusal) -> String {
        let added = try server.faults.add(rule)
        if case .watch = added.effect { server.layOnWatches(added.id) }
        return added.id
    }

    /// False where there is none with that id.
    @discardableResult
    package func removeFault(_ id: String) -> Bool {
        guard server.faults.remove(id) != nil else { return false }
        server.watches.lift(rule: id)
        return true
    }

    /// How many there were.
    @discardableResult
    package func removeFaults() -> Int {
        let ids = server.faults.entries.map(\.rule.id)
        for id in ids { removeFault(id) }
        return ids.count
    }

    /// How many requests a fault has struck so far.
    package func strikes(of id: String) -> Int? { server.faults.entry(id)?.struck }

    package var faultSeed: UInt64 { server.faults.seed }

    /// Begins the faults' random numbers anew.
    package func seedFaults(_ seed: UInt64) { server.faults.seed = seed }

    /// What time it is in here.
    package var time: Timestamp { server.now() }

    /// Moves the sandbox's time ahead at once: what would happen until then, happens.
    package func advance(by duration: Duration) {
        server.advance(by: duration)
        // What the control loop sleeps towards may be over.
        rearm()
    }

    /// Carries out what was decided about a request.
    func carryOut(_ decision: FaultDecision, _ request: SandboxRequest) async -> SandboxResponse {
        if decision.delay > .zero { try? await clock.sleep(for: decision.delay) }
        switch decision.end {
        case nil: return carryOut(request, decision)
        case .error(let error, let moment):
            if moment == .after { _ = carryOut(request, decision) }
            return error.response(to: server.faultRequest(request, readsObject: true))
        case .reset(let reset):
            guard reset != .before else { return .reset }
            let response = carryOut(request, decision)
            return reset == .after ? .reset : response.cutOff
        case .hang(let moment):
            if moment == .after { _ = carryOut(request, decision) }
            // Longer than anybody waits, and yet bounded.
            try? await clock.sleep(for: .seconds(3600))
            return .reset
        }
    }

    private func carryOut(_ request: SandboxRequest, _ decision: FaultDecision) -> SandboxResponse {
        defer { wakeUp() }
        return server.respond(to: request, under: decision)
    }
}

extension APIServer {
    fileprivate mutating func layOnWatches(_ id: String) {
        for output in watches.outputs {
            guard let request = output.request, let laid = faults.lay(id, on: request) else { continue }
            output.lay(laid)
        }
        watches.removeEnded()
    }
}

extension SandboxResponse {
    /// In a stream: the connection breaks here.
    package static let broken: [UInt8] = []

    /// No answer: the connection breaks.
    static var reset: SandboxResponse {
        var response = SandboxResponse(status: 0, body: .bytes([]))
        response.connectionBreak = .beforeAnswer
        return response
    }

    /// The connection breaks in the middle of the answer.
    fileprivate var cutOff: SandboxResponse {
        var response = self
        response.connectionBreak = .midway
        return response
    }
}
