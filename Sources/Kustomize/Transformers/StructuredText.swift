// SPDX-License-Identifier: Apache-2.0

import Manifests

/// JSON or YAML that is the text of a field, as a ConfigMap holds files: a path of `replacements` may lead on into it.
enum StructuredText {
    /// Changes what the path leads to within a text.
    ///
    /// - Returns: false where the path does not lead through a text, or not to anything in it.
    static func replace(
        at path: FieldPath, in value: inout Value, creation: FieldPath.Creation?,
        _ change: (inout Value, Bool) throws(FieldPath.Mismatch) -> Void
    ) throws(FieldPath.Mismatch) -> Bool {
        guard case .object(let object) = value else { return false }
        for count in path.parts.indices.dropFirst() {
            var outer = path
            outer.parts = Array(path.parts[..<count])
            guard let text = try? outer.value(in: object)?.string, let parsed = parse(text) else { continue }
            var inner = path
            inner.parts = Array(path.parts[count...])
            var changed = parsed
            guard (try? inner.update(&changed, creation: creation, change)) ?? 0 > 0 else { return false }
            let rewritten = try write(changed, in: text, was: parsed)
            return (try? outer.update(&value, creation: nil) { value, _ in value = .string(rewritten) }) ?? 0 > 0
        }
        return false
    }

    private static func parse(_ text: String) -> Value? {
        let documents = try? YAML.documents(Array(text.utf8), file: "", dialect: .kustomize)
        return documents?.first?.value
    }

    /// JSON is written as Go does. YAML keeps its layout only where it has the one in which it is written here.
    private static func write(_ value: Value, in text: String, was old: Value) throws(FieldPath.Mismatch) -> String {
        let trimmed = text.trimmed
        guard !trimmed.hasPrefix("{"), !trimmed.hasPrefix("[") else {
            let isIndented = text.contains("\n") && text.contains("  ")
            return String(decoding: isIndented ? GoJSON.indented(value) : GoJSON.bytes(value), as: UTF8.self)
        }
        guard YAML.text(old).trimmed == trimmed else {
            throw FieldPath.Mismatch(
                message:
                    "the YAML there has comments, quotes or a layout that would not come out as kustomize writes it; use JSON, or a patch for the whole text"
            )
        }
        return YAML.text(value).trimmed
    }
}
