// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("OpenAPI v3")
struct OpenAPITests {
    private let time = TestTime()

    private func cluster() -> SandboxCluster {
        let time = time
        return SandboxCluster(
            clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 3),
            controllers: StandardControllers.all())
    }

    private func get(
        _ cluster: SandboxCluster, _ path: String, headers: [(name: String, value: String)] = []
    ) async throws -> (response: SandboxResponse, body: Value) {
        let response = await cluster.respond(to: SandboxRequest(method: "GET", path: path, headers: headers))
        guard case .bytes(let bytes) = response.body else { return (response, .null) }
        return (response, bytes.isEmpty ? .null : try JSON.parse(bytes))
    }

    private func header(_ response: SandboxResponse, _ name: String) -> String? {
        response.headers.first { $0.name == name }?.value
    }

    private func url(_ cluster: SandboxCluster, _ path: String) async throws -> String {
        let index = try await get(cluster, "/openapi/v3").body
        return try #require(index["paths"]?[path]?["serverRelativeURL"]?.string)
    }

    /// Descriptions are texts below that key; a field of that name is an object.
    private func withoutDescriptions(_ value: Value) -> Value {
        switch value {
        case .array(let items): .array(items.map(withoutDescriptions))
        case .object(let object):
            .object(
                Object(
                    uniqueKeysWithValues: object.pairs.filter { $0.key != "description" || $0.value.string == nil }
                        .map { Object.Pair(key: $0.key, value: withoutDescriptions($0.value)) }))
        default: value
        }
    }

    @Test("A group version's document is the recorded one but for descriptions")
    func recorded() async throws {
        let exchange = try #require(try Transcript(named: "openapi").exchanges.first)
        let (response, body) = try await get(cluster(), exchange.path)
        #expect(response.status == exchange.status)
        let expected = withoutDescriptions(try #require(exchange.responseBody))
        #expect(Difference.between(expected, withoutDescriptions(body)) == [])
        // Those that are no prose of the types are there.
        let operation = exchange.responseBody?["paths"]?["/apis/coordination.k8s.io/v1/leases"]?["get"]
        #expect(body["paths"]?["/apis/coordination.k8s.io/v1/leases"]?["get"] == operation)
    }

    @Test("Every document's references lead somewhere, and every kind that is served has its schema")
    func references() async throws {
        let cluster = cluster()
        let paths = try #require(try await get(cluster, "/openapi/v3").body["paths"]?.object).keys
        #expect(paths.count > 40)
        for path in paths {
            let (response, body) = try await get(cluster, "/openapi/v3/\(path)")
            #expect(response.status == 200)
            let schemas = try #require(body["components"]?["schemas"]?.object)
            for name in references(body) { #expect(schemas[name] != nil, "\(path): \(name)") }
            for pair in schemas.pairs where !OpenAPINames.isJSON(pair.key) {
                #expect(pair.value["type"] != nil || pair.value["oneOf"] != nil, "\(path): \(pair.key)")
            }
        }
    }

    private func references(_ value: Value) -> [String] {
        switch value {
        case .array(let items): items.flatMap(references)
        case .object(let object):
            object.pairs.flatMap { pair in
                guard pair.key == "$ref", let text = pair.value.string else { return references(pair.value) }
                return [String(text.split(separator: "/").last ?? "")]
            }
        default: []
        }
    }

    @Test("The index's address can be kept for ever, an older one leads to it, and what is known is not sent again")
    func caching() async throws {
        let cluster = cluster()
        let url = try await url(cluster, "apis/apps/v1")
        let (response, body) = try await get(cluster, url)
        #expect(header(response, "cache-control") == "public, immutable")
        #expect(body["info"] == ["title": "Kubernetes", "version": "1.36"])
        let tag = try #require(header(response, "etag"))
        let again = try await get(cluster, url, headers: [(name: "If-None-Match", value: tag)])
        #expect(again.response.status == 304)
        let old = await cluster.respond(to: SandboxRequest(method: "GET", path: "/openapi/v3/apis/apps/v1?hash=OLD"))
        #expect(old.status == 301)
        #expect(header(old, "location") == url)
        let none = await cluster.respond(to: SandboxRequest(method: "GET", path: "/openapi/v3/apis/none/v1"))
        #expect(none.status == 404)
        let media = await cluster.respond(
            to: SandboxRequest(method: "GET", path: url, headers: [(name: "Accept", value: "application/xml")]))
        #expect(media.status == 406)
    }

    @Test("What is connected to is listed with its methods and parameters")
    func connections() async throws {
        let paths = try await get(cluster(), "/openapi/v3/api/v1").body["paths"]
        let exec = paths?["/api/v1/namespaces/{namespace}/pods/{name}/exec"]
        #expect(exec?["get"]?["operationId"] == "connectCoreV1GetNamespacedPodExec")
        #expect(exec?["post"]?["x-kubernetes-action"] == "connect")
        #expect(exec?["post"]?["x-kubernetes-group-version-kind"]?["kind"] == "PodExecOptions")
        let parameters = (exec?["parameters"]?.array ?? []).compactMap { $0["name"]?.string }
        #expect(parameters == ["command", "container", "name", "namespace", "stderr", "stdin", "stdout", "tty"])
        let proxy = paths?["/api/v1/nodes/{name}/proxy/{path}"]
        #expect(proxy?["head"]?["operationId"] == "connectCoreV1HeadNodeProxyWithPath")
        #expect(proxy?.object?.keys.count == 8)
    }

    @Test("A definition brings a document with its own schema, and changes no other group's")
    func custom() async throws {
        let cluster = cluster()
        let before = try await url(cluster, "apis/apps/v1")
        let schema: Value = [
            "type": "object",
            "properties": ["spec": ["type": "object", "properties": ["size": ["type": "integer", "minimum": 1]]]],
        ]
        func definition(_ schema: Value) -> Value {
            [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": "widgets.example.com"],
                "spec": [
                    "group": "example.com", "scope": "Namespaced", "names": ["plural": "widgets", "kind": "Widget"],
                    "versions": [
                        ["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]
                    ],
                ],
            ]
        }
        _ = await cluster.respond(
            to: SandboxRequest(
                method: "POST", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                headers: [(name: "Content-Type", value: "application/json")], body: JSON.bytes(definition(schema))))
        await cluster.settle()
        let url = try await url(cluster, "apis/example.com/v1")
        let widget = try await get(cluster, url).body["components"]?["schemas"]?["com.example.v1.Widget"]
        #expect(widget?["properties"]?["spec"] == schema["properties"]?["spec"])
        #expect(
            widget?["properties"]?["metadata"]?["allOf"] == [OpenAPINames.reference(OpenAPINames.objectMeta)])
        #expect(
            widget?["x-kubernetes-group-version-kind"] == [
                ["group": "example.com", "kind": "Widget", "version": "v1"]
            ])
        #expect(try await self.url(cluster, "apis/apps/v1") == before)

        _ = await cluster.respond(
            to: SandboxRequest(
                method: "PATCH", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com",
                headers: [(name: "Content-Type", value: "application/json-patch+json")],
                body: JSON.bytes([
                    [
                        "op": "add", "value": ["type": "string"],
                        "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/colour",
                    ]
                ])))
        await cluster.settle()
        let changed = try await self.url(cluster, "apis/example.com/v1")
        #expect(changed != url)
        let newer = try await get(cluster, changed).body["components"]?["schemas"]?["com.example.v1.Widget"]
        #expect(newer?["properties"]?["spec"]?["properties"]?["colour"] == ["type": "string"])
    }
}
