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
        var strict = StrictProblems()
        let value: Value
        switch mediaType {
        case "application/json", "":
            var repeated: [String] = []
            value = try Self.json(request.body, kind: type.kind, &repeated)
            strict.repeated = repeated
        case "application/yaml":
            let document = try Self.document(request.body)
            value = document?.value ?? .null
            strict.lines = document?.repeatedLines ?? []
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
        return try checked(object, strict)
    }

    /// What a body says that strict decoding does not take.
    struct StrictProblems {
        /// Of a YAML body, the lines of keys that stand twice.
        var lines: [String] = []
        var unknown: [String] = []
        /// Of a JSON body, the paths of keys that stand twice.
        var repeated: [String] = []

        /// One text each; the lines are one error of the YAML decoder.
        var errors: [String] {
            (lines.isEmpty ? [] : ["yaml: unmarshal errors:\n" + lines.map { "  \($0)" }.joined(separator: "\n")])
                + warnings.dropFirst(lines.count)
        }

        var warnings: [String] {
            lines + unknown.map { "unknown field \"\($0)\"" } + repeated.map { "duplicate field \"\($0)\"" }
        }
    }

    /// Drops what the type does not have, and says so as the request asked.
    func checked(_ object: Object, _ problems: StrictProblems = StrictProblems()) throws(StatusError) -> Document {
        let (document, strict) = try decoded(object, problems)
        guard fieldValidation == "Strict", !strict.errors.isEmpty else { return document }
        throw .badRequest(
            "\(type.kind) in version \"\(type.version)\" cannot be handled as a \(type.kind): "
                + "strict decoding error: \(strict.errors.joined(separator: ", "))")
    }

    /// The object without what its type does not have, and what that is.
    func decoded(
        _ object: Object, _ problems: StrictProblems
    ) throws(StatusError) -> (Document, StrictProblems) {
        if let custom = type.custom { return try decoded(object, custom, problems) }
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
        var strict = problems
        strict.unknown = decoder.unknown
        return (document(known.object ?? Object(), strict), strict)
    }

    private func document(_ object: Object, _ strict: StrictProblems) -> Document {
        Document(object: object, warnings: fieldValidation == "Warn" ? strict.warnings : [])
    }

    /// Of a custom object only metadata has Go types; what else is wrong is for validation to say.
    private func decoded(
        _ object: Object, _ custom: CustomVersion, _ problems: StrictProblems
    ) throws(StatusError) -> (Document, StrictProblems) {
        let metadata = Schema.record(
            [Schema.Field(name: "metadata", schema: BuiltInSchemas.objectMeta)], atomic: false, rest: .deduced)
        var decoder = FieldChecker(kind: type.kind)
        let known = decoder.known(.object(object), metadata).object ?? object
        if let mismatch = decoder.mismatch {
            throw .badRequest(
                "\(type.kind) in version \"\(type.version)\" cannot be handled as a \(type.kind): \(mismatch)")
        }
        var strict = problems
        strict.unknown = decoder.unknown + CustomSchema.unknownFields(object, custom.schema)
        return (document(known, strict), strict)
    }

    /// - Parameter repeated: paths of keys that stand twice; the last one counts.
    private static func json(
        _ bytes: [UInt8], kind: String?, _ repeated: inout [String]
    ) throws(StatusError) -> Value {
        do {
            return try JSON.parse(bytes, repeated: &repeated)
        } catch {
            let problem = GoJSON.problem(bytes) ?? error.message
            let told = "couldn't get version/kind; json parse error: \(problem)"
            guard let kind else { throw .badRequest(told) }
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(kind)): \(told) (\(summary(bytes)))")
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

    /// A body of a kind that is not stored (an Eviction, a Binding), unchecked; nil where there is none.
    ///
    /// - Parameter kind: what it must be; nil for what is named in no refusal (DeleteOptions).
    /// - Throws: 400 for what cannot be read.
    static func object(of request: SandboxRequest, kind: String? = nil) throws(StatusError) -> Object? {
        guard !request.body.isEmpty else { return nil }
        var repeated: [String] = []
        let value =
            mediaType(request) == "application/yaml"
            ? try yaml(request.body) : try json(request.body, kind: kind, &repeated)
        guard let object = value.object else { throw .badRequest("the object provided is unrecognized") }
        return object
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
