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
        let value: Value
        switch mediaType {
        case "application/json", "": value = try json(request.body)
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
        return try checked(object)
    }

    /// Drops what the type does not have, and says so as the request asked.
    func checked(_ object: Object) throws(StatusError) -> Document {
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
        let unknown = decoder.unknown.map { "unknown field \"\($0)\"" }
        if fieldValidation == "Strict", !unknown.isEmpty {
            throw .badRequest(
                "\(type.kind) in version \"\(type.version)\" cannot be handled as a \(type.kind): "
                    + "strict decoding error: \(unknown.joined(separator: ", "))")
        }
        return Document(
            object: known.object ?? Object(), warnings: fieldValidation == "Ignore" ? [] : unknown)
    }

    private func json(_ bytes: [UInt8]) throws(StatusError) -> Value {
        do {
            return try JSON.parse(bytes)
        } catch {
            let text = String(decoding: bytes, as: UTF8.self)
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(type.kind)): couldn't get version/kind; "
                    + "json parse error: unexpected end of JSON input (\(text))")
        }
    }

    static func yaml(_ bytes: [UInt8]) throws(StatusError) -> Value {
        do {
            let documents = try YAML.documents(bytes, file: "")
            return documents.first?.value ?? .null
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

/// Walks a value beside its schema: drops unknown fields, notes the first value of a wrong type.
private struct FieldChecker {
    let kind: String
    var unknown: [String] = []
    var mismatch: String?

    init(kind: String) { self.kind = kind }

    mutating func known(_ value: Value, _ schema: Schema) -> Value { known(value, schema, "", GoPath(owner: kind)) }

    private mutating func known(_ value: Value, _ schema: Schema, _ path: String, _ goPath: GoPath) -> Value {
        switch (schema.resolved(for: value), value) {
        case (_, .null): return value
        case (.list(let item, _), .array(let items)):
            var result: [Value] = []
            for (index, element) in items.enumerated() {
                result.append(known(element, item, "\(path)[\(index)]", goPath))
            }
            return .array(result)
        case (.map(let element, _), .object(let object)):
            var result = Object()
            for pair in object.pairs {
                result[pair.key] = known(pair.value, element, Self.join(path, pair.key), goPath)
            }
            return .object(result)
        case (.record(let fields, _, let rest), .object(let object)):
            let goPath = goPath.entering(schema)
            var result = Object()
            for pair in object.pairs {
                let below = Self.join(path, pair.key)
                if let field = fields.first(where: { $0.name == pair.key })?.schema ?? rest {
                    result[pair.key] = known(pair.value, field, below, goPath.appending(pair.key))
                } else {
                    unknown.append(below)
                }
            }
            return .object(result)
        case (.scalar(let scalar), _): note(scalar, value, goPath)
        case (.list(let item, _), _): note("[]\(Self.goType(item))", value, goPath)
        case (.map(let element, _), _): note("map[string]\(Self.goType(element))", value, goPath)
        case (.record, _): note(Self.goType(schema), value, goPath)
        default: break
        }
        return value
    }

    private static func jsonType(_ value: Value) -> String {
        switch value {
        case .bool: "bool"
        case .array: "array"
        case .object: "object"
        default: value.typeName
        }
    }

    private static func goType(_ schema: Schema) -> String {
        switch schema {
        case .named(let name): name.split(separator: ".").suffix(2).joined(separator: ".")
        case .scalar(.boolean): "bool"
        case .scalar(.integer): "int32"
        case .scalar(.numeric): "float64"
        default: "string"
        }
    }

    private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private mutating func note(_ scalar: Schema.Scalar, _ value: Value, _ path: GoPath) {
        switch (scalar, value) {
        case (.string, .string), (.integer, .integer), (.boolean, .bool): return
        case (.numeric, .integer), (.numeric, .number): return
        case (.integer, .number(let text)): note("int32", value, path, got: "number \(text)")
        case (.any, _): return
        case (.quantity, .string(let text)):
            guard Quantity(text) == nil, mismatch == nil else { return }
            mismatch =
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        case (.quantity, _): return
        case (.time, .string(let text)), (.microTime, .string(let text)):
            let layout = scalar == .time ? GoTime.seconds : GoTime.microseconds
            if mismatch == nil { mismatch = GoTime.problem(text, layout: layout) }
        case (.time, _), (.microTime, _): note("string", value, path)
        case (.string, _): note("string", value, path)
        case (.integer, _): note("int32", value, path)
        case (.numeric, _): note("float64", value, path)
        case (.boolean, _): note("bool", value, path)
        }
    }

    private mutating func note(_ type: String, _ value: Value, _ path: GoPath, got: String? = nil) {
        guard mismatch == nil else { return }
        let got =
            got ?? Self.jsonType(value)
        mismatch = "json: cannot unmarshal \(got) into Go struct field \(path.text) of type \(type)"
    }
}

/// Where a value goes in the server's Go types, as its decoder names it: the struct that has the field, and the path.
private struct GoPath {
    var owner: String
    var path: [String] = []

    var text: String { ([owner] + path).joined(separator: ".") }

    func entering(_ schema: Schema) -> GoPath {
        guard case .named(let name) = schema, let last = name.split(separator: ".").last else { return self }
        return GoPath(owner: String(last), path: path)
    }

    func appending(_ key: String) -> GoPath { GoPath(owner: owner, path: path + [key]) }
}
