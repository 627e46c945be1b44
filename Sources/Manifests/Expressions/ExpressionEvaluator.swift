// SPDX-License-Identifier: Apache-2.0

/// Gives an expression its value. Every step costs, and the budget ends it.
struct ExpressionEvaluator {
    private(set) var variables: [String: ExpressionValue]
    private(set) var budget: Int

    init(variables: [String: ExpressionValue], budget: Int) {
        self.variables = variables
        self.budget = budget
    }

    mutating func spend(_ steps: Int) throws(ExpressionError) {
        budget -= steps
        guard budget >= 0 else { throw .tooExpensive }
    }

    mutating func value(of node: ExpressionNode) throws(ExpressionError) -> ExpressionValue {
        try spend(1)
        switch node.kind {
        case .literal(let value): return value
        case .identifier(let name): return try variable(name)
        case .select(let operand, let field, let isOptional):
            return try select(field, of: value(of: operand), isOptional: isOptional)
        case .presence(let operand, let field): return .bool(try has(field, in: value(of: operand)))
        case .index(let operand, let index, let isOptional):
            return try item(value(of: index), of: value(of: operand), isOptional: isOptional)
        case .call(let function, let arguments):
            return try ExpressionFunctions.call(function, values(arguments), &self)
        case .member(let operand, let function, let arguments):
            return try ExpressionFunctions.call(function, on: value(of: operand), values(arguments), &self)
        case .list(let nodes): return .list(try values(nodes))
        case .map(let entries): return try map(entries)
        case .not(let operand):
            guard case .bool(let value) = try value(of: operand) else { throw .noOverload() }
            return .bool(!value)
        case .negative(let operand): return try negative(value(of: operand))
        case .binary(let operation, let left, let right): return try binary(operation, left, right)
        case .conditional(let condition, let first, let second):
            guard case .bool(let choice) = try value(of: condition) else { throw .noOverload() }
            return try value(of: choice ? first : second)
        case .comprehension(let macro): return try comprehension(macro)
        }
    }

    private func variable(_ name: String) throws(ExpressionError) -> ExpressionValue {
        if let value = variables[name] { return value }
        if ExpressionFunctions.types.contains(name) { return .type(name) }
        throw ExpressionError("no such attribute(s): \(name)")
    }

    private mutating func values(_ nodes: [ExpressionNode]) throws(ExpressionError) -> [ExpressionValue] {
        var result: [ExpressionValue] = []
        for node in nodes { result.append(try value(of: node)) }
        return result
    }

    private mutating func map(
        _ entries: [(key: ExpressionNode, value: ExpressionNode)]
    ) throws(ExpressionError) -> ExpressionValue {
        var result: [ExpressionValue.Entry] = []
        for entry in entries {
            let key = try value(of: entry.key)
            guard !result.contains(where: { $0.key.isEqual(to: key) }) else {
                throw ExpressionError("Failed with repeated key")
            }
            result.append(ExpressionValue.Entry(key: key, value: try value(of: entry.value)))
        }
        return .map(result)
    }

    private func select(
        _ field: String, of operand: ExpressionValue, isOptional: Bool
    ) throws(ExpressionError) -> ExpressionValue {
        if case .optional(let inner) = operand {
            guard let inner else { return .optional(nil) }
            return .optional(try has(field, in: inner) ? select(field, of: inner, isOptional: false) : nil)
        }
        guard case .map = operand else { throw ExpressionError("no such key: \(field)") }
        let value = operand.entry(.string(field))
        if isOptional { return .optional(value) }
        guard let value else { throw ExpressionError("no such key: \(field)") }
        return value
    }

    private func has(_ field: String, in operand: ExpressionValue) throws(ExpressionError) -> Bool {
        switch operand {
        case .map: return operand.entry(.string(field)) != nil
        case .optional(let inner?): return try has(field, in: inner)
        case .optional(nil): return false
        default: throw .noOverload()
        }
    }

    private func item(
        _ index: ExpressionValue, of operand: ExpressionValue, isOptional: Bool
    ) throws(ExpressionError) -> ExpressionValue {
        switch operand {
        case .optional(let inner):
            guard let inner else { return .optional(nil) }
            return try item(index, of: inner, isOptional: true)
        case .list(let items):
            guard let number = index.number, number == number.rounded(), abs(number) < 1e15 else {
                throw .noOverload()
            }
            let position = Int(number)
            let found = items.indices.contains(position) ? items[position] : nil
            if isOptional { return .optional(found) }
            guard let found else { throw ExpressionError("index out of bounds: \(position)") }
            return found
        case .map:
            let found = operand.entry(index)
            if isOptional { return .optional(found) }
            guard let found else { throw ExpressionError("no such key: \(ExpressionFunctions.text(index) ?? "")") }
            return found
        default: throw .noOverload()
        }
    }

    // MARK: Macros

    /// The variables of each turn.
    private func turns(
        _ range: ExpressionValue, _ names: [String]
    ) throws(ExpressionError) -> [(bindings: [ExpressionValue], item: ExpressionValue)] {
        let both = names.count > 1
        switch range {
        case .list(let items):
            return items.enumerated().map {
                (both ? [.int(Int64($0.offset)), $0.element] : [$0.element], $0.element)
            }
        case .map(let entries):
            return entries.map { (both ? [$0.key, $0.value] : [$0.key], $0.key) }
        default: throw .noOverload()
        }
    }

    private mutating func comprehension(
        _ macro: ExpressionNode.Comprehension
    ) throws(ExpressionError) -> ExpressionValue {
        let turns = try turns(value(of: macro.range), macro.variables)
        let outer = variables
        defer { variables = outer }
        var taken: [ExpressionValue] = []
        var count = 0
        var failure: ExpressionError?
        for turn in turns {
            for (name, value) in zip(macro.variables, turn.bindings) { variables[name] = value }
            let holds: Bool
            do throws(ExpressionError) {
                holds = try macro.predicate.map { node throws(ExpressionError) in try truth(of: node) } ?? true
            } catch {
                // An item that decides makes up for another that has no answer (CEL specification, "Macros").
                guard macro.macro == .all || macro.macro == .exists, error != .tooExpensive else { throw error }
                failure = failure ?? error
                continue
            }
            switch macro.macro {
            case .all: if !holds { return .bool(false) }
            case .exists: if holds { return .bool(true) }
            case .existsOne: count += holds ? 1 : 0
            case .filter: if holds { taken.append(turn.item) }
            case .map: if holds, let transform = macro.transform { taken.append(try value(of: transform)) }
            }
        }
        if let failure { throw failure }
        return switch macro.macro {
        case .all: .bool(true)
        case .exists: .bool(false)
        case .existsOne: .bool(count == 1)
        case .filter, .map: .list(taken)
        }
    }

    private mutating func truth(of node: ExpressionNode) throws(ExpressionError) -> Bool {
        guard case .bool(let value) = try value(of: node) else { throw .noOverload() }
        return value
    }

    // MARK: Operators

    private mutating func binary(
        _ operation: ExpressionNode.Operator, _ left: ExpressionNode, _ right: ExpressionNode
    ) throws(ExpressionError) -> ExpressionValue {
        switch operation {
        case .and: return .bool(try logic(left, right, decides: false))
        case .or: return .bool(try logic(left, right, decides: true))
        default:
            let first = try value(of: left)
            let second = try value(of: right)
            return try ExpressionOperators.apply(operation, first, second, &self)
        }
    }

    /// The side that decides makes up for another that has no answer (CEL specification, "Logical Operators").
    private mutating func logic(
        _ left: ExpressionNode, _ right: ExpressionNode, decides: Bool
    ) throws(ExpressionError) -> Bool {
        let failure: ExpressionError
        do throws(ExpressionError) {
            if try truth(of: left) == decides { return decides }
            return try truth(of: right)
        } catch {
            failure = error
        }
        guard failure != .tooExpensive, let second = try? truth(of: right), second == decides else { throw failure }
        return decides
    }

    private func negative(_ value: ExpressionValue) throws(ExpressionError) -> ExpressionValue {
        switch value {
        case .int(let number):
            guard number != .min else { throw ExpressionError("integer overflow") }
            return .int(-number)
        case .double(let number): return .double(-number)
        default: throw .noOverload()
        }
    }
}
