// SPDX-License-Identifier: Apache-2.0

/// YAML as Kubernetes reads it, to and from the value tree.
package enum YAML {
    /// What a stream may cost. Everything read from outside is bounded.
    package struct Limits: Sendable {
        /// Of the stream, and of all its scalars with aliases expanded.
        package var bytes: Int
        package var depth: Int
        /// Nodes and keys of the whole stream, each alias counted with all that it stands for.
        package var nodes: Int
        package var documents: Int
        /// Of those, how many aliases may stand for.
        package var aliasedNodes: Int

        package init(
            bytes: Int = 8 << 20, depth: Int = 100, nodes: Int = 1_000_000, documents: Int = 10_000,
            aliasedNodes: Int = 50_000
        ) {
            self.bytes = bytes
            self.depth = depth
            self.nodes = nodes
            self.documents = documents
            self.aliasedNodes = aliasedNodes
        }
    }

    /// Whose reading it is; docs/kustomize.md lists where they differ.
    package enum Dialect: Sendable {
        /// sigs.k8s.io/yaml: `y`, `yes`, `on`, `n`, `no` and `off` are booleans, keys may be numbers, and a merge key
        /// replaces what stands before it. What is applied as it stands, and kustomization files.
        case kubectl
        /// go-yaml 3, with what a build makes of it: those words are strings, times are written anew, annotations are
        /// text, and only text can be a key. What a kustomization reads as a resource.
        case kustomize
        /// The same, but an empty value in braces stays null, which in a patch removes a key.
        case kustomizePatch
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
        let content = try utf8(bytes, file: file)
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

    /// The stream without its byte order mark, which would count as a column. UTF-16 is known by its mark alone.
    private static func utf8(_ bytes: [UInt8], file: String) throws(YAMLError) -> [UInt8] {
        switch (bytes.first, bytes.dropFirst().first) {
        case (0xFF, 0xFE), (0xFE, 0xFF): break
        default: return withoutMarks(bytes)
        }
        let isBigEndian = bytes[0] == 0xFE
        let units = stride(from: 2, to: bytes.count - 1, by: 2).map { index in
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        guard bytes.count.isMultiple(of: 2), let text = String(validating: units, as: UTF16.self) else {
            throw YAMLError(
                file: file, line: 1, column: 1, message: "the file begins as UTF-16, but is not: save it as UTF-8")
        }
        return Array(text.utf8)
    }

    /// Files that were put together have a mark behind `---` too.
    private static func withoutMarks(_ bytes: [UInt8]) -> [UInt8] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        guard var index = bytes.firstIndex(of: mark[0]) else { return bytes }
        var kept = Array(bytes[..<index])
        while index < bytes.count {
            if bytes[index] == mark[0], bytes[index...].starts(with: mark), endsWithSeparator(kept) {
                index += mark.count
            } else {
                kept.append(bytes[index])
                index += 1
            }
        }
        return kept
    }

    /// Whether a document starts behind these bytes: there are none, or they end with a line of `---`.
    private static func endsWithSeparator(_ bytes: [UInt8]) -> Bool {
        guard let end = bytes.last else { return true }
        guard end == 0x0A else { return false }
        let line = bytes.dropLast().reversed().prefix { $0 != 0x0A }.reversed()
        return line.starts(with: Array("---".utf8))
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
