// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A label selector as `kubectl get -l` takes it: `app=web,tier!=cache,env in (a,b),!legacy,generation>3`.
struct LabelSelector: Sendable, Hashable {
    struct SyntaxError: Error, Hashable {
        var message: String
    }

    enum Requirement: Sendable, Hashable {
        case exists(String)
        case absent(String)
        case oneOf(String, [String])
        case noneOf(String, [String])
        case above(String, Int64)
        case below(String, Int64)
    }

    private(set) var requirements: [Requirement] = []

    /// Selects everything.
    init() {}

    /// The grammar of `k8s.io/apimachinery/pkg/labels`.
    init(_ text: String) throws(SyntaxError) {
        var parser = LabelSelectorParser(text)
        requirements = try parser.requirements()
    }

    func matches(_ labels: Object) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .exists(let key): labels[key] != nil
            case .absent(let key): labels[key] == nil
            case .oneOf(let key, let values): labels[key]?.scalarText.map(values.contains) ?? false
            case .noneOf(let key, let values): !(labels[key]?.scalarText.map(values.contains) ?? false)
            case .above(let key, let bound): Self.number(labels[key]).map { $0 > bound } ?? false
            case .below(let key, let bound): Self.number(labels[key]).map { $0 < bound } ?? false
            }
        }
    }

    private static func number(_ value: Value?) -> Int64? { value?.scalarText.flatMap { Int64($0) } }
}

/// Words and signs, one at a time.
private struct LabelSelectorParser {
    private var tokens: [String]
    private static let signs: Set<Character> = [")", ",", "!", "(", "=", ">", "<"]

    init(_ text: String) {
        tokens = []
        var word = ""
        func isSign(_ token: String?) -> Bool { token.map { $0.allSatisfy(Self.signs.contains) } ?? false }
        for character in text {
            let isSpace = character == " " || character == "\t" || character == "\r" || character == "\n"
            if isSpace || Self.signs.contains(character) {
                if !word.isEmpty { tokens.append(word) }
                word = ""
                if isSpace { continue }
                // `==` and `!=` are one sign each.
                if character == "=", let last = tokens.last, last == "=" || last == "!" {
                    tokens[tokens.count - 1] += "="
                } else {
                    tokens.append(String(character))
                }
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { tokens.append(word) }
        tokens.reverse()
    }

    mutating func requirements() throws(LabelSelector.SyntaxError) -> [LabelSelector.Requirement] {
        var requirements: [LabelSelector.Requirement] = []
        guard !tokens.isEmpty else { return [] }
        repeat { requirements.append(try requirement()) } while take(",")
        if let token = tokens.last { throw .init(message: "“\(token)” stands where a comma or the end is expected") }
        return requirements
    }

    private mutating func take(_ token: String) -> Bool {
        guard tokens.last == token else { return false }
        tokens.removeLast()
        return true
    }

    private var isAtEnd: Bool { tokens.last.map { $0 == "," } ?? true }

    private mutating func word(_ what: String) throws(LabelSelector.SyntaxError) -> String {
        guard let token = tokens.last, let first = token.first, !Self.signs.contains(first) else {
            throw .init(message: "\(what) is missing" + (tokens.last.map { " before “\($0)”" } ?? " at the end"))
        }
        tokens.removeLast()
        return token
    }

    private mutating func requirement() throws(LabelSelector.SyntaxError) -> LabelSelector.Requirement {
        if take("!") { return .absent(try key()) }
        let key = try key()
        guard !isAtEnd, let sign = tokens.popLast() else { return .exists(key) }
        switch sign {
        case "=", "==": return .oneOf(key, [try value()])
        case "!=": return .noneOf(key, [try value()])
        case "in": return .oneOf(key, try list())
        case "notin": return .noneOf(key, try list())
        case ">": return .above(key, try number())
        case "<": return .below(key, try number())
        default: throw .init(message: "“\(sign)” is no operator: =, ==, !=, in, notin, < and > are")
        }
    }

    private mutating func number() throws(LabelSelector.SyntaxError) -> Int64 {
        let text = try word("a number")
        guard let number = Int64(text) else { throw .init(message: "“\(text)” is no whole number") }
        return number
    }

    private mutating func list() throws(LabelSelector.SyntaxError) -> [String] {
        guard take("(") else { throw .init(message: "“(” is missing: values stand in parentheses") }
        var values: [String] = []
        repeat {
            values.append(tokens.last == ")" || tokens.last == "," ? "" : try checked(try word("a value")))
        } while take(",")
        guard take(")") else { throw .init(message: "“)” is missing") }
        return values
    }

    private mutating func value() throws(LabelSelector.SyntaxError) -> String {
        isAtEnd ? "" : try checked(try word("a value"))
    }

    private mutating func key() throws(LabelSelector.SyntaxError) -> String {
        let key = try word("a label")
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        let isPrefixed = parts.count == 2 && !parts[0].isEmpty && parts[0].utf8.count <= 253
        guard parts.count == 1 || isPrefixed, let name = parts.last, !name.isEmpty, Self.isName(name) else {
            throw .init(message: "“\(key)” is no label")
        }
        return key
    }

    private func checked(_ value: String) throws(LabelSelector.SyntaxError) -> String {
        guard Self.isName(value[...]) else {
            throw .init(
                message:
                    "“\(value)” is no value of a label: at most 63 letters, digits, “-”, “_” and “.”, the first and the last a letter or digit"
            )
        }
        return value
    }

    private static func isName(_ text: Substring) -> Bool {
        func isAlphanumeric(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber)
        }
        guard text.utf8.count <= 63, text.first.map(isAlphanumeric) ?? true, text.last.map(isAlphanumeric) ?? true
        else { return false }
        return text.allSatisfy { isAlphanumeric($0) || $0 == "-" || $0 == "_" || $0 == "." }
    }
}
