// SPDX-License-Identifier: Apache-2.0

/// Reads an expression (CEL specification, "Grammar" and "Macros").
struct ExpressionParser {
    private typealias Node = ExpressionNode

    private let tokens: [ExpressionLexer.Placed]
    private var index = 0
    private var depth = 0

    /// Deeper nesting than anybody writes.
    private static let deepest = 100
    private static let deepestTree = 500
    private static let longest = 16_384

    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while",
    ]

    static func parse(_ text: String) throws(ExpressionError) -> ExpressionNode {
        guard text.utf8.count <= longest else {
            throw ExpressionError("expression is longer than \(longest) bytes", at: 0)
        }
        var parser = ExpressionParser(tokens: try ExpressionLexer.tokens(text))
        let node = try parser.expression()
        guard parser.token == .end else { throw parser.unexpected() }
        try checkDepth(of: node)
        return node
    }

    /// What goes through an expression goes down with it. Long chains (`1 + 1 + 1`, `a.b.c`) are deep, too, though they
    /// nest nothing.
    private static func checkDepth(of root: ExpressionNode) throws(ExpressionError) {
        var level = [root]
        for _ in 0..<deepestTree {
            level = level.flatMap(\.children)
            if level.isEmpty { return }
        }
        throw ExpressionError("expression recursion limit exceeded: \(deepestTree)", at: 0)
    }

    private init(tokens: [ExpressionLexer.Placed]) { self.tokens = tokens }

    private var token: ExpressionLexer.Token { tokens[min(index, tokens.count - 1)].token }
    private var position: Int { tokens[min(index, tokens.count - 1)].position }

    private func unexpected() -> ExpressionError {
        let shown: String =
            switch token {
            case .end: "<EOF>"
            case .identifier(let name): name
            case .symbol(let symbol): symbol
            case .int(let value): String(value)
            case .uint(let value): "\(value)u"
            case .double(let value): String(value)
            case .string(let text): "\"\(text)\""
            case .bytes: "b\"\""
            }
        return ExpressionError("Syntax error: unexpected '\(shown)'", at: position)
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard token == .symbol(symbol) else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ symbol: String) throws(ExpressionError) {
        guard take(symbol) else { throw unexpected() }
    }

    private mutating func expression() throws(ExpressionError) -> ExpressionNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else {
            throw ExpressionError("expression recursion limit exceeded: \(Self.deepest)", at: position)
        }
        let condition = try binary(0)
        let place = position
        guard take("?") else { return condition }
        let whenTrue = try binary(0)
        try expect(":")
        let whenFalse = try expression()
        return Node(kind: .conditional(condition, whenTrue, whenFalse), position: place)
    }

    /// Operators from the weakest to the strongest.
    private static let levels: [[String]] = [
        ["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">=", "in"], ["+", "-"], ["*", "/", "%"],
    ]

    private mutating func binary(_ level: Int) throws(ExpressionError) -> ExpressionNode {
        guard level < Self.levels.count else { return try unary() }
        var left = try binary(level + 1)
        while let operation = operation(at: level) {
            let place = position
            index += 1
            let right = try binary(level + 1)
            left = Node(kind: .binary(operation, left, right), position: place)
        }
        return left
    }

    private func operation(at level: Int) -> ExpressionNode.Operator? {
        let text: String
        switch token {
        case .symbol(let symbol): text = symbol
        case .identifier("in"): text = "in"
        default: return nil
        }
        return Self.levels[level].contains(text) ? ExpressionNode.Operator(rawValue: text) : nil
    }

    private mutating func unary() throws(ExpressionError) -> ExpressionNode {
        let place = position
        if take("!") {
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.deepest else { throw unexpected() }
            return Node(kind: .not(try unary()), position: place)
        }
        guard take("-") else { return try postfix(primary()) }
        switch token {
        case .int(let value):
            index += 1
            return try postfix(Node(kind: .literal(.int(value == .min ? value : -value)), position: place))
        case .double(let value):
            index += 1
            return try postfix(Node(kind: .literal(.double(-value)), position: place))
        default:
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.deepest else { throw unexpected() }
            return Node(kind: .negative(try unary()), position: place)
        }
    }

    private mutating func postfix(_ start: ExpressionNode) throws(ExpressionError) -> ExpressionNode {
        var node = start
        while true {
            let place = position
            if take(".") {
                node = try member(of: node, at: place)
            } else if take(".?") {
                node = Node(kind: .select(node, try name(), isOptional: true), position: place)
            } else if take("[") {
                node = Node(kind: .index(node, try expression(), isOptional: false), position: place)
                try expect("]")
            } else if take("[?") {
                node = Node(kind: .index(node, try expression(), isOptional: true), position: place)
                try expect("]")
            } else {
                return node
            }
        }
    }

    private mutating func name() throws(ExpressionError) -> String {
        guard case .identifier(let name) = token, name != "in" else { throw unexpected() }
        index += 1
        return name
    }

    private mutating func member(of node: ExpressionNode, at place: Int) throws(ExpressionError) -> ExpressionNode {
        let name = try name()
        let bracket = position
        guard take("(") else { return Node(kind: .select(node, name, isOptional: false), position: place) }
        let arguments = try arguments(until: ")")
        if let macro = try macro(name, on: node, arguments, at: bracket) { return macro }
        if case .identifier(let space) = node.kind, ["optional", "sets", "math", "base64"].contains(space) {
            return Node(kind: .call("\(space).\(name)", arguments), position: bracket)
        }
        return Node(kind: .member(node, name, arguments), position: bracket)
    }

    private mutating func arguments(until end: String) throws(ExpressionError) -> [ExpressionNode] {
        var result: [ExpressionNode] = []
        if take(end) { return result }
        while true {
            result.append(try expression())
            if take(end) { return result }
            try expect(",")
        }
    }

    private func macro(
        _ name: String, on range: ExpressionNode, _ arguments: [ExpressionNode], at place: Int
    ) throws(ExpressionError) -> ExpressionNode? {
        let spelling = name == "existsOne" ? "exists_one" : name
        guard let macro = Node.Comprehension.Macro(rawValue: spelling) else { return nil }
        let isMap = macro == .map
        guard arguments.count == 2 || arguments.count == 3, !(macro == .filter && arguments.count == 3) else {
            return nil
        }
        // The third argument is a second variable's, but of `map`, whose second one then chooses.
        var names: [String] = []
        for argument in arguments.prefix(isMap ? 1 : arguments.count - 1) {
            guard case .identifier(let name) = argument.kind else {
                throw ExpressionError("argument must be a simple name", at: argument.position)
            }
            names.append(name)
        }
        return Node(
            kind: .comprehension(
                Node.Comprehension(
                    macro: macro, range: range, variables: names,
                    predicate: isMap ? (arguments.count == 3 ? arguments[1] : nil) : arguments.last,
                    transform: isMap ? arguments.last : nil)), position: place)
    }

    private mutating func primary() throws(ExpressionError) -> ExpressionNode {
        let place = position
        let token = token
        switch token {
        case .int(let value):
            index += 1
            guard value != .min else { throw ExpressionError("invalid int literal", at: place) }
            return Node(kind: .literal(.int(value)), position: place)
        case .uint(let value): return literal(.uint(value), place)
        case .double(let value): return literal(.double(value), place)
        case .string(let text): return literal(.string(text), place)
        case .bytes(let bytes): return literal(.bytes(bytes), place)
        case .identifier(let name): return try identifier(name, at: place)
        case .symbol("("):
            index += 1
            let node = try expression()
            try expect(")")
            return node
        case .symbol("["):
            index += 1
            return Node(kind: .list(try items()), position: place)
        case .symbol("{"):
            index += 1
            return Node(kind: .map(try entries()), position: place)
        default: throw unexpected()
        }
    }

    private mutating func literal(_ value: ExpressionValue, _ place: Int) -> ExpressionNode {
        index += 1
        return Node(kind: .literal(value), position: place)
    }

    private mutating func identifier(_ name: String, at place: Int) throws(ExpressionError) -> ExpressionNode {
        switch name {
        case "true": return literal(.bool(true), place)
        case "false": return literal(.bool(false), place)
        case "null": return literal(.null, place)
        case "in": throw unexpected()
        case _ where Self.reserved.contains(name):
            throw ExpressionError("reserved identifier: \(name)", at: place)
        default: index += 1
        }
        let bracket = position
        guard take("(") else { return Node(kind: .identifier(name), position: place) }
        let arguments = try arguments(until: ")")
        guard name == "has" else { return Node(kind: .call(name, arguments), position: bracket) }
        guard arguments.count == 1, case .select(let operand, let field, false) = arguments[0].kind else {
            throw ExpressionError("invalid argument to has() macro", at: arguments.first?.position ?? bracket)
        }
        return Node(kind: .presence(operand, field), position: bracket)
    }

    private mutating func items() throws(ExpressionError) -> [ExpressionNode] {
        var result: [ExpressionNode] = []
        while !take("]") {
            result.append(try expression())
            if take(",") { continue }
            try expect("]")
            return result
        }
        return result
    }

    private mutating func entries() throws(ExpressionError) -> [(key: ExpressionNode, value: ExpressionNode)] {
        var result: [(key: ExpressionNode, value: ExpressionNode)] = []
        while !take("}") {
            let key = try expression()
            try expect(":")
            result.append((key, try expression()))
            if take(",") { continue }
            try expect("}")
            return result
        }
        return result
    }
}
