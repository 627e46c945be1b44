// SPDX-License-Identifier: Apache-2.0

/// An edge, or many at once, that a rule found; the graph takes it unless it closes a cycle.
struct ProposedEdge {
    /// The dependents' numbers.
    var from: [Int]
    /// What each of them waits for. A dependent that is also here does not wait for itself.
    var to: [Int]
    var kind: OrderEdge.Kind
    var reason: String
    var condition: OrderEdge.Condition
    /// `OrderEdge.isOrderAlone`.
    var isOrderAlone = false

    init(
        from: [Int], to: [Int], kind: OrderEdge.Kind, reason: String, condition: OrderEdge.Condition = .healthy
    ) {
        self.from = from
        self.to = to
        self.kind = kind
        self.reason = reason
        self.condition = condition
    }

    init(from: Int, to: Int, kind: OrderEdge.Kind, reason: String, condition: OrderEdge.Condition = .healthy) {
        self.init(from: [from], to: [to], kind: kind, reason: reason, condition: condition)
    }
}
