// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("OpenAPI v2")
struct OpenAPIv2Tests {
    private static let deployment = "io.k8s.api.apps.v1.Deployment"
    private let box = ReadBox()

    @Test("Every reference leads to a definition, and every kind that is served has one")
    func references() async {
        let document = await box.get("/openapi/v2")
        let definitions = document["definitions"]?.object ?? Object()
        for name in references(document) { #expect(definitions[name] != nil, "\(name)") }
        let kinds = definitions.pairs.flatMap { $0.value["x-kubernetes-group-version-kind"]?.array ?? [] }
        for type in ResourceRegistry().all where !["Binding", "Scale"].contains(type.kind) {
            let kind: Value = [
                "group": .string(type.group), "kind": .string(type.kind), "version": .string(type.version),
            ]
            #expect(kinds.contains(kind), "\(type.qualifiedKind)")
        }
        let events = definitions["io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent"]
        #expect(events?["x-kubernetes-group-version-kind"]?.array?.count ?? 0 > 15)
    }

    private func references(_ value: Value) -> Set<String> {
        switch value {
        case .array(let items): items.reduce(into: []) { $0.formUnion(references($1)) }
        case .object(let object):
            object.pairs.reduce(into: []) { names, pair in
                guard pair.key == "$ref", let text = pair.value.string else {
                    names.formUnion(references(pair.value))
                    return
                }
                #expect(text.hasPrefix("#/definitions/"))
                names.insert(String(text.dropFirst("#/definitions/".count)))
            }
        default: []
        }
    }

    @Test("What v2 cannot say is left out, and bodies are parameters")
    func conversion() async {
        let document = await box.get("/openapi/v2")
        #expect(document["swagger"] == "2.0" && document["info"] == ["title": "Kubernetes", "version": "1.36"])
        let definitions = document["definitions"]
        #expect(definitions?[OpenAPINames.quantity] == ["type": "string"])
        #expect(definitions?[OpenAPINames.intOrString] == ["type": "string", "format": "int-or-string"])
        let metadata = definitions?[Self.deployment]?["properties"]?["metadata"]
        #expect(metadata == ["$ref": .string("#/definitions/\(OpenAPINames.objectMeta)")])
        let port = definitions?["io.k8s.api.core.v1.ContainerPort"]?["properties"]?["protocol"]
        #expect(port == ["type": "string"])

        let path = document["paths"]?["/apis/apps/v1/namespaces/{namespace}/deployments"]
        let create = path?["post"]
        #expect(create?["consumes"] == ["*/*"] && create?["schemes"] == ["https"])
        #expect(
            create?["parameters"]?[0] == [
                "name": "body", "in": "body", "required": true,
                "schema": ["$ref": .string("#/definitions/\(Self.deployment)")],
            ])
        #expect(
            create?["responses"]?["201"] == [
                "description": "Created", "schema": ["$ref": .string("#/definitions/\(Self.deployment)")],
            ])
        #expect(create?["produces"]?[0] == "application/json")
        let namespace = path?["parameters"]?.array?.first { $0["name"] == "namespace" }
        #expect(
            namespace == ["name": "namespace", "in": "path", "required": true, "type": "string", "uniqueItems": true])
    }

    @Test("In protobuf it has the same definitions, under a media type that clients can read")
    func protobuf() async throws {
        let accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
        let response = await box.send("/openapi/v2", accept: accept)
        #expect(
            response.headers.first { $0.name == "content-type" }?.value
                == "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
        guard case .bytes(let bytes) = response.body else { return }
        let document = try Message(bytes[...])
        #expect(document.text(1) == "2.0")
        let definitions = try Message(try #require(document.parts[9]?.first))
        let names = try (definitions.parts[1] ?? []).map { try Message($0).text(1) }
        let json = await box.get("/openapi/v2")
        #expect(names == json["definitions"]?.object?.keys)
        let index = try #require(names.firstIndex(of: Self.deployment))
        let entry = try Message(try #require(definitions.parts[1]?[index]))
        let schema = try Message(try #require(entry.parts[2]?.first))
        let properties = try Message(try #require(schema.parts[25]?.first))
        let fields = try (properties.parts[1] ?? []).map { try Message($0).text(1) }
        #expect(fields.sorted() == ["apiVersion", "kind", "metadata", "spec", "status"])
        let extended = try Message(try #require(schema.parts[31]?.first))
        #expect(extended.text(1) == "x-kubernetes-group-version-kind")
        let paths = try Message(try #require(document.parts[8]?.first))
        #expect(paths.parts[2]?.count == json["paths"]?.object?.pairs.count)
    }

    @Test("It is built anew once a definition is served, and not sent to who has it")
    func changes() async throws {
        func tag(_ response: SandboxResponse) -> String { response.headers.first { $0.name == "etag" }?.value ?? "" }
        let first = await box.send("/openapi/v2")
        #expect(await box.send("/openapi/v2", tag: tag(first)).status == 304)
        await box.define()
        let second = await box.send("/openapi/v2", tag: tag(first))
        #expect(second.status == 200 && tag(second) != tag(first))
        #expect(await box.get("/openapi/v2")["definitions"]?["com.example.v1.Widget"] != nil)
        #expect(await box.send("/openapi/v2", accept: "application/xml").status == 406)
    }
}

/// The delimited fields of a protobuf message, by number.
private struct Message {
    var parts: [Int: [ArraySlice<UInt8>]] = [:]

    init(_ bytes: ArraySlice<UInt8>) throws {
        var reader = ProtobufReader(bytes)
        while !reader.isAtEnd {
            let (number, value) = try reader.field()
            if case .delimited(let part) = value { parts[number, default: []].append(part) }
        }
    }

    func text(_ number: Int) -> String { String(decoding: parts[number]?.first ?? [], as: UTF8.self) }
}
