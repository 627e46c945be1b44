// SPDX-License-Identifier: Apache-2.0

/// A value that knows where it stands in its file.
package struct YAMLNode: Sendable, Hashable {
    package struct Position: Sendable, Hashable {
        /// From 1.
        package var line: Int
        /// From 1, in characters.
        package var column: Int

        package init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }
    }

    package struct Member: Sendable, Hashable {
        package var key: String
        package var keyPosition: Position
        package var node: YAMLNode

        package init(key: String, keyPosition: Position, node: YAMLNode) {
            self.key = key
            self.keyPosition = keyPosition
            self.node = node
        }
    }

    package enum Content: Sendable, Hashable {
        /// Never an array or an object.
        case scalar(Value)
        case sequence([YAMLNode])
        /// Keys are unique.
        case mapping([Member])
    }

    package var content: Content
    package var position: Position

    package init(content: Content, position: Position) {
        self.content = content
        self.position = position
    }

    package var value: Value {
        switch content {
        case .scalar(let value): value
        case .sequence(let nodes): .array(nodes.map(\.value))
        case .mapping(let members):
            .object(Object(uniqueKeysWithValues: members.map { Object.Pair(key: $0.key, value: $0.node.value) }))
        }
    }

    /// The word for this node's type in messages to people.
    package var typeName: String {
        switch content {
        case .scalar(let value): value.typeName
        case .sequence: "list"
        case .mapping: "map"
        }
    }

    package var isNull: Bool { content == .scalar(.null) }

    var isEmptyCollection: Bool {
        switch content {
        case .scalar: false
        case .sequence(let nodes): nodes.isEmpty
        case .mapping(let members): members.isEmpty
        }
    }

    /// The member of a map; nil for a missing key and for anything that is no map.
    package subscript(key: String) -> YAMLNode? {
        guard case .mapping(let members) = content else { return nil }
        return members.first { $0.key == key }?.node
    }

    /// The element of a list; nil when out of range and for anything that is no list.
    package subscript(index: Int) -> YAMLNode? {
        guard case .sequence(let nodes) = content, nodes.indices.contains(index) else { return nil }
        return nodes[index]
    }
}
