// SPDX-License-Identifier: Apache-2.0

/// Which field a refused manifest is wrong at, read out of the sentences that the decoder (400) and server-side apply
/// (a bare 500) write. Paths and type names pass; the values that stand beside them do not.
enum ManifestMistakes {
    private static let maximum = 20

    /// True for the 500s by which server-side apply refuses a manifest, as against a server in trouble.
    static func isRefusedApply(_ message: String) -> Bool {
        ["failed to create typed patch object", "failed to convert new object", "failed to create typed new object"]
            .contains { message.hasPrefix($0) }
    }

    /// True where `managedFields` hold a version that the CRD dropped: apply cannot work until they are reset.
    static func isBrokenOwnership(_ message: String) -> Bool {
        message.range(ofText: "request to convert CR to an invalid group/version") != nil
    }

    static func causes(in message: String) -> [KubernetesError.Cause] {
        if isRefusedApply(message) { return applyCauses(message) }
        return unknownFields(message) + duplicateFields(message) + wrongTypes(message) + wholeMessage(message)
    }

    /// `…): .spec.extra: field not declared in schema`, or `errors:` and a line each.
    private static func applyCauses(_ message: String) -> [KubernetesError.Cause] {
        if message.hasPrefix("failed to convert new object") { return wholeMessage(message) }
        guard let start = message.range(ofText: "): ") else { return [] }
        var causes: [KubernetesError.Cause] = []
        for line in message[start.upperBound...].split(separator: "\n").prefix(maximum) {
            let text = line.drop { $0 == " " }
            if text == "errors:" { continue }
            // A line that is not one of ours may be the rest of a printed value: nothing after it is trusted.
            guard let cause = applyCause(text) else { break }
            causes.append(cause)
            if cause.reason == "FieldValueTypeInvalid" { break }
        }
        return causes
    }

    private static func applyCause(_ line: Substring) -> KubernetesError.Cause? {
        guard let colon = line.range(ofText: ": ") else { return nil }
        let field = String(line[..<colon.lowerBound])
        guard isPath(field), field.hasPrefix(".") else { return nil }
        let text = line[colon.upperBound...]
        if text == "field not declared in schema" {
            return .init(field: field, reason: "UnknownField", detail: "unknown field")
        }
        if text.hasPrefix("duplicate entries for key ") {
            return .init(field: field, reason: "FieldValueDuplicate", detail: "two items with the same key")
        }
        if text.hasPrefix("expected "), let comma = text.range(ofText: ", got ") {
            // "numeric (int or float)" is a number to people.
            let type = text[..<comma.lowerBound].dropFirst(9).prefix { $0 != "(" }.trimmingSuffix { $0 == " " }
            guard isPhrase(type) else { return nil }
            return .init(field: field, reason: "FieldValueTypeInvalid", detail: "wrong type, expected \(type)")
        }
        return nil
    }

    private static func unknownFields(_ message: String) -> [KubernetesError.Cause] {
        paths(after: "unknown field \"", in: message)
            .map { .init(field: $0, reason: "UnknownField", detail: "unknown field") }
    }

    private static func duplicateFields(_ message: String) -> [KubernetesError.Cause] {
        paths(after: "duplicate field \"", in: message)
            .map { .init(field: $0, reason: "FieldValueDuplicate", detail: "the same field twice") }
    }

    /// `cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32`.
    private static func wrongTypes(_ message: String) -> [KubernetesError.Cause] {
        guard message.range(ofText: "json: cannot unmarshal ") != nil,
            let start = message.range(ofText: " into Go struct field ")
        else { return [] }
        let rest = message[start.upperBound...]
        guard let end = rest.range(ofText: " of type ") else { return [] }
        let name = rest[..<end.lowerBound]
        let type = rest[end.upperBound...].prefix { $0 != " " && $0 != "," && $0 != "\n" }
        // The first part is the Go type's name.
        let field = name.split(separator: ".").dropFirst().joined(separator: ".")
        guard isPath(field), isPhrase(type) else { return [] }
        return [.init(field: field, reason: "FieldValueTypeInvalid", detail: "wrong type, expected \(type)")]
    }

    /// Mistakes whose sentence names no field.
    private static func wholeMessage(_ message: String) -> [KubernetesError.Cause] {
        let known = [
            ("illegal base64 data", "FieldValueInvalid", "a value under data is not base64"),
            ("quantities must match the regular expression", "FieldValueInvalid", "a quantity is not well formed"),
            (
                "the namespace of the provided object does not match", "FieldValueInvalid",
                "the object's namespace is not the one it is sent to"
            ),
            ("the name of the object", "FieldValueInvalid", "the object's name is not the one it is sent to"),
            ("metadata.managedFields must be nil", "FieldValueInvalid", "managedFields must not be sent"),
            ("invalid object type", "FieldValueInvalid", "the object's kind is not the one it is sent to"),
            ("error decoding YAML", "FieldValueInvalid", "the body is not valid YAML"),
        ]
        return known.filter { message.range(ofText: $0.0) != nil }.prefix(1)
            .map { .init(field: "", reason: $0.1, detail: $0.2) }
    }

    private static func paths(after prefix: String, in message: String) -> [String] {
        var found: [String] = []
        var rest = message[...]
        while found.count < maximum, let start = rest.range(ofText: prefix) {
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "\"") else { break }
            let path = String(rest[..<end])
            rest = rest[end...]
            if isPath(path) { found.append(path) }
        }
        return found
    }

    /// Field names, indexes and keys; no blank, so no sentence and no text of a value passes.
    private static func isPath(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 300 else { return false }
        return text.utf8.allSatisfy { byte in
            (0x41...0x5A).contains(byte & 0xDF) || (0x30...0x39).contains(byte)
                || [0x2E, 0x5B, 0x5D, 0x2D, 0x5F, 0x2F, 0x3D, 0x22, 0x24].contains(byte)
        }
    }

    /// A type's name: `string`, `map`, `map[string]string`, `int32`, `v1.EnvVar`.
    private static func isPhrase(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 60
            && text.utf8.allSatisfy { byte in
                (0x41...0x5A).contains(byte & 0xDF) || (0x30...0x39).contains(byte)
                    || [0x20, 0x2E, 0x5B, 0x5D, 0x2A].contains(byte)
            }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ isDropped: (Character) -> Bool) -> Substring {
        var result = self
        while let last = result.last, isDropped(last) { result.removeLast() }
        return result
    }
}
