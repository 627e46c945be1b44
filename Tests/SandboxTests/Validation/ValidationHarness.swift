// SPDX-License-Identifier: Apache-2.0

import Manifests

@testable import Sandbox

/// A sandbox without controllers, and requests to it.
struct ValidationHarness {
    struct Answer {
        var status: Int
        var body: Value
        var warnings: [String]

        var message: String { body["message"]?.string ?? "" }

        /// `field: message` of each cause, in their order.
        var causes: [String] {
            (body["details"]?["causes"]?.array ?? []).map {
                "\($0["field"]?.string ?? ""): \($0["message"]?.string ?? "")"
            }
        }
    }

    let cluster: SandboxCluster

    init(options: SandboxOptions = SandboxOptions()) {
        let time = TestTime()
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 3), options: options, controllers: [])
    }

    func send(_ method: String, _ path: String, _ body: String, type: String = "application/json") async -> Answer {
        let response = await cluster.respond(
            to: SandboxRequest(
                method: method, path: path,
                headers: [(name: "Content-Type", value: type), (name: "User-Agent", value: "test/1")],
                body: Array(body.utf8)))
        guard case .bytes(let bytes) = response.body else {
            return Answer(status: response.status, body: .null, warnings: [])
        }
        return Answer(
            status: response.status, body: (try? JSON.parse(bytes)) ?? .null,
            warnings: response.headers.filter { $0.name == "warning" }.map(\.value))
    }

    /// Creates what YAML describes, in the namespace `default` or in none.
    func create(_ yaml: String, query: String = "") async -> Answer {
        await send("POST", Self.path(yaml) + query, yaml, type: "application/yaml")
    }

    /// Replaces what YAML describes.
    func replace(_ yaml: String) async -> Answer {
        let name = Self.object(yaml).name
        return await send("PUT", "\(Self.path(yaml))/\(name)", yaml, type: "application/yaml")
    }

    private static func object(_ yaml: String) -> Object {
        (try? YAML.documents(Array(yaml.utf8), file: "").first?.value.object) ?? Object()
    }

    private static func path(_ yaml: String) -> String {
        let object = object(yaml)
        guard let type = ResourceRegistry().resource(for: object.groupVersionKind) else { return "/unknown" }
        let root = type.group.isEmpty ? "/api/v1" : "/apis/\(type.apiVersion)"
        return type.namespaced ? "\(root)/namespaces/default/\(type.plural)" : "\(root)/\(type.plural)"
    }

    static func deployment(spec: String = "", pod: String = "", container: String = "") -> String {
        """
        {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, \(spec)
          template: {metadata: {labels: {a: b}}, spec: {\(pod) containers: [{name: c, image: i, \(container)}]}}}}
        """
    }

    static func pod(_ spec: String = "", container: String = "") -> String {
        """
        {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {\(spec) containers: [{name: c, image: i, \(container)}]}}
        """
    }
}
