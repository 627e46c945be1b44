// SPDX-License-Identifier: Apache-2.0

/// Documents to manifests.
package enum ManifestReader {
    /// Reads the manifests of a file: empty documents are skipped, the items of a `List` stand for themselves.
    ///
    /// Kustomize also skips `{}` and `[]`, leaves out annotations that are no map, and takes any scalar for a kind, a
    /// version, a name or a namespace.
    ///
    /// - Throws: `ManifestErrors` with every problem of the file, or with the one that made it unreadable.
    package static func manifests(
        _ bytes: [UInt8], file: String, dialect: YAML.Dialect = .kubectl, limits: YAML.Limits = YAML.Limits()
    ) throws(ManifestErrors) -> [Manifest] {
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            documents = try YAML.documents(bytes, file: file, dialect: dialect, limits: limits)
        } catch {
            throw ManifestErrors(problems: [error])
        }
        var reading = Reading(file: file, dialect: dialect)
        for document in documents where !document.node.isNull {
            if dialect != .kubectl, document.node.isEmptyCollection { continue }
            reading.read(document.node, document: document.index, line: document.line, isItem: false)
        }
        reading.readListed()
        guard reading.problems.isEmpty else { throw ManifestErrors(problems: reading.problems) }
        return reading.manifests
    }

    private struct Reading {
        let file: String
        let dialect: YAML.Dialect
        var manifests: [Manifest] = []
        /// The items of lists that kustomize takes after all documents, lists within lists after those.
        var listed: [(node: YAMLNode, document: Int)] = []
        var problems: [YAMLError] = []

        mutating func read(_ node: YAMLNode, document: Int, line: Int, isItem: Bool) {
            guard case .mapping = node.content else {
                report("a manifest is a map, but this is a \(node.typeName)", at: node)
                return
            }
            if dialect == .kustomize, node.content == .mapping([]) { return }
            // Kustomize carries on what has no version.
            let lacksVersion = dialect == .kustomize && node["apiVersion"]?.isNull ?? true
            let apiVersion = lacksVersion ? "" : text("apiVersion", of: node)
            let kind = text("kind", of: node)
            // The items of `v1 List` and of any other list kind; a list within a list is a mistake, but not to kustomize.
            if !isItem || dialect == .kustomize, let kind, kind.hasSuffix("List"), let items = node["items"] {
                guard case .sequence(let nodes) = items.content else {
                    if !items.isNull { report("\"items\" must be a list, but is a \(items.typeName)", at: items) }
                    return
                }
                for item in nodes {
                    if dialect == .kustomize {
                        listed += unwrapped(item).map { ($0, document) }
                    } else {
                        read(item, document: document, line: item.position.line, isItem: true)
                    }
                }
                return
            }
            // A list without items is an object like others, but need have no name.
            let needsNoName =
                dialect != .kubectl && kind?.hasSuffix("List") ?? false && node["metadata"]?["name"] == nil
            let name = needsNoName ? "" : name(of: node)
            guard apiVersion != nil, kind != nil, let name, var object = node.value.object else { return }
            if dialect == .kubectl, object.value(at: "metadata", "name")?.string == nil, !name.isEmpty {
                object.set(.string(name), at: "metadata", "name")
            }
            if needsNoName, object["metadata"] == nil { object["metadata"] = [:] }
            if dialect != .kubectl, object.value(at: "metadata", "annotations")?.scalarText != nil {
                object.set(nil, at: "metadata", "annotations")
            }
            manifests.append(
                Manifest(object: object, origin: Origin(file: file, document: document, line: line)))
        }

        /// A `List` among the items of a list: its items take its place. Lists of other kinds wait for their turn.
        private func unwrapped(_ node: YAMLNode) -> [YAMLNode] {
            guard node["kind"]?.value.string == "List", case .sequence(let items)? = node["items"]?.content else {
                return [node]
            }
            return items
        }

        mutating func readListed() {
            var next = 0
            while next < listed.count {
                let (node, document) = listed[next]
                read(node, document: document, line: node.position.line, isItem: true)
                next += 1
            }
        }

        private mutating func text(_ key: String, of node: YAMLNode) -> String? {
            guard let child = node[key], !child.isNull else {
                report("\"\(key)\" is missing", at: node)
                return nil
            }
            guard let text = text(of: child) else {
                report("\"\(key)\" must be a string, but is a \(child.typeName)", at: child)
                return nil
            }
            guard !text.isEmpty else {
                report("\"\(key)\" is empty", at: child)
                return nil
            }
            return text
        }

        private func text(of node: YAMLNode) -> String? {
            guard case .scalar(let value) = node.content else { return nil }
            return dialect == .kubectl ? value.string : value.scalarText
        }

        private mutating func name(of node: YAMLNode) -> String? {
            guard let metadata = node["metadata"], !metadata.isNull else {
                report("\"metadata.name\" is missing", at: node)
                return nil
            }
            guard case .mapping = metadata.content else {
                report("\"metadata\" must be a map, but is a \(metadata.typeName)", at: metadata)
                return nil
            }
            for key in ["namespace", "labels", "annotations"] {
                guard let child = metadata[key], !child.isNull else { continue }
                if dialect != .kubectl, key == "labels" || child.value.scalarText != nil { continue }
                let expected = key == "namespace" ? "string" : "map"
                if child.typeName != expected {
                    report("\"metadata.\(key)\" must be a \(expected), but is a \(child.typeName)", at: child)
                }
            }
            guard let name = metadata["name"], !name.isNull else {
                // A name is made of it later, after what is rendered; kustomize takes none.
                if dialect == .kubectl, let prefix = metadata["generateName"]?.value.string, !prefix.isEmpty {
                    return prefix
                }
                report("\"metadata.name\" is missing", at: metadata)
                return nil
            }
            guard let text = text(of: name), !text.isEmpty else {
                let found = name.typeName == "string" ? "empty" : "a \(name.typeName); quote it"
                report("\"metadata.name\" must be a string, but is \(found)", at: name)
                return nil
            }
            return text
        }

        private mutating func report(_ message: String, at node: YAMLNode) {
            // A file of a million wrong lines needs no million messages.
            guard problems.count < 100 else { return }
            problems.append(
                YAMLError(file: file, line: node.position.line, column: node.position.column, message: message))
        }
    }
}

/// Everything that is wrong with a file of manifests, in its order. Never empty.
package struct ManifestErrors: Error, Sendable, Hashable, CustomStringConvertible {
    package var problems: [YAMLError]

    package init(problems: [YAMLError]) { self.problems = problems }

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
