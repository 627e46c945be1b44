// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Reads request bodies and checks them against the type they are for.
struct BodyReader: Sendable {
    let type: ResourceType
    let schema: Schema
    /// `Ignore`, `Warn` or `Strict`.
    let fieldValidation: String

    /// What was read, and warnings about what was dropped.
    struct Document: Sendable {
        var object: Object
        var warnings: [String] = []
    }

    /// - Throws: 415 for a foreign media type, 400 for what cannot be read or is another kind.
    func read(_ request: SandboxRequest) throws(StatusError) -> Document {
        let mediaType = Self.mediaType(request)
        var repeated: [String] = []
        let value: Value
        switch mediaType {
        case "application/json", "": value = try json(request.body, &repeated)
        case "application/yaml": value = try Self.yaml(request.body)
        default:
            throw StatusError(
                code: 415, reason: "UnsupportedMediaType",
                message: "the body of the request was in an unknown format - accepted media types include: "
                    + "application/json, application/yaml, application/vnd.kubernetes.protobuf")
        }
        guard var object = value.object else { throw .badRequest("the object provided is unrecognized") }
        if object["kind"] == nil { object["kind"] = .string(type.kind) }
        if object["apiVersion"] == nil { object["apiVersion"] = .string(type.apiVersion) }
        guard object.kind == type.kind else {
            throw .badRequest(
                "\(object.kind) in version \"\(object.groupVersionKind.version)\" cannot be handled as a \(type.kind): "
                    + "converting (\(goType(object.groupVersionKind))) to (\(internalType)): unknown conversion")
        }
        guard object.apiVersion == type.apiVersion else {
            throw .badRequest(
                "the API version in the data (\(object.apiVersion)) does not match the expected API version "
                    + "(\(type.apiVersion))")
        }
        return try checked(object, repeated: repeated)
    }

    /// Drops what the type does not have, and says so as the request asked.
    func checked(_ object: Object, repeated: [String] = []) throws(StatusError) -> Document {
        if let custom = type.custom { return try checked(object, custom, repeated: repeated) }
        var decoder = FieldChecker(kind: type.kind)
        let known = decoder.known(.object(object), schema)
        if let mismatch = decoder.mismatch {
            throw .badRequest(
                "\(type.kind) in version \"\(type.version)\" cannot be handled as a \(type.kind): \(mismatch)")
        }
        if let position = Base64.firstIllegalByte(inDataOf: object) {
            throw .badRequest(
                "\(type.kind) in version \"\(type.version)\" cannot be handled as a \(type.kind): "
                    + "illegal base64 data at input byte \(position)")
        }
        let unknown =
            decoder.unknown.map { "unknown field \"\($0)\"" } + repeated.map { "duplicate field \"\($0)\"" }
        if fieldValidation == "Strict", !unknown.isEmpty {
            throw .badRequest(
                "\(type.kind) in version \"\(type.version)\" cannot be handled as a \(type.kind): "
                    + "strict decoding error: \(unknown.joined(separator: ", "))")
        }
        return Document(
            object: known.object ?? Object(), warnings: fieldValidation == "Ignore" ? [] : unknown)
    }

    /// Of a custom object only metadata has Go types; what else is wrong is for validation to say.
    private func checked(
        _ object: Object, _ custom: CustomVersion, repeated: [String]
    ) throws(StatusError) -> Document {
        let metadata = Schema.record(
            [Schema.Field(name: "metadata", schema: BuiltInSchemas.objectMeta)], atomic: false, rest: .deduced)
        var decoder = FieldChecker(kind: type.kind)
        let known = decoder.known(.object(object), metadata).object ?? object
        let refusal = "\(type.kind) in version \"\(type.version)\" cannot be handled as a \(type.kind): "
        if let mismatch = decoder.mismatch { throw .badRequest(refusal + mismatch) }
        let unknown =
            (decoder.unknown + CustomSchema.unknownFields(object, custom.schema))
            .map { "unknown field \"\($0)\"" } + repeated.map { "duplicate field \"\($0)\"" }
        if fieldValidation == "Strict", !unknown.isEmpty {
            throw .badRequest("\(refusal)strict decoding error: \(unknown.joined(separator: ", "))")
        }
        return Document(object: known, warnings: fieldValidation == "Ignore" ? [] : unknown)
    }

    /// - Parameter repeated: paths of keys that stand twice; the last one counts.
    private func json(_ bytes: [UInt8], _ repeated: inout [String]) throws(StatusError) -> Value {
        do {
            return try JSON.parse(bytes, repeated: &repeated)
        } catch {
            let problem = GoJSON.problem(bytes) ?? error.message
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(type.kind)): couldn't get version/kind; "
                    + "json parse error: \(problem) (\(Self.summary(bytes)))")
        }
    }

    /// The beginning of a body, in hexadecimal when it does not look like JSON.
    private static func summary(_ bytes: [UInt8]) -> String {
        guard let first = bytes.first else { return "<empty>" }
        let head = bytes.prefix(30)
        let text =
            first == UInt8(ascii: "{")
            ? String(decoding: head, as: UTF8.self)
            : head.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return bytes.count > head.count ? "\(text) ..." : text
    }

    static func yaml(_ bytes: [UInt8]) throws(StatusError) -> Value { try document(bytes)?.value ?? .null }

    static func document(_ bytes: [UInt8]) throws(StatusError) -> YAMLDocument? {
        do {
            return try YAML.documents(bytes, file: "", repeatedKeys: .lastWins).first
        } catch {
            // The line and words of the server's parser: it counts from 0 and leaves the context out.
            let problem = error.message.replacing("not valid YAML: ", with: "").prefix(while: { $0 != "\n" })
            let text = problem.firstRange(of: " while ").map { problem[..<$0.lowerBound] } ?? problem
            throw .badRequest(
                "error decoding YAML: error converting YAML to JSON: yaml: line \(max(1, error.line - 1)): \(text)")
        }
    }

    static func mediaType(_ request: SandboxRequest) -> String {
        let header = request.header("content-type") ?? ""
        return header.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() } ?? ""
    }

    private func goType(_ kind: GroupVersionKind) -> String { "\(kind.version).\(kind.kind)" }

    private var internalType: String {
        let package = type.group.isEmpty ? "core" : String(type.group.prefix { $0 != "." })
        return "\(package).\(type.kind)"
    }
}

extension BodyReader {
    /// What a patch made of an object: what does not fit the type is the patch's fault.
    func checked(_ object: Object, after patch: [UInt8], isStrategic: Bool) throws(StatusError) -> Document {
        var decoder = FieldChecker(kind: type.kind)
        _ = decoder.known(.object(object), schema)
        guard type.custom == nil, let mismatch = decoder.mismatch else { return try checked(object) }
        let shown = isStrategic ? (try? JSON.parse(patch)).map(Self.goText) ?? "" : JSON.text(.object(object))
        let why = isStrategic ? decoder.misfit.map { Self.conversionProblem($0.type, $0.value) } ?? mismatch : mismatch
        throw .invalid(
            group: "", kind: "", name: "", causes: [Validation.invalid("patch", .string(shown), why)])
    }

    /// As the server's converter for maps says it.
    private static func conversionProblem(_ type: String, _ value: Value) -> String {
        let source: String =
            switch value {
            case .string: "string"
            case .integer: "int64"
            case .number: "float64"
            case .bool: "bool"
            case .array: "slice"
            default: "map"
            }
        if type.hasPrefix("[]") { return "cannot restore slice from \(source)" }
        if type.hasPrefix("map[") || type == "v1.ResourceList" { return "cannot restore map from \(source)" }
        if ["int32", "int64", "float64", "bool"].contains(type) { return "unrecognized type: \(type)" }
        if type == "string" || value.string != nil {
            return source == "int64" || source == "float64"
                ? "cannot convert \(source) to \(type)" : "unrecognized type: string"
        }
        return "cannot restore struct from: \(source)"
    }

    /// As Go prints a map (`%+v`).
    private static func goText(_ value: Value) -> String {
        switch value {
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let text), .string(let text): text
        case .array(let items): "[\(items.map(goText).joined(separator: " "))]"
        case .object(let object):
            "map[\(object.sortedByKey.pairs.map { "\($0.key):\(goText($0.value))" }.joined(separator: " "))]"
        }
    }
}
