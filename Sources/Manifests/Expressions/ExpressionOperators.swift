// SPDX-License-Identifier: Apache-2.0

/// Comparison, membership and arithmetic.
enum ExpressionOperators {
    static func apply(
        _ operation: ExpressionNode.Operator, _ left: ExpressionValue, _ right: ExpressionValue,
        _ evaluator: inout ExpressionEvaluator
    ) throws(ExpressionError) -> ExpressionValue {
        switch operation {
        case .equal, .unequal:
            try evaluator.spend(cost(left, right))
            return .bool(left.isEqual(to: right) == (operation == .equal))
        case .less, .atMost, .greater, .atLeast:
            try evaluator.spend(cost(left, right))
            return .bool(try compare(operation, left, right))
        case .within:
            switch right {
            case .list(let items):
                try evaluator.spend(items.count)
                return .bool(items.contains { $0.isEqual(to: left) })
            case .map: return .bool(right.entry(left) != nil)
            default: throw .noOverload()
            }
        default: return try arithmetic(operation, left, right, &evaluator)
        }
    }

    /// Long texts and lists take long to compare.
    private static func cost(_ left: ExpressionValue, _ right: ExpressionValue) -> Int {
        min(left.size ?? 1, right.size ?? 1) / 10
    }

    private static func compare(
        _ operation: ExpressionNode.Operator, _ left: ExpressionValue, _ right: ExpressionValue
    ) throws(ExpressionError) -> Bool {
        guard let order = left.order(to: right) else {
            // No number stands to NaN in any order.
            if left.number != nil, right.number != nil { return false }
            throw .noOverload()
        }
        return switch operation {
        case .less: order < 0
        case .atMost: order <= 0
        case .greater: order > 0
        default: order >= 0
        }
    }

    private static func arithmetic(
        _ operation: ExpressionNode.Operator, _ left: ExpressionValue, _ right: ExpressionValue,
        _ evaluator: inout ExpressionEvaluator
    ) throws(ExpressionError) -> ExpressionValue {
        switch (left, right) {
        case (.int(let first), .int(let second)): return .int(try whole(operation, first, second, "integer"))
        case (.uint(let first), .uint(let second)):
            return .uint(try whole(operation, first, second, "unsigned integer"))
        case (.double(let first), .double(let second)): return .double(try real(operation, first, second))
        case (.string(let first), .string(let second)) where operation == .add:
            try evaluator.spend((first.utf8.count + second.utf8.count) / 10)
            return .string(first + second)
        case (.bytes(let first), .bytes(let second)) where operation == .add:
            try evaluator.spend((first.count + second.count) / 10)
            return .bytes(first + second)
        case (.list(let first), .list(let second)) where operation == .add:
            try evaluator.spend(first.count + second.count)
            return .list(first + second)
        default: return try time(operation, left, right)
        }
    }

    private static func whole<T: FixedWidthInteger>(
        _ operation: ExpressionNode.Operator, _ left: T, _ right: T, _ name: String
    ) throws(ExpressionError) -> T {
        let result: (partialValue: T, overflow: Bool)
        switch operation {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide:
            guard right != 0 else { throw ExpressionError("division by zero") }
            result = left.dividedReportingOverflow(by: right)
        case .remainder:
            guard right != 0 else { throw ExpressionError("modulus by zero") }
            result = left.remainderReportingOverflow(dividingBy: right)
        default: throw .noOverload()
        }
        guard !result.overflow else { throw ExpressionError("\(name) overflow") }
        return result.partialValue
    }

    private static func real(
        _ operation: ExpressionNode.Operator, _ left: Double, _ right: Double
    ) throws(ExpressionError) -> Double {
        switch operation {
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .divide: return left / right
        default: throw .noOverload()
        }
    }

    private static func time(
        _ operation: ExpressionNode.Operator, _ left: ExpressionValue, _ right: ExpressionValue
    ) throws(ExpressionError) -> ExpressionValue {
        switch (left, operation, right) {
        case (.duration(let first), .add, .duration(let second)),
            (.duration(let first), .subtract, .duration(let second)):
            return .duration(try whole(operation, first, second, "integer"))
        case (.timestamp(let moment), .add, .duration(let length)),
            (.duration(let length), .add, .timestamp(let moment)):
            return .timestamp(moment + .nanoseconds(length))
        case (.timestamp(let moment), .subtract, .duration(let length)):
            return .timestamp(moment + (.zero - .nanoseconds(length)))
        case (.timestamp(let first), .subtract, .timestamp(let second)):
            let milliseconds = first.millisecondsSinceEpoch - second.millisecondsSinceEpoch
            return .duration(try whole(.multiply, milliseconds, 1_000_000, "integer"))
        default: throw .noOverload()
        }
    }
}
