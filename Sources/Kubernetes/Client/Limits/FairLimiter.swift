// SPDX-License-Identifier: Apache-2.0

/// Who may send next. Pure: `RequestLimiter` does what it answers.
///
/// Each flow (an application, or the watching) has its own queue. The next to go is of the flow with the fewest requests
/// under way, and among those the one that waits longest for its turn. No flow takes more than three quarters of the
/// limit, so that one whose requests hang leaves room for the others.
struct FairLimiter: Sendable {
    typealias Ticket = Int

    private struct Flow {
        var inFlight = 0
        var waiting: [Ticket] = []
    }

    var limit = AdaptiveLimit()
    private(set) var inFlight = 0
    private var flows: [String: Flow] = [:]
    /// Flows with somebody waiting, in the order of their turns.
    private var turns: [String] = []

    var waiting: Int { flows.values.reduce(0) { $0 + $1.waiting.count } }
    /// How many flows are known: those with something under way or waiting.
    var flowCount: Int { flows.count }

    private var share: Int { max(1, limit.count * 3 / 4) }

    /// Joins the queue; `next` says when it may go.
    mutating func enter(_ ticket: Ticket, _ flow: String) {
        if flows[flow, default: Flow()].waiting.isEmpty { turns.append(flow) }
        flows[flow, default: Flow()].waiting.append(ticket)
    }

    /// The one that may go now, which counts as under way from here on.
    mutating func next() -> Ticket? {
        guard inFlight < limit.count else { return nil }
        var best: (index: Int, inFlight: Int)?
        for (index, name) in turns.enumerated() {
            let own = flows[name]?.inFlight ?? 0
            if own < share, own < best?.inFlight ?? Int.max { best = (index, own) }
        }
        guard let best else { return nil }
        let name = turns.remove(at: best.index)
        guard let ticket = flows[name]?.waiting.removeFirst() else { return nil }
        flows[name]?.inFlight += 1
        inFlight += 1
        if flows[name]?.waiting.isEmpty == false { turns.append(name) }
        return ticket
    }

    /// One that was under way is over.
    mutating func leave(_ flow: String) {
        inFlight -= 1
        flows[flow]?.inFlight -= 1
        forgetIdle(flow)
    }

    /// One that waits gives up. False where it does not wait (any more).
    mutating func withdraw(_ ticket: Ticket, from flow: String) -> Bool {
        guard let index = flows[flow]?.waiting.firstIndex(of: ticket) else { return false }
        flows[flow]?.waiting.remove(at: index)
        if flows[flow]?.waiting.isEmpty == true { turns.removeAll { $0 == flow } }
        forgetIdle(flow)
        return true
    }

    private mutating func forgetIdle(_ flow: String) {
        if let state = flows[flow], state.inFlight == 0, state.waiting.isEmpty { flows[flow] = nil }
    }
}
