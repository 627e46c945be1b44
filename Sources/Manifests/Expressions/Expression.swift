// SPDX-License-Identifier: Apache-2.0

/// An expression of the Common Expression Language, as Kubernetes has it in the rules of its definitions.
///
/// Has: literals, operators, `in`, the ternary, lists and maps, `has` and the macros `all`, `exists`, `exists_one`, `map`
/// and `filter` (also with two variables), conversions, durations and timestamps (in UTC), optionals, and the
/// Kubernetes libraries for strings, lists, sets, regular expressions and quantities. What else there is upstream (URLs,
/// IP addresses, `format`'s rarer verbs, time zones) is refused by name.
///
/// Source: the CEL specification, and `k8s.io/apiserver/pkg/cel`.
package struct Expression: Sendable {
    package let text: String
    let root: ExpressionNode

    /// - Throws: what does not read as an expression.
    package init(_ text: String) throws(ExpressionError) {
        self.text = text
        root = try ExpressionParser.parse(text)
    }

    /// Steps that one evaluation may take at most, as on the server (`celconfig.PerCallLimit`).
    package static let callLimit = 1_000_000

    /// - Parameter budget: steps that are left; what this takes is subtracted.
    /// - Throws: what has no value, or costs too much.
    package func evaluate(
        _ variables: [String: ExpressionValue], budget: inout Int
    ) throws(ExpressionError) -> ExpressionValue {
        var evaluator = ExpressionEvaluator(variables: variables, budget: min(budget, Self.callLimit))
        let before = evaluator.budget
        defer { budget -= before - evaluator.budget }
        return try evaluator.value(of: root)
    }

    package func evaluate(_ variables: [String: ExpressionValue]) throws(ExpressionError) -> ExpressionValue {
        var budget = Self.callLimit
        return try evaluate(variables, budget: &budget)
    }

    /// Whether the expression speaks of a variable.
    package func uses(_ variable: String) -> Bool { root.uses(variable) }
}

extension ExpressionNode {
    func uses(_ variable: String) -> Bool {
        if case .identifier(let name) = kind { return name == variable }
        return children.contains { $0.uses(variable) }
    }

    var children: [ExpressionNode] {
        switch kind {
        case .literal, .identifier: []
        case .select(let node, _, _), .presence(let node, _), .not(let node), .negative(let node): [node]
        case .index(let left, let right, _), .binary(_, let left, let right): [left, right]
        case .call(_, let nodes), .list(let nodes): nodes
        case .member(let node, _, let nodes): [node] + nodes
        case .map(let entries): entries.flatMap { [$0.key, $0.value] }
        case .conditional(let condition, let first, let second): [condition, first, second]
        case .comprehension(let macro): [macro.range] + [macro.predicate, macro.transform].compactMap { $0 }
        }
    }
}
