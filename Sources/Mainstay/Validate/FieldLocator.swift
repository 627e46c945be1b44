// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// Finds the line at which a field of an object, or of the pipeline, stands.
final class FieldLocator {
    private static let fileBytes = 8 << 20
    private static let keptFiles = 500

    private let tree: any FileTree
    /// Nil where a file cannot be read.
    private var files: [String: [YAMLDocument]?] = [:]

    init(_ tree: any FileTree) { self.tree = tree }

    /// The nearest place to a field: itself, or what should hold it.
    func position(of field: String, in file: String) -> YAMLNode.Position? {
        documents(of: file)?.first.map { Self.walk(field, from: $0.node) }
    }

    /// The same in an object of a file; nil where the object does not stand there as it is rendered.
    func position(of field: String, of object: ObjectID, at origin: Origin) -> YAMLNode.Position? {
        guard
            let document = documents(of: origin.file)?.first(where: { $0.index == origin.document }),
            let node = Self.object(object, in: document.node, line: origin.line)
        else { return nil }
        return Self.walk(field, from: node)
    }

    private func documents(of file: String) -> [YAMLDocument]? {
        if let known = files[file] { return known }
        guard files.count < Self.keptFiles else { return nil }
        var found: [YAMLDocument]?
        if let bytes = try? tree.contents(of: file, limit: Self.fileBytes) {
            found = try? YAML.documents(bytes, file: file, repeatedKeys: .lastWins)
        }
        files[file] = .some(found)
        return found
    }

    private static func object(_ id: ObjectID, in node: YAMLNode, line: Int) -> YAMLNode? {
        if node["kind"]?.value.string == id.kind { return node }
        guard case .sequence(let items)? = node["items"]?.content else { return nil }
        return items.first { $0.position.line == line }
    }

    private static func walk(_ field: String, from root: YAMLNode) -> YAMLNode.Position {
        var node = root
        var position = root.position
        for step in steps(of: field) {
            switch (step, node.content) {
            case (.key(let key), .mapping(let members)):
                guard let member = members.first(where: { $0.key == key }) else { return position }
                (node, position) = (member.node, member.keyPosition)
            case (.index(let index), .sequence(let nodes)) where nodes.indices.contains(index):
                node = nodes[index]
                position = node.position
            default: return position
            }
        }
        return position
    }

    enum Step: Equatable {
        case key(String)
        case index(Int)
    }

    /// `spec.containers[0].env["a.b"]`; also `.spec.x`, and `data[a.b]` as servers write it.
    static func steps(of field: String) -> [Step] {
        var steps: [Step] = []
        var rest = field[...]
        while let first = rest.first {
            if first == "." {
                rest.removeFirst()
            } else if first == "[", let close = rest.firstIndex(of: "]") {
                let text = rest[rest.index(after: rest.startIndex)..<close]
                let isQuoted = text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
                if !isQuoted, let index = Int(text) {
                    steps.append(.index(index))
                } else {
                    steps.append(.key(String(isQuoted ? text.dropFirst().dropLast() : text)))
                }
                rest = rest[rest.index(after: close)...]
            } else {
                let key = rest.prefix { $0 != "." && $0 != "[" }
                guard !key.isEmpty else { return steps }
                steps.append(.key(String(key)))
                rest = rest.dropFirst(key.count)
            }
        }
        return steps
    }
}
