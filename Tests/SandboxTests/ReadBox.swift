// SPDX-License-Identifier: Apache-2.0

import Manifests

@testable import Sandbox

/// A sandbox to read from: ConfigMaps in the default namespace, and a clock that is driven.
struct ReadBox {
    let time = TestTime()
    let cluster: SandboxCluster

    init(_ options: SandboxOptions = SandboxOptions()) {
        let time = time
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 3), options: options,
            controllers: [NamespaceContentController()])
    }

    func send(_ path: String, accept: String? = nil, tag: String = "") async -> SandboxResponse {
        var headers = [(name: "User-Agent", value: "test/1")]
        if let accept { headers.append((name: "Accept", value: accept)) }
        if !tag.isEmpty { headers.append((name: "If-None-Match", value: tag)) }
        return await cluster.respond(to: SandboxRequest(method: "GET", path: path, headers: headers))
    }

    func get(_ path: String, accept: String? = nil) async -> Value {
        guard case .bytes(let bytes) = await send(path, accept: accept).body else { return .null }
        return (try? JSON.parse(bytes)) ?? .null
    }

    func stream(_ path: String, accept: String? = nil) async -> AsyncStream<[UInt8]>? {
        guard case .stream(let stream) = await send(path, accept: accept).body else { return nil }
        return stream
    }

    @discardableResult
    func post(_ path: String, _ body: Value, method: String = "POST") async -> Int {
        await cluster.respond(
            to: SandboxRequest(
                method: method, path: path,
                headers: [
                    (name: "User-Agent", value: "test/1"), (name: "Content-Type", value: "application/json"),
                ], body: JSON.bytes(body))
        ).status
    }

    func configMap(_ name: String, _ data: String, label: String = "x") -> Value {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": .string(name), "labels": ["l": .string(label)]], "data": ["k": .string(data)],
        ]
    }

    func create(_ name: String) async {
        await post("/api/v1/namespaces/default/configmaps", configMap(name, "0"))
    }

    /// Creates, changes, relabels or deletes.
    func write(_ name: String, using random: inout SplitMix64) async {
        let path = "/api/v1/namespaces/default/configmaps/\(name)"
        let draw = random.next()
        if draw % 4 == 0 {
            await post(path, [:], method: "DELETE")
        } else if await post(
            path, configMap(name, String(draw % 1000), label: draw % 2 == 0 ? "x" : "y"), method: "PUT") == 404
        {
            await create(name)
        }
    }

    /// A custom kind.
    func define() async {
        await post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": "widgets.example.com"],
                "spec": [
                    "group": "example.com", "scope": "Namespaced",
                    "names": ["plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"],
                    "versions": [
                        [
                            "name": "v1", "served": true, "storage": true,
                            "schema": ["openAPIV3Schema": ["type": "object"]],
                        ]
                    ],
                ],
            ])
        await cluster.settle()
    }
}
