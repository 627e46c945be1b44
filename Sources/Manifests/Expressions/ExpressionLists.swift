// SPDX-License-Identifier: Apache-2.0

/// Functions of lists.
enum ExpressionLists {
    static func call(
        _ name: String, _ items: [ExpressionValue], _ arguments: [ExpressionValue]
    ) throws(ExpressionError) -> ExpressionValue {
        switch (name, arguments.first) {
        case ("isSorted", nil):
            for (left, right) in zip(items, items.dropFirst()) {
                guard let order = left.order(to: right) else { throw .noOverload() }
                if order > 0 { return .bool(false) }
            }
            return .bool(true)
        case ("sum", nil): return try sum(items)
        case ("min", nil): return try extreme(items, name, keeps: { $0 < 0 })
        case ("max", nil): return try extreme(items, name, keeps: { $0 > 0 })
        case ("indexOf", let wanted?): return .int(Int64(items.firstIndex { $0.isEqual(to: wanted) } ?? -1))
        case ("lastIndexOf", let wanted?): return .int(Int64(items.lastIndex { $0.isEqual(to: wanted) } ?? -1))
        case ("join", _):
            let separator = arguments.first.map { $0.string } ?? ""
            var texts: [String] = []
            for item in items {
                guard let text = item.string else { throw .noOverload() }
                texts.append(text)
            }
            guard let separator else { throw .noOverload() }
            return .string(texts.joined(separator: separator))
        case ("reverse", nil): return .list(items.reversed())
        default: throw .noOverload()
        }
    }

    private static func sum(_ items: [ExpressionValue]) throws(ExpressionError) -> ExpressionValue {
        guard var total = items.first else { return .int(0) }
        var evaluator = ExpressionEvaluator(variables: [:], budget: Expression.callLimit)
        for item in items.dropFirst() { total = try ExpressionOperators.apply(.add, total, item, &evaluator) }
        return total
    }

    private static func extreme(
        _ items: [ExpressionValue], _ name: String, keeps: (Int) -> Bool
    ) throws(ExpressionError) -> ExpressionValue {
        guard var best = items.first else { throw ExpressionError("\(name) called on empty list") }
        for item in items.dropFirst() {
            guard let order = item.order(to: best) else { throw .noOverload() }
            if keeps(order) { best = item }
        }
        return best
    }
}
