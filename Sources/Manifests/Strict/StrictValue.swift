// SPDX-License-Identifier: Apache-2.0

/// A type that a field of a strictly read file can have.
package protocol StrictValue {
    /// What a message says the field must be: `a string`, `a duration such as 30s`.
    static var expectation: String { get }
    /// Stands in for a value that was refused. No caller sees it: a file with problems has no result.
    static var placeholder: Self { get }
    /// Nil when the node is something else; further problems are the context's to record.
    static func read(_ node: YAMLNode, in context: StrictContext) -> Self?
}

extension String: StrictValue {
    package static var expectation: String { "a string" }
    package static var placeholder: String { "" }
    package static func read(_ node: YAMLNode, in context: StrictContext) -> String? { node.value.string }
}

extension Int: StrictValue {
    package static var expectation: String { "a whole number" }
    package static var placeholder: Int { 0 }
    package static func read(_ node: YAMLNode, in context: StrictContext) -> Int? {
        node.value.integer.flatMap { Int(exactly: $0) }
    }
}

extension Bool: StrictValue {
    package static var expectation: String { "true or false" }
    package static var placeholder: Bool { false }
    package static func read(_ node: YAMLNode, in context: StrictContext) -> Bool? { node.value.bool }
}

extension Duration: StrictValue {
    package static var expectation: String { "a duration such as 30s, 10m or 24h" }
    package static var placeholder: Duration { .zero }
    package static func read(_ node: YAMLNode, in context: StrictContext) -> Duration? {
        node.value.string.flatMap(DurationText.parse)
    }
}

extension Array: StrictValue where Element: StrictValue {
    package static var expectation: String { "a list" }
    package static var placeholder: [Element] { [] }
    package static func read(_ node: YAMLNode, in context: StrictContext) -> [Element]? {
        guard case .sequence(let nodes) = node.content else {
            // The text itself is not shown: a list that was written as one word may hold a password.
            context.report("must be a list, not a \(node.typeName)", at: node.position)
            return []
        }
        return nodes.enumerated().map { context.element($0.offset).read(Element.self, from: $0.element) }
    }
}

/// A closed set of words: give the enum String raw values and this conformance.
package protocol StrictChoice: StrictValue, CaseIterable, RawRepresentable where RawValue == String {}

extension StrictChoice {
    package static var expectation: String {
        let words = allCases.map(\.rawValue)
        guard let last = words.last, words.count > 1 else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }

    package static func read(_ node: YAMLNode, in context: StrictContext) -> Self? {
        node.value.string.flatMap(Self.init(rawValue:))
    }
}

extension Located: Sendable where Wrapped: Sendable {}

/// A value with its place in the file, for checks that only make sense once all is read.
package struct Located<Wrapped: StrictValue>: StrictValue {
    package var value: Wrapped
    package var position: YAMLNode.Position
    package var path: String

    package static var expectation: String { Wrapped.expectation }
    package static var placeholder: Located {
        Located(value: .placeholder, position: YAMLNode.Position(line: 1, column: 1), path: "")
    }
    package static func read(_ node: YAMLNode, in context: StrictContext) -> Located? {
        Wrapped.read(node, in: context).map { Located(value: $0, position: node.position, path: context.path) }
    }
}
