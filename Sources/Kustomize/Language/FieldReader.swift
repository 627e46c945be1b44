// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Reads the fields of one map, strictly: what is of the wrong type, and every field that nobody asked for, is a
/// problem with its line.
struct FieldReader {
    private let members: [YAMLNode.Member]
    private let file: String
    /// The map's place in the file, in messages: `patches[2].target`, or empty for the whole file.
    private let path: String
    let line: Int
    private var asked: [String] = []
    private(set) var problems: [RenderError] = []

    /// Nothing (a null) reads as a map without fields.
    init(_ node: YAMLNode, file: String, path: String) {
        self.file = file
        self.path = path
        line = node.position.line
        if case .mapping(let members) = node.content {
            self.members = members
        } else {
            members = []
            if !node.isNull {
                problems.append(
                    RenderError(
                        .invalidField, file: file, line: line,
                        "\(path.isEmpty ? "the file" : path) is a \(node.typeName), not a map"))
            }
        }
    }

    /// The node of a field; nil where it is missing or null.
    mutating func node(_ key: String) -> YAMLNode? {
        asked.append(key)
        guard let node = members.first(where: { $0.key == key })?.node, !node.isNull else { return nil }
        return node
    }

    mutating func string(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        return string(node, name(key))
    }

    mutating func bool(_ key: String) -> Bool? {
        guard let node = node(key) else { return nil }
        guard case .scalar(.bool(let value)) = node.content else {
            refuse(node, "\(name(key)) is a \(node.typeName), not true or false")
            return nil
        }
        return value
    }

    mutating func integer(_ key: String) -> Int64? {
        guard let node = node(key) else { return nil }
        guard case .scalar(.integer(let value)) = node.content else {
            refuse(node, "\(name(key)) is a \(node.typeName), not a whole number")
            return nil
        }
        return value
    }

    /// Each element of a list with the name it has in messages.
    mutating func list(_ key: String) -> [(node: YAMLNode, name: String)] {
        guard let node = node(key) else { return [] }
        guard case .sequence(let elements) = node.content else {
            refuse(node, "\(name(key)) is a \(node.typeName), not a list")
            return []
        }
        return elements.enumerated().map { (node: $1, name: "\(name(key))[\($0)]") }
    }

    mutating func strings(_ key: String) -> [Located<String>] {
        list(key).compactMap { element in
            string(element.node, element.name).map { Located(value: $0, line: element.node.position.line) }
        }
    }

    /// A map of strings, in order.
    mutating func pairs(_ key: String) -> [(String, String)] {
        guard let node = node(key) else { return [] }
        guard case .mapping(let members) = node.content else {
            refuse(node, "\(name(key)) is a \(node.typeName), not a map")
            return []
        }
        return members.compactMap { member in
            string(member.node, "\(name(key)).\(member.key)").map { (member.key, $0) }
        }
    }

    /// A reader for a field that is a map; nil where it is missing.
    mutating func map(_ key: String) -> FieldReader? {
        node(key).map { FieldReader($0, file: file, path: name(key)) }
    }

    /// A string that has to be there.
    mutating func required(_ key: String) -> String? {
        if let text = string(key), !text.isEmpty { return text }
        if members.first(where: { $0.key == key })?.node.isNull ?? true {
            problems.append(RenderError(.invalidField, file: file, line: line, "\(name(key)) is missing"))
        }
        return nil
    }

    mutating func refuse(
        _ node: YAMLNode, _ message: String, code: RenderError.Code = .invalidField, hint: String? = nil
    ) {
        problems.append(RenderError(code, file: file, line: node.position.line, message, hint: hint))
    }

    /// The problems, with one for each field that was not asked for.
    func finish(alsoKnown: [String] = []) -> [RenderError] {
        let known = asked + alsoKnown
        return problems
            + members.filter { !known.contains($0.key) }.map { member in
                RenderError(
                    .invalidField, file: file, line: member.keyPosition.line, "unknown field \(name(member.key))",
                    hint: Suggestion.closest(to: member.key, among: known).map { "did you mean \($0)?" })
            }
    }

    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private mutating func string(_ node: YAMLNode, _ name: String) -> String? {
        if case .scalar(.string(let text)) = node.content { return text }
        refuse(
            node, "\(name) is a \(node.typeName), not a string",
            hint: node.content.isScalar ? "put it in quotes" : nil)
        return nil
    }
}

extension YAMLNode.Content {
    fileprivate var isScalar: Bool { if case .scalar = self { true } else { false } }
}
