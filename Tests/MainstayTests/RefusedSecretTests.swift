// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Manifests
internal import Reconciler
internal import TestSupport
internal import Testing
internal import Transport

@testable internal import Mainstay

@Suite("What is said of a refused object")
struct RefusedSecretTests {
    private static func object(_ kind: String) -> Object {
        [
            "apiVersion": "v1", "kind": .string(kind), "metadata": ["name": "db", "namespace": "staging"],
            "data": ["password": "aHVudGVyMg=="],
        ]
    }

    private static let webhook =
        #"admission webhook \"strong.example.com\" denied the request: hunter2 is weak (aHVudGVyMg==), db://ada:letmein@db is none"#

    private static let documents = [
        "/api": #"{"kind": "APIVersions", "versions": ["v1"]}"#,
        "/apis": #"{"kind": "APIGroupList", "apiVersion": "v1", "groups": []}"#,
        "/api/v1": #"""
        {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "v1", "resources": [
            {"name": "secrets", "namespaced": true, "kind": "Secret", "verbs": ["get", "create", "patch"]},
            {"name": "configmaps", "namespaced": true, "kind": "ConfigMap", "verbs": ["get", "create", "patch"]}]}
        """#,
    ]

    private static func cluster(_ time: VirtualTime) -> KubernetesCluster {
        let transport = ScriptedTransport(routes: { request in
            let path = request.url.replacing("https://k8s.example.com", with: "")
            if let document = documents[path] { return ScriptedTransport.json(200, document) }
            return ScriptedTransport.json(
                400,
                #"{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 400, "message": "\#(webhook)"}"#)
        })
        return KubernetesCluster(
            client: KubernetesClient(
                endpoint: ClusterEndpoint(server: "https://k8s.example.com"), transport: transport, clock: time.clock,
                now: { Timestamp(secondsSinceEpoch: 1_795_255_200) }, random: { 0.5 }))
    }

    @Test(
        "A webhook's words about a Secret are quoted without its values; about others, as they are",
        arguments: [true, false])
    func refused(isSecret: Bool) throws {
        let time = VirtualTime()
        try time.run {
            let cluster = Self.cluster(time)
            let object = Self.object(isSecret ? "Secret" : "ConfigMap")
            func message(_ send: () async throws -> Void) async -> String {
                do {
                    try await send()
                    return "it was taken"
                } catch {
                    return "\(error)"
                }
            }
            let told = [
                await message { _ = try await cluster.apply(object, as: .mainstay, force: false, dryRun: true) },
                await message { try await cluster.create(object) },
                await message { _ = try await cluster.acceptsAsNew(object) },
            ]
            for text in told {
                #expect(text.contains("strong.example.com"), "\(text)")
                #expect(
                    text.contains(isSecret ? "[secret] is weak ([secret])" : "hunter2 is weak (aHVudGVyMg==)"),
                    "\(text)")
                #expect(text.contains("db://[secret]@db is none"), "\(text)")
            }
        }
    }
}
