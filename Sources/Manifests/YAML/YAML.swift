// SPDX-License-Identifier: Apache-2.0

/// YAML as Kubernetes reads it, to and from the value tree.
package enum YAML {
    /// What a stream may cost. Everything read from outside is bounded.
    package struct Limits: Sendable {
        package var bytes: Int
        package var depth: Int
        /// Nodes and keys of the whole stream, each alias counted with all that it stands for.
        package var nodes: Int
        package var documents: Int

        package init(bytes: Int = 8 << 20, depth: Int = 100, nodes: Int = 1_000_000, documents: Int = 10_000) {
            self.bytes = bytes
            self.depth = depth
            self.nodes = nodes
            self.documents = documents
        }
    }

    /// Whose reading of plain words it is. All else is the same for both.
    package enum Dialect: Sendable {
        /// `y`, `yes`, `on`, `n`, `no` and `off` are booleans (YAML 1.1): what is applied as it stands.
        case kubectl
        /// They are strings (YAML 1.2), and a build writes them in quotes: what a kustomization reads.
        case kustomize
    }

    /// What a key does that stands twice in one map.
    package enum RepeatedKeys: Sendable {
        case refused
        /// Counts with its last value, and is noted in the document: what the API server does.
        case lastWins
    }

    /// All documents of a stream, with positions. JSON is read too: it is YAML.
    ///
    /// - Throws: `YAMLError` at the first thing that is wrong: syntax, a tab as indent, bytes that are no UTF-8, a
    ///   duplicate key, an unknown tag, a number without a JSON form, or a limit passed.
    package static func documents(
        _ bytes: [UInt8], file: String, dialect: Dialect = .kubectl, limits: Limits = Limits(),
        repeatedKeys: RepeatedKeys = .refused
    ) throws(YAMLError) -> [YAMLDocument] {
        guard bytes.count <= limits.bytes else {
            throw YAMLError(file: file, line: 1, column: 1, message: "the file is larger than \(limits.bytes) bytes")
        }
        // A byte order mark would count as a column.
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        let result = content.withUnsafeBufferPointer { buffer -> Result<[YAMLDocument], YAMLError> in
            do throws(YAMLError) {
                var parser = try YAMLParser(
                    bytes: buffer, file: file, dialect: dialect, limits: limits, repeatedKeys: repeatedKeys)
                defer { parser.close() }
                return .success(try parser.stream())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// What a plain (unquoted) scalar means; nil for a number that JSON cannot hold.
    package static func plainScalar(_ text: String, dialect: Dialect) -> Value? {
        let resolution = Array(text.utf8).withUnsafeBufferPointer { YAMLScalar.resolve($0, dialect) }
        if case .value(let value) = resolution { return value }
        return nil
    }

    /// Text that reads back as an equal value: maps and lists in block style, keys in their order.
    package static func text(_ value: Value) -> String {
        var writer = YAMLWriter()
        return writer.document(value)
    }
}

/// Why a stream was refused, and where. Lines and columns count from 1, columns in characters.
package struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int
    package var message: String

    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    package var description: String { "\(file):\(line):\(column): \(message)" }
}

/// One document of a stream.
package struct YAMLDocument: Sendable {
    package var node: YAMLNode
    /// From 1.
    package var index: Int
    /// The line at which the document's content starts, from 1.
    package var line: Int
    /// Keys that stand again in their map, where that is allowed.
    package var repeatedKeys: [RepeatedKey] = []

    package struct RepeatedKey: Sendable, Hashable {
        package var key: String
        /// From 1.
        package var line: Int
    }

    package init(node: YAMLNode, index: Int, line: Int) {
        self.node = node
        self.index = index
        self.line = line
    }

    /// The document without its positions; made anew at each call.
    package var value: Value { node.value }
}
