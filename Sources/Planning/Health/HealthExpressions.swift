// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// How objects of a kind that only its users know tell whether they are well, as the pipeline states it (`health`).
///
/// Expressions of the Common Expression Language, in the order in which Flux asks its `healthCheckExprs`: the first that
/// holds decides, and none of them means that the object is still at it.
package struct HealthExpressions: Sendable, Hashable {
    package struct Entry: Sendable {
        package var kind: GroupKind
        package var progressing: Expression?
        package var failed: Expression?
        package var healthy: Expression

        package init(
            kind: GroupKind, progressing: Expression? = nil, failed: Expression? = nil, healthy: Expression
        ) {
            self.kind = kind
            self.progressing = progressing
            self.failed = failed
            self.healthy = healthy
        }

        private var texts: [String?] { [progressing?.text, failed?.text, healthy.text] }
    }

    package var entries: [Entry]

    package init(_ entries: [Entry] = []) { self.entries = entries }

    /// What an expression may speak of. `self` is the whole object.
    static let variables = ["apiVersion", "kind", "metadata", "spec", "status", "self"]

    /// Steps that judging one object once may take: it is done at every event.
    static let stepsAtMost = 100_000

    /// Reads an expression and makes sure that it can be answered with yes or no.
    package static func compile(_ text: String) throws(ExpressionError) -> Expression {
        let expression = try Expression(text)
        let type = try expression.type(Dictionary(uniqueKeysWithValues: variables.map { ($0, .dyn) }))
        switch type {
        case .bool, .dyn: return expression
        default: throw ExpressionError("must be true or false, and is \(type.name)", at: 0)
        }
    }

    func entry(for kind: GroupKind) -> Entry? { entries.first { $0.kind == kind } }
}

extension HealthExpressions.Entry: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.kind == right.kind && left.texts == right.texts }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(texts)
    }
}

extension HealthExpressions.Entry {
    /// The health that the first expression which holds stands for.
    func health(of object: Object) -> Health {
        var values = Dictionary(
            uniqueKeysWithValues: HealthExpressions.variables.dropLast().map { name in
                (name, ExpressionValue(object[name] ?? (name == "kind" || name == "apiVersion" ? "" : [:])))
            })
        values["self"] = ExpressionValue(.object(object))
        var budget = HealthExpressions.stepsAtMost
        if let progressing, holds(progressing, values, &budget) {
            return .progressing("Progressing", "its expression \"progressing\" holds")
        }
        if let failed, holds(failed, values, &budget) {
            return .degraded("Failed", "its expression \"failed\" holds", .afterGrace)
        }
        if holds(healthy, values, &budget) { return .healthy() }
        return budget > 0
            ? .progressing("NotHealthy", "its expression \"healthy\" does not hold yet")
            : .progressing("ExpressionTooExpensive", "its expressions take too many steps: make them simpler")
    }

    /// A field that is not there yet answers nothing, and so does not hold.
    private func holds(
        _ expression: Expression, _ values: [String: ExpressionValue], _ budget: inout Int
    ) -> Bool {
        guard budget > 0 else { return false }
        return (try? expression.evaluate(values, budget: &budget))?.bool == true
    }
}
