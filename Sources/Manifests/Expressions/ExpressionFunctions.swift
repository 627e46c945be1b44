// SPDX-License-Identifier: Apache-2.0

/// Functions by name.
enum ExpressionFunctions {
    /// Names of types that are values.
    static let types: Set<String> = [
        "bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint",
    ]

    /// Functions that stand on their own, and how many arguments they take.
    static let global: [String: ClosedRange<Int>] = [
        "size": 1...1, "int": 1...1, "uint": 1...1, "double": 1...1, "string": 1...1, "bool": 1...1, "bytes": 1...1,
        "type": 1...1, "dyn": 1...1, "duration": 1...1, "timestamp": 1...1, "matches": 2...2, "quantity": 1...1,
        "isQuantity": 1...1, "optional.none": 0...0, "optional.of": 1...1, "optional.ofNonZeroValue": 1...1,
        "sets.contains": 2...2, "sets.equivalent": 2...2, "sets.intersects": 2...2,
    ]

    /// Functions of values.
    static let members: Set<String> = [
        "size", "startsWith", "endsWith", "contains", "matches", "charAt", "indexOf", "lastIndexOf", "lowerAscii",
        "upperAscii", "replace", "split", "substring", "trim", "join", "find", "findAll", "format", "reverse",
        "isSorted",
        "sum", "min", "max", "asInteger", "isInteger", "asApproximateFloat", "sign", "add", "sub", "isGreaterThan",
        "isLessThan", "compareTo", "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek",
        "getDayOfYear",
        "getHours", "getMinutes", "getSeconds", "getMilliseconds", "hasValue", "value", "orValue", "or",
    ]

    static func call(
        _ name: String, _ arguments: [ExpressionValue], _ evaluator: inout ExpressionEvaluator
    ) throws(ExpressionError) -> ExpressionValue {
        guard global[name]?.contains(arguments.count) == true else { throw .noOverload(name) }
        switch (name, arguments.first) {
        case ("size", let value?):
            guard let size = value.size else { throw .noOverload() }
            return .int(Int64(size))
        case ("matches", let value?): return try call("matches", on: value, [arguments[1]], &evaluator)
        case ("type", let value?): return .type(value.typeName)
        case ("dyn", let value?): return value
        case ("optional.none", _): return .optional(nil)
        case ("optional.of", let value?): return .optional(value)
        case ("optional.ofNonZeroValue", let value?): return .optional(isZero(value) ? nil : value)
        case ("isQuantity", .string(let text)?): return .bool(Quantity(text) != nil)
        case ("quantity", .string(let text)?):
            guard let quantity = Quantity(text) else {
                throw ExpressionError(
                    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
            }
            return .quantity(quantity)
        case (let name, let value?) where name.hasPrefix("sets."):
            return .bool(try sets(name, value, arguments[1], &evaluator))
        case (_, let value?): return try ExpressionConversions.convert(value, to: name)
        default: throw .noOverload(name)
        }
    }

    static func call(
        _ name: String, on target: ExpressionValue, _ arguments: [ExpressionValue],
        _ evaluator: inout ExpressionEvaluator
    ) throws(ExpressionError) -> ExpressionValue {
        if name == "size", arguments.isEmpty, let size = target.size { return .int(Int64(size)) }
        switch target {
        case .string(let text):
            // Half of a quantity's spelling is in the texts that libraries go through.
            try evaluator.spend(text.utf8.count / 10)
            return try ExpressionStrings.call(name, text, arguments, &evaluator)
        case .list(let items):
            try evaluator.spend(items.count)
            return try ExpressionLists.call(name, items, arguments)
        case .quantity(let quantity): return try ExpressionQuantities.call(name, quantity, arguments)
        case .timestamp(let moment): return try ExpressionTimes.call(name, moment, arguments)
        case .duration(let length): return try ExpressionTimes.call(name, length, arguments)
        case .optional(let inner): return try optional(name, inner, arguments)
        default: throw .noOverload()
        }
    }

    private static func optional(
        _ name: String, _ inner: ExpressionValue?, _ arguments: [ExpressionValue]
    ) throws(ExpressionError) -> ExpressionValue {
        switch (name, arguments.first) {
        case ("hasValue", nil): return .bool(inner != nil)
        case ("value", nil):
            guard let inner else { throw ExpressionError("optional.none() dereference") }
            return inner
        case ("orValue", let other?): return inner ?? other
        case ("or", let other?): return inner.map { .optional($0) } ?? other
        default: throw .noOverload()
        }
    }

    private static func sets(
        _ name: String, _ left: ExpressionValue, _ right: ExpressionValue, _ evaluator: inout ExpressionEvaluator
    ) throws(ExpressionError) -> Bool {
        guard case .list(let first) = left, case .list(let second) = right else { throw .noOverload() }
        try evaluator.spend(first.count * second.count)
        func holds(_ items: [ExpressionValue], _ item: ExpressionValue) -> Bool {
            items.contains { $0.isEqual(to: item) }
        }
        return switch name {
        case "sets.contains": second.allSatisfy { holds(first, $0) }
        case "sets.equivalent": second.allSatisfy { holds(first, $0) } && first.allSatisfy { holds(second, $0) }
        default: second.contains { holds(first, $0) }
        }
    }

    private static func isZero(_ value: ExpressionValue) -> Bool {
        switch value {
        case .null: true
        case .bool(let value): !value
        case .optional(let inner): inner == nil
        default: value.size == 0 || value.number == 0
        }
    }

    /// As `string()` writes a value.
    static func text(_ value: ExpressionValue) -> String? {
        switch value {
        case .string(let text): text
        case .bool(let value): value ? "true" : "false"
        case .int(let number): String(number)
        case .uint(let number): String(number)
        case .double(let number): ExpressionConversions.text(number)
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .timestamp(let moment): ExpressionTimes.text(moment)
        case .duration(let nanoseconds): ExpressionTimes.text(nanoseconds)
        default: nil
        }
    }
}
