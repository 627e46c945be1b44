// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A label selector as `kubectl get -l` takes it: `app=web,tier!=cache,env in (a,b),!legacy`.
struct LabelSelector: Sendable, Hashable {
    struct SyntaxError: Error, Hashable {
        var message: String
    }

    enum Requirement: Sendable, Hashable {
        case exists(String)
        case absent(String)
        case oneOf(String, [String])
        case noneOf(String, [String])
    }

    private(set) var requirements: [Requirement] = []

    /// Selects everything.
    init() {}

    init(_ text: String) throws(SyntaxError) {
        for part in Self.parts(of: text) {
            requirements.append(try Self.requirement(part))
        }
    }

    func matches(_ labels: Object) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .exists(let key): labels[key] != nil
            case .absent(let key): labels[key] == nil
            case .oneOf(let key, let values): labels[key]?.string.map(values.contains) ?? false
            case .noneOf(let key, let values): !(labels[key]?.string.map(values.contains) ?? false)
            }
        }
    }

    /// Split at commas outside parentheses.
    private static func parts(of text: String) -> [String] {
        var parts: [String] = [""]
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts.map(trimmed).filter { !$0.isEmpty }
    }

    private static func requirement(_ part: String) throws(SyntaxError) -> Requirement {
        if let open = part.firstIndex(of: "("), part.hasSuffix(")") {
            let words = part[..<open].split(separator: " ").map(String.init)
            let list = part[part.index(after: open)...].dropLast()
            let values = list.split(separator: ",", omittingEmptySubsequences: false).map { trimmed(String($0)) }
            guard words.count == 2 else { throw SyntaxError(message: "\(part) is no requirement") }
            switch words[1] {
            case "in": return .oneOf(try key(words[0]), values)
            case "notin": return .noneOf(try key(words[0]), values)
            default: throw SyntaxError(message: "\(words[1]) is no operator")
            }
        }
        if part.hasPrefix("!"), !part.contains("=") { return .absent(try key(String(part.dropFirst()))) }
        guard let equals = part.firstIndex(of: "=") else { return .exists(try key(part)) }
        var name = part[..<equals]
        var value = part[part.index(after: equals)...]
        if value.hasPrefix("=") { value = value.dropFirst() }
        let isNegated = name.hasSuffix("!")
        if isNegated { name = name.dropLast() }
        let values = [trimmed(String(value))]
        return isNegated ? .noneOf(try key(String(name)), values) : .oneOf(try key(String(name)), values)
    }

    private static func key(_ text: String) throws(SyntaxError) -> String {
        let key = trimmed(text)
        guard !key.isEmpty, !key.contains(where: \.isWhitespace) else {
            throw SyntaxError(message: "“\(key)” is no label")
        }
        return key
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.first?.isWhitespace ?? false { text = text.dropFirst() }
        while text.last?.isWhitespace ?? false { text = text.dropLast() }
        return String(text)
    }
}
