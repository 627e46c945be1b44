// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the text of a patch holds.
enum PatchDocuments {
    /// A JSON patch (RFC 6902): a list of operations.
    case operations(Value)
    /// Strategic merge patches; none where the text holds nothing.
    case merges([Object])

    /// Why a text is no patch.
    struct SyntaxError: Error {
        var message: String
        /// A line of the patch.
        var line: Int?
    }

    init(
        _ bytes: [UInt8], file: String, field: PatchRule.Field, limits: YAML.Limits = YAML.Limits()
    ) throws(SyntaxError) {
        // What begins as JSON has to be JSON: only other texts are YAML to kustomize.
        if bytes.first == UInt8(ascii: "["), field != .strategicMerge {
            let operations: Value
            do throws(JSONError) {
                // Of a key that stands twice the last value counts.
                var repeated: [String] = []
                operations = try JSON.parse(bytes, repeated: &repeated)
            } catch {
                throw SyntaxError(message: "a patch that begins with “[” is JSON, and this is none: \(error)")
            }
            self = .operations(try Self.checked(operations: operations))
            return
        }
        let documents = try Self.documents(bytes, file: file, dialect: .kustomizePatch, repeatedKeys: .lastWins, limits)
        // Operations end with their document, whatever comes after it.
        if let first = documents.first, case .sequence = first.node.content, field != .strategicMerge {
            // They pass through JSON, with the words that YAML 1.1 has for booleans.
            let operations =
                try Self.documents(bytes, file: file, dialect: .kubectl, repeatedKeys: .lastWins, limits)
                .first?.value ?? first.value
            self = .operations(try Self.checked(operations: operations))
            return
        }
        guard field != .json6902 || documents.isEmpty else {
            throw SyntaxError(message: "a JSON patch is a list of operations", line: documents.first?.line)
        }
        if let document = documents.first(where: { !$0.repeatedKeys.isEmpty }) {
            let repeated = document.repeatedKeys[0]
            throw SyntaxError(message: "the key \"\(repeated.key)\" stands twice in one map", line: repeated.line)
        }
        var merges: [Object] = []
        for document in documents { try Self.collect(document.value, line: document.line, into: &merges) }
        self = .merges(merges)
    }

    private static func documents(
        _ bytes: [UInt8], file: String, dialect: YAML.Dialect, repeatedKeys: YAML.RepeatedKeys, _ limits: YAML.Limits
    ) throws(SyntaxError) -> [YAMLDocument] {
        do throws(YAMLError) {
            return try YAML.documents(bytes, file: file, dialect: dialect, limits: limits, repeatedKeys: repeatedKeys)
                .filter {
                    !$0.node.isNull
                }
        } catch {
            throw SyntaxError(message: error.message, line: error.line)
        }
    }

    private static func checked(operations: Value) throws(SyntaxError) -> Value {
        for operation in operations.array ?? [] where operation.object == nil {
            throw SyntaxError(message: "an operation is a map, not a \(operation.typeName)")
        }
        return operations
    }

    /// A patch, or the patches of a list.
    private static func collect(_ value: Value, line: Int, into merges: inout [Object]) throws(SyntaxError) {
        guard case .object(let patch) = value else {
            throw SyntaxError(
                message: "a patch is a map or a list of operations, this is a \(value.typeName)", line: line)
        }
        if patch.kind.hasSuffix("List"), let items = patch["items"]?.array {
            for item in items { try collect(item, line: line, into: &merges) }
            return
        }
        guard !patch.kind.isEmpty, !patch.name.isEmpty else {
            throw SyntaxError(
                message: "a patch that is a map states \"kind\" and \"metadata.name\", even where it has a target",
                line: line)
        }
        merges.append(patch)
    }
}
