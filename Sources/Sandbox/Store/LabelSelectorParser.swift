// SPDX-License-Identifier: Apache-2.0

/// The grammar of label selectors, with apimachinery's messages.
struct LabelSelectorParser {
    private enum Token: Equatable {
        case word(String)
        case symbol(String)
        case end

        var text: String {
            switch self {
            case .word(let text), .symbol(let text): text
            case .end: ""
            }
        }
    }

    private static let symbols = [")", ",", "!", "==", "=", ">", "<", "!=", "("]

    private var tokens: [Token] = []
    private var position = 0

    init(_ text: String) {
        var word = ""
        var characters = Array(text)[...]
        func flush(_ tokens: inout [Token]) {
            if !word.isEmpty { tokens.append(.word(word)) }
            word = ""
        }
        while let character = characters.popFirst() {
            if " \t\r\n".contains(character) {
                flush(&tokens)
            } else if "=!(),<>".contains(character) {
                flush(&tokens)
                var symbol = String(character)
                while let next = characters.first, Self.symbols.contains(symbol + String(next)) {
                    symbol.append(next)
                    characters.removeFirst()
                }
                tokens.append(.symbol(symbol))
            } else {
                word.append(character)
            }
        }
        flush(&tokens)
    }

    private var current: Token { position < tokens.count ? tokens[position] : .end }

    private mutating func next() -> Token {
        defer { position += 1 }
        return current
    }

    private func failure(_ found: Token, _ expected: String) -> StatusError {
        .badRequest("found '\(found.text)', expected: \(expected)")
    }

    mutating func requirements() throws(StatusError) -> [LabelSelector.Requirement] {
        var result: [LabelSelector.Requirement] = []
        while true {
            switch current {
            case .end: return result.sorted { $0.key < $1.key }
            case .word, .symbol("!"):
                do throws(StatusError) {
                    result.append(try requirement())
                } catch {
                    throw .badRequest("unable to parse requirement: \(error.message)")
                }
            default: throw failure(current, "!, identifier, or 'end of string'")
            }
            switch next() {
            case .end: continue
            case .symbol(","):
                switch current {
                case .word, .symbol("!"): continue
                default: throw failure(current, "identifier after ','")
                }
            case let other: throw failure(other, "',' or 'end of string'")
            }
        }
    }

    private mutating func requirement() throws(StatusError) -> LabelSelector.Requirement {
        let isNegated = current == .symbol("!")
        if isNegated { position += 1 }
        let token = next()
        guard case .word(let key) = token else { throw failure(token, "identifier") }
        let problems = NameRules.qualifiedName(key)
        if !problems.isEmpty { throw Self.invalid("<nil>", key, problems.joined(separator: "; ")) }
        if isNegated { return LabelSelector.Requirement(key: key, operation: .absent) }
        if current == .end || current == .symbol(",") {
            return LabelSelector.Requirement(key: key, operation: .exists)
        }
        let operation: LabelSelector.Operation
        let values: [String]
        switch next() {
        case .symbol("="), .symbol("=="): (operation, values) = (.isIn, try exactValue())
        case .symbol("!="): (operation, values) = (.notIn, try exactValue())
        case .symbol(">"): (operation, values) = (.greater, try exactValue())
        case .symbol("<"): (operation, values) = (.less, try exactValue())
        case .word("in"): (operation, values) = (.isIn, try self.values())
        case .word("notin"): (operation, values) = (.notIn, try self.values())
        case let other: throw failure(other, "in, notin, =, ==, !=, gt, lt")
        }
        try check(values, of: key, operation)
        return LabelSelector.Requirement(key: key, operation: operation, values: values)
    }

    private func check(
        _ values: [String], of key: String, _ operation: LabelSelector.Operation
    ) throws(StatusError) {
        if values.isEmpty {
            throw .badRequest(
                "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
        }
        for (index, value) in values.enumerated() {
            if operation == .greater || operation == .less, Int64(value) == nil {
                throw Self.invalid(
                    "values[\(index)]", value, "for 'Gt', 'Lt' operators, the value must be an integer")
            }
            let problems = NameRules.labelValue(value)
            if !problems.isEmpty {
                throw Self.invalid("values[\(index)][\(key)]", value, problems.joined(separator: "; "))
            }
        }
    }

    private static func invalid(_ path: String, _ value: String, _ why: String) -> StatusError {
        .badRequest("\(path): Invalid value: \"\(value)\": \(why)")
    }

    /// A value may be empty (`a=`).
    private mutating func exactValue() throws(StatusError) -> [String] {
        if current == .end || current == .symbol(",") { return [""] }
        let token = next()
        guard case .word(let text) = token else { throw failure(token, "identifier") }
        return [text]
    }

    /// `(a,b)`: what is between two commas, or a comma and a bracket, is the empty value.
    private mutating func values() throws(StatusError) -> [String] {
        let open = next()
        guard open == .symbol("(") else { throw .badRequest("found '\(open.text)' expected: '('") }
        var found: Set<String> = []
        switch current {
        case .word, .symbol(","): break
        case .symbol(")"):
            position += 1
            return []
        default: throw failure(current, "',', ')' or identifier")
        }
        while true {
            switch next() {
            case .word(let text):
                found.insert(text)
                switch current {
                case .symbol(","): continue
                case .symbol(")"):
                    position += 1
                    return found.sorted()
                default: throw failure(current, "',' or ')'")
                }
            case .symbol(","):
                if found.isEmpty { found.insert("") }
                if current == .symbol(")") {
                    position += 1
                    found.insert("")
                    return found.sorted()
                }
                if current == .symbol(",") {
                    position += 1
                    found.insert("")
                }
            case let other: throw failure(other, "',', or identifier")
            }
        }
    }
}
