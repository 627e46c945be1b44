// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing
import Transport

@testable import Kubernetes

@Suite struct RequestBuilderTests {
    private let nodes = APIResource(group: "", version: "v1", kind: "Node", plural: "nodes", isNamespaced: false)
    private let builder = RequestBuilder(server: "https://h/prefix", userAgent: "mainstay-controller")

    private func path(
        _ resource: APIResource, _ namespace: String?, _ name: String? = nil, _ subresource: String? = nil
    ) throws -> String {
        try RequestBuilder.path(
            resource, namespace: namespace, name: name, subresource: subresource, subject: "get it")
    }

    @Test("paths of core and other groups, namespaced and not, with and without name")
    func paths() throws {
        #expect(try path(configMaps, "t", "c") == "/api/v1/namespaces/t/configmaps/c")
        #expect(try path(configMaps, nil) == "/api/v1/configmaps")
        #expect(try path(deployments, "t", "d", "scale") == "/apis/apps/v1/namespaces/t/deployments/d/scale")
        #expect(try path(nodes, "ignored", "n") == "/api/v1/nodes/n")
    }

    @Test("a name that would lead elsewhere is refused", arguments: ["", ".", "..", "a/b", "../secrets", "a%2Fb"])
    func traversal(_ name: String) {
        #expect(throws: KubernetesError.self) { try path(configMaps, "t", name) }
        #expect(throws: KubernetesError.self) { try path(configMaps, name.isEmpty ? "/" : name) }
    }

    @Test("a namespaced object without a namespace is refused")
    func noNamespace() {
        let error = #expect(throws: KubernetesError.self) { try path(configMaps, "", "c") }
        #expect(error?.code == .invalid)
    }

    @Test("names and queries are encoded so that they stay what they are")
    func encoding() throws {
        #expect(try path(nodes, nil, "system:a b?c#d") == "/api/v1/nodes/system%3Aa%20b%3Fc%23d")
        var query = RequestBuilder.Query()
        query.add("labelSelector", "a=b,c in (d, é)")
        query.add("empty", "")
        query.add("none", nil)
        let request = builder.request("GET", "/api", query: query)
        #expect(request.url == "https://h/prefix/api?labelSelector=a%3Db%2Cc%20in%20%28d%2C%20%C3%A9%29")
        #expect(request.headers["User-Agent"] == "mainstay-controller")
        #expect(request.headers["Content-Type"] == nil)
        #expect(request.body == nil)
    }

    @Test("an apply is a JSON body under the apply type, without managedFields")
    func apply() throws {
        let object: Object = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "c", "managedFields": [["manager": "x"]], "labels": ["a": "b"]],
        ]
        let request = builder.apply(object, path: "/p", fieldManager: "mainstay", force: false, dryRun: true)
        #expect(request.method == "PATCH")
        #expect(
            request.url
                == "https://h/prefix/p?fieldManager=mainstay&force=false&fieldValidation=Strict&dryRun=All")
        #expect(request.headers["Content-Type"] == "application/apply-patch+yaml")
        let body = try JSON.parse(try #require(request.body))
        #expect(body["metadata"] == ["name": "c", "labels": ["a": "b"]])
    }
}
