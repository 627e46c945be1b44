// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The document of OpenAPI v2 in protobuf, by the field numbers of gnostic's `openapiv2/OpenAPIv2.proto`.
enum OpenAPIv2Protobuf {
    static func document(_ value: Value) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.string(1, value["swagger"])
        writer.message(2) { info in
            info.string(1, value["info"]?["title"])
            info.string(2, value["info"]?["version"])
        }
        writer.message(8) { paths in
            for pair in value["paths"]?.object?.pairs ?? [] {
                paths.named(2, pair.key) { pathItem(pair.value, &$0) }
            }
        }
        writer.message(9) { definitions in
            for pair in value["definitions"]?.object?.pairs ?? [] {
                definitions.named(1, pair.key) { schema(pair.value, &$0) }
            }
        }
        return writer.bytes
    }

    private static func schema(_ value: Value, _ writer: inout ProtobufWriter) {
        for (number, key) in [(1, "$ref"), (2, "format"), (3, "title"), (4, "description"), (13, "pattern")] {
            writer.string(number, value[key])
        }
        for item in value["required"]?.array ?? [] { writer.string(19, item) }
        for item in value["enum"]?.array ?? [] { writer.message(20) { $0.any(item) } }
        switch value["additionalProperties"] {
        case .bool(let flag): writer.message(21) { $0.bool(2, flag) }
        case .some(let item): writer.message(21) { $0.message(1) { schema(item, &$0) } }
        case nil: break
        }
        if let type = value["type"] { writer.message(22) { $0.string(1, type) } }
        if let items = value["items"] { writer.message(23) { $0.message(1) { schema(items, &$0) } } }
        if let properties = value["properties"]?.object {
            writer.message(25) { list in
                for pair in properties.pairs { list.named(1, pair.key) { schema(pair.value, &$0) } }
            }
        }
        writer.extensions(31, of: value)
    }

    private static func pathItem(_ value: Value, _ writer: inout ProtobufWriter) {
        let methods = ["get": 2, "put": 3, "post": 4, "delete": 5, "options": 6, "head": 7, "patch": 8]
        for pair in value.object?.pairs ?? [] {
            if let number = methods[pair.key] {
                writer.message(number) { operation(pair.value, &$0) }
            } else if pair.key == "parameters" {
                parameters(9, pair.value, &writer)
            }
        }
    }

    private static func operation(_ value: Value, _ writer: inout ProtobufWriter) {
        for item in value["tags"]?.array ?? [] { writer.string(1, item) }
        writer.string(3, value["description"])
        writer.string(5, value["operationId"])
        for item in value["produces"]?.array ?? [] { writer.string(6, item) }
        for item in value["consumes"]?.array ?? [] { writer.string(7, item) }
        parameters(8, value["parameters"] ?? .array([]), &writer)
        writer.message(9) { responses in
            for pair in value["responses"]?.object?.pairs ?? [] {
                responses.named(1, pair.key) { responseValue in
                    responseValue.message(1) { response in
                        response.string(1, pair.value["description"])
                        if let schema = pair.value["schema"] {
                            response.message(2) { $0.message(1) { self.schema(schema, &$0) } }
                        }
                    }
                }
            }
        }
        for item in value["schemes"]?.array ?? [] { writer.string(10, item) }
        writer.extensions(13, of: value)
    }

    /// `ParametersItem` holds a `Parameter`: in the body (1), or elsewhere (2): in the query (3) or the path (4).
    private static func parameters(_ number: Int, _ list: Value, _ writer: inout ProtobufWriter) {
        for parameter in list.array ?? [] {
            writer.message(number) { item in
                item.message(1) { choice in
                    guard parameter["in"] != "body" else {
                        choice.message(1) { body in
                            body.string(2, parameter["name"])
                            body.string(3, parameter["in"])
                            if parameter["required"] == true { body.bool(4, true) }
                            if let schema = parameter["schema"] { body.message(5) { self.schema(schema, &$0) } }
                        }
                        return
                    }
                    let isInPath = parameter["in"] == "path"
                    choice.message(2) { other in
                        other.message(isInPath ? 4 : 3) { entry in
                            if parameter["required"] == true { entry.bool(1, true) }
                            entry.string(2, parameter["in"])
                            entry.string(4, parameter["name"])
                            // Those of the query have one more field before the type: whether it may be empty.
                            entry.string(isInPath ? 5 : 6, parameter["type"])
                        }
                    }
                }
            }
        }
    }
}

extension ProtobufWriter {
    /// `NamedSchema` and its like: `name` (1) and `value` (2).
    fileprivate mutating func named(_ number: Int, _ name: String, _ write: (inout ProtobufWriter) -> Void) {
        message(number) { entry in
            entry.string(1, .string(name))
            entry.message(2, write)
        }
    }

    /// `Any`, as YAML (2), of which JSON is a part.
    fileprivate mutating func any(_ value: Value) { string(2, .string(JSON.text(value) + "\n")) }

    /// Vendor extensions, each a `NamedAny`.
    fileprivate mutating func extensions(_ number: Int, of value: Value) {
        for pair in value.object?.pairs ?? [] where pair.key.hasPrefix("x-") {
            named(number, pair.key) { $0.any(pair.value) }
        }
    }
}
