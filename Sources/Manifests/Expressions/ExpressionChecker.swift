// SPDX-License-Identifier: Apache-2.0

extension Expression {
    /// What the expression comes to, as far as that is known.
    ///
    /// - Throws: the first thing that cannot be, whatever the values are: an unknown name, field or function, operands
    ///   that do not go together.
    package func type(_ variables: [String: ExpressionType]) throws(ExpressionError) -> ExpressionType {
        var checker = ExpressionChecker(variables: variables)
        return try checker.type(of: root)
    }
}

/// Goes through an expression with types in the place of values.
private struct ExpressionChecker {
    typealias Node = ExpressionNode

    var variables: [String: ExpressionType]

    mutating func type(of node: Node) throws(ExpressionError) -> ExpressionType {
        switch node.kind {
        case .literal(let value): return Self.type(of: value)
        case .identifier(let name):
            if let type = variables[name] { return type }
            if ExpressionFunctions.types.contains(name) { return .type }
            throw undeclared(name, at: node.position)
        case .select(let operand, let field, let isOptional):
            let type = try fieldType(field, of: type(of: operand), at: node.position)
            return isOptional ? .optional(type) : type
        case .presence(let operand, let field):
            _ = try fieldType(field, of: type(of: operand), at: node.position)
            return .bool
        case .index(let operand, let index, let isOptional):
            let type = try item(type(of: operand), type(of: index), at: node.position)
            return isOptional ? .optional(type) : type
        case .call(let name, let arguments): return try call(name, types(arguments), at: node.position)
        case .member(let operand, let name, let arguments):
            return try member(name, on: type(of: operand), types(arguments), at: node.position)
        case .list(let nodes): return .list(join(try types(nodes)))
        case .map(let entries):
            var values: [ExpressionType] = []
            for entry in entries {
                _ = try type(of: entry.key)
                values.append(try type(of: entry.value))
            }
            return .map(join(values))
        case .not(let operand):
            let type = try type(of: operand)
            guard type.fits(.bool) else { throw noOverload("!_", [type], at: node.position) }
            return .bool
        case .negative(let operand):
            let type = try type(of: operand)
            guard type.fits(.int) || type.fits(.double) else { throw noOverload("-_", [type], at: node.position) }
            return type
        case .binary(let operation, let left, let right):
            return try binary(operation, type(of: left), type(of: right), at: node.position)
        case .conditional(let condition, let first, let second):
            let types = [try type(of: condition), try type(of: first), try type(of: second)]
            guard types[0].fits(.bool), types[1].fits(types[2]) else {
                throw noOverload("_?_:_", types, at: node.position)
            }
            return join(Array(types.dropFirst()))
        case .comprehension(let macro): return try comprehension(macro)
        }
    }

    private mutating func types(_ nodes: [Node]) throws(ExpressionError) -> [ExpressionType] {
        var result: [ExpressionType] = []
        for node in nodes { result.append(try type(of: node)) }
        return result
    }

    private static func type(of value: ExpressionValue) -> ExpressionType {
        switch value {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        default: .dyn
        }
    }

    /// One type for several values.
    private func join(_ types: [ExpressionType]) -> ExpressionType {
        guard let first = types.first(where: { $0.name != "null" }) else { return types.first ?? .dyn }
        return types.allSatisfy { $0.name == first.name || $0.name == "null" } ? first : .dyn
    }

    private func undeclared(_ name: String, at position: Int) -> ExpressionError {
        ExpressionError("undeclared reference to '\(name)' (in container '')", at: position)
    }

    private func noOverload(
        _ function: String, on target: ExpressionType? = nil, _ types: [ExpressionType], at position: Int
    ) -> ExpressionError {
        let list = "(\(types.map(\.name).joined(separator: ", ")))"
        return ExpressionError(
            "found no matching overload for '\(function)' applied to '\(target.map { "\($0.name)." } ?? "")\(list)'",
            at: position)
    }

    private func fieldType(
        _ field: String, of type: ExpressionType, at position: Int
    ) throws(ExpressionError) -> ExpressionType {
        switch type {
        case .dyn, .null: return .dyn
        case .map(let item): return item
        case .optional(let inner): return .optional(try fieldType(field, of: inner, at: position))
        case .object(let fields):
            guard let type = fields[field] else { throw ExpressionError("undefined field '\(field)'", at: position) }
            return type
        default: throw ExpressionError("type '\(type.name)' does not support field selection", at: position)
        }
    }

    private func item(
        _ type: ExpressionType, _ index: ExpressionType, at position: Int
    ) throws(ExpressionError) -> ExpressionType {
        switch type {
        case .dyn: return .dyn
        case .list(let item) where index.isNumber || index.fits(.int): return item
        case .map(let item) where index.fits(.string): return item
        case .object: return .dyn
        case .optional(let inner): return .optional(try item(inner, index, at: position))
        default: throw noOverload("_[_]", [type, index], at: position)
        }
    }

    private func call(
        _ name: String, _ types: [ExpressionType], at position: Int
    ) throws(ExpressionError) -> ExpressionType {
        guard let counts = ExpressionFunctions.global[name] else { throw undeclared(name, at: position) }
        guard counts.contains(types.count) else { throw noOverload(name, types, at: position) }
        switch name {
        case "size":
            switch types[0] {
            case .dyn, .string, .bytes, .list, .map, .object: return .int
            default: throw noOverload(name, types, at: position)
            }
        case "int": return .int
        case "uint": return .uint
        case "double": return .double
        case "string": return .string
        case "bytes": return .bytes
        case "type": return .type
        case "duration": return .duration
        case "timestamp": return .timestamp
        case "quantity": return .quantity
        case "optional.of", "optional.ofNonZeroValue": return .optional(types[0])
        case "optional.none": return .optional(.dyn)
        case "dyn": return .dyn
        default: return .bool
        }
    }

    private func member(
        _ name: String, on target: ExpressionType, _ types: [ExpressionType], at position: Int
    ) throws(ExpressionError) -> ExpressionType {
        guard ExpressionFunctions.members.contains(name) else { throw undeclared(name, at: position) }
        switch target {
        case .null, .bool, .int, .uint, .double, .type: throw noOverload(name, on: target, types, at: position)
        case .optional(let inner):
            switch name {
            case "hasValue": return .bool
            case "value", "orValue": return inner
            default: return target
            }
        case .list(let item) where ["min", "max", "sum"].contains(name): return item
        case .list where name == "reverse": return target
        default: break
        }
        switch name {
        case "startsWith", "endsWith", "contains", "matches", "isSorted", "isInteger", "isGreaterThan", "isLessThan":
            return .bool
        case "size", "indexOf", "lastIndexOf", "asInteger", "sign", "compareTo": return .int
        case _ where name.hasPrefix("get"): return .int
        case "charAt", "lowerAscii", "upperAscii", "replace", "substring", "trim", "join", "find", "format", "reverse":
            return .string
        case "split", "findAll": return .list(.string)
        case "asApproximateFloat": return .double
        case "add", "sub": return .quantity
        default: return .dyn
        }
    }

    private func binary(
        _ operation: Node.Operator, _ left: ExpressionType, _ right: ExpressionType, at position: Int
    ) throws(ExpressionError) -> ExpressionType {
        let error = noOverload(operation == .within ? "@in" : "_\(operation.rawValue)_", [left, right], at: position)
        switch operation {
        case .and, .or:
            guard left.fits(.bool), right.fits(.bool) else { throw error }
            return .bool
        case .equal, .unequal:
            guard left.fits(right) else { throw error }
            return .bool
        case .less, .atMost, .greater, .atLeast:
            switch (left, right) {
            case (.list, _), (.map, _), (.object, _), (_, .list), (_, .map), (_, .object): throw error
            case _ where left.isNumber && right.isNumber: return .bool
            default:
                guard left.fits(right) else { throw error }
                return .bool
            }
        case .within:
            switch right {
            case .dyn, .map, .object: return .bool
            case .list(let item):
                guard left.fits(item) else { throw error }
                return .bool
            default: throw error
            }
        default: return try arithmetic(operation, left, right, or: error)
        }
    }

    private func arithmetic(
        _ operation: Node.Operator, _ left: ExpressionType, _ right: ExpressionType, or error: ExpressionError
    ) throws(ExpressionError) -> ExpressionType {
        switch (left, operation, right) {
        case (.dyn, _, _), (_, _, .dyn): return .dyn
        case (.timestamp, .add, .duration), (.duration, .add, .timestamp), (.timestamp, .subtract, .duration):
            return .timestamp
        case (.timestamp, .subtract, .timestamp), (.duration, .add, .duration), (.duration, .subtract, .duration):
            return .duration
        case (.string, .add, .string), (.bytes, .add, .bytes): return left
        case (.list(let first), .add, .list(let second)): return .list(first.fits(second) ? first : .dyn)
        case (.double, .remainder, _): throw error
        default:
            guard left.isNumber, left.name == right.name else { throw error }
            return left
        }
    }

    private mutating func comprehension(_ macro: Node.Comprehension) throws(ExpressionError) -> ExpressionType {
        let range = try type(of: macro.range)
        let both = macro.variables.count > 1
        let bound: [ExpressionType]
        var item: ExpressionType = .dyn
        switch range {
        case .dyn: bound = [.dyn, .dyn]
        case .list(let element):
            item = element
            bound = both ? [.int, element] : [element]
        case .map(let element):
            item = .string
            bound = both ? [.string, element] : [.string]
        case .object:
            item = .string
            bound = [.string, .dyn]
        default:
            throw ExpressionError(
                "expression of type '\(range.name)' cannot be range of a comprehension (must be list, map, or dynamic)",
                at: macro.range.position)
        }
        let outer = variables
        defer { variables = outer }
        for (name, type) in zip(macro.variables, bound) { variables[name] = type }
        if let predicate = macro.predicate {
            let answer = try type(of: predicate)
            guard answer.fits(.bool) else {
                throw ExpressionError(
                    "expected type 'bool' but found '\(answer.name)'", at: predicate.position)
            }
        }
        switch macro.macro {
        case .map: return .list(try macro.transform.map { node throws(ExpressionError) in try type(of: node) } ?? .dyn)
        case .filter: return .list(item)
        default: return .bool
        }
    }
}
