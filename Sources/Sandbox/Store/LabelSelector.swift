// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A label selector in its query form: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
struct LabelSelector: Sendable {
    enum Operation: Sendable { case isIn, notIn, exists, absent }

    struct Requirement: Sendable {
        var key: String
        var operation: Operation
        var values: [String] = []
    }

    private(set) var requirements: [Requirement] = []

    init() {}

    init(_ text: String) throws(StatusError) {
        var parser = Parser(text)
        requirements = try parser.requirements()
    }

    func matches(_ labels: Object) -> Bool {
        requirements.allSatisfy { requirement in
            let value = labels[requirement.key]?.string
            return switch requirement.operation {
            case .isIn: value.map(requirement.values.contains) ?? false
            case .notIn: !(value.map(requirement.values.contains) ?? false)
            case .exists: value != nil
            case .absent: value == nil
            }
        }
    }
}

extension LabelSelector {
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

    /// Grammar and messages of apimachinery's `labels.Parse`.
    private struct Parser {
        private var tokens: [Token] = []
        private var position = 0

        init(_ text: String) {
            var word = ""
            func isSpecial(_ character: Character) -> Bool { "=!(),<>".contains(character) }
            var characters = Array(text)[...]
            func flush(_ tokens: inout [Token]) {
                if !word.isEmpty { tokens.append(.word(word)) }
                word = ""
            }
            while let character = characters.popFirst() {
                if character == " " || character == "\t" {
                    flush(&tokens)
                } else if isSpecial(character) {
                    flush(&tokens)
                    var symbol = String(character)
                    if let next = characters.first, ["==", "!="].contains(symbol + String(next)) {
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

        private func failure(_ expected: String) -> StatusError {
            .badRequest("found '\(current.text)', expected: \(expected)")
        }

        mutating func requirements() throws(StatusError) -> [Requirement] {
            var result: [Requirement] = []
            while current != .end {
                switch current {
                case .word, .symbol("!"): result.append(try requirement())
                default: throw failure("!, identifier, or 'end of string'")
                }
                switch current {
                case .end: break
                case .symbol(","):
                    position += 1
                    guard current != .end else { throw failure("identifier after ','") }
                default: throw failure("',' or 'end of string'")
                }
            }
            return result
        }

        private mutating func requirement() throws(StatusError) -> Requirement {
            if current == .symbol("!") {
                position += 1
                return Requirement(key: try word(), operation: .absent)
            }
            let key = try word()
            switch current {
            case .end, .symbol(","): return Requirement(key: key, operation: .exists)
            case .symbol("="), .symbol("=="):
                position += 1
                return Requirement(key: key, operation: .isIn, values: [value()])
            case .symbol("!="):
                position += 1
                return Requirement(key: key, operation: .notIn, values: [value()])
            case .word("in"), .word("notin"):
                let operation: Operation = next() == .word("in") ? .isIn : .notIn
                return Requirement(key: key, operation: operation, values: try values())
            default: throw failure("in, notin, =, ==, !=, gt, lt")
            }
        }

        private mutating func word() throws(StatusError) -> String {
            guard case .word(let text) = current else { throw failure("identifier") }
            position += 1
            return text
        }

        /// A value may be empty (`a=`).
        private mutating func value() -> String {
            guard case .word(let text) = current else { return "" }
            position += 1
            return text
        }

        private mutating func values() throws(StatusError) -> [String] {
            guard current == .symbol("(") else { throw failure("'('") }
            position += 1
            var result: [String] = []
            while true {
                result.append(value())
                switch next() {
                case .symbol(","): continue
                case .symbol(")"): return result
                default:
                    position -= 1
                    throw failure("',' or ')'")
                }
            }
        }
    }
}
