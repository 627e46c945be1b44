// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The body of a server-side apply.
struct ApplyConfiguration: Sendable {
    let object: Object
    /// What the server says of keys that stand twice in a map.
    private let repeatedLines: [String]

    /// - Throws: 400 for what is no YAML, or no map.
    init(_ body: [UInt8]) throws(StatusError) {
        let document = try BodyReader.document(body)
        let value = document?.value ?? .null
        guard let object = value.object ?? (value.isNull ? Object() : nil) else {
            throw .badRequest(
                "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                    + "\(value.typeName == "list" ? "array" : value.typeName) into Go value of type "
                    + "map[string]interface {}")
        }
        self.object = Self.exact(object)
        repeatedLines = document?.repeatedLines ?? []
    }

    /// Whole numbers are integers, however they are written: YAML's way to JSON loses the difference.
    private static func exact(_ object: Object) -> Object {
        func exact(_ value: Value) -> Value {
            switch value {
            case .number(let text): Double(text).flatMap { Int64(exactly: $0) }.map { .integer($0) } ?? value
            case .array(let items): .array(items.map(exact))
            case .object(let object):
                .object(
                    Object(
                        uniqueKeysWithValues: object.pairs.map {
                            Object.Pair(key: $0.key, value: exact($0.value))
                        }))
            default: value
            }
        }
        return exact(.object(object)).object ?? object
    }

    /// - Throws: 400 for another kind or with managed fields; 500 for what does not fit the schema.
    func check(_ write: WriteRequest) throws(StatusError) {
        try check(kind: write.type.groupVersionKind, schema: write.type.schema)
    }

    func check(kind: GroupVersionKind, schema: Schema) throws(StatusError) {
        guard object.groupVersionKind == kind else {
            throw .badRequest("invalid object type: \(Self.text(object.groupVersionKind))")
        }
        if object.value(at: "metadata", "managedFields")?.isNull == false {
            throw .badRequest("metadata.managedFields must be nil")
        }
        let problems = TypedValue.problems(.object(object), schema)
        guard problems.isEmpty else {
            let text =
                problems.count == 1 ? problems[0] : "errors:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
            throw .plain500("failed to create typed patch object (\(place)): \(text)")
        }
    }

    /// What fits the schema and still not the server's types.
    ///
    /// - Throws: 500.
    func checkConversion(_ write: WriteRequest) throws(StatusError) {
        guard let position = Base64.firstIllegalByte(inDataOf: object) else { return }
        let kind = Self.text(object.groupVersionKind)
        throw .plain500(
            "failed to convert new object (\(place)) to proper version: unable to convert unstructured object to "
                + "\(kind): error decoding from json: illegal base64 data at input byte \(position)")
    }

    /// Keys that stand twice count with their last value.
    ///
    /// - Throws: 400 under strict validation.
    func warnings(fieldValidation: String) throws(StatusError) -> [String] {
        guard !repeatedLines.isEmpty, fieldValidation != "Ignore" else { return [] }
        guard fieldValidation == "Strict" else { return repeatedLines }
        throw .badRequest(
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n"
                + repeatedLines.map { "  \($0)" }.joined(separator: "\n"))
    }

    /// `namespace/name; group/version, Kind=kind`, as the body says.
    private var place: String { "\(object.namespace)/\(object.name); \(Self.text(object.groupVersionKind))" }

    private static func text(_ kind: GroupVersionKind) -> String {
        "\(kind.group)/\(kind.version), Kind=\(kind.kind)"
    }
}

extension YAMLDocument {
    /// Keys that stand twice in their map, as the server's YAML decoder says it.
    var repeatedLines: [String] {
        repeatedKeys.map { "line \($0.line): key \(JSON.text(.string($0.key))) already set in map" }
    }
}
