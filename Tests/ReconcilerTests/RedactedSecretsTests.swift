// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Whose Secrets are taken out of conditions")
struct RedactedSecretsTests {
    /// What its pods are given is not in git, what a maker makes is not there by its name, and one is in git.
    private static let manifests: [Manifest] = [
        {
            var api = Planet.deployment("api", tag: "1", secret: "given")
            api.set("staging", at: "metadata", "namespace")
            return api
        }(), Planet.secret("own"),
        [
            "apiVersion": "cert-manager.io/v1", "kind": "Certificate",
            "metadata": ["name": "api", "namespace": "staging"], "spec": ["secretName": "made"],
        ],
    ].map { Manifest(object: $0, origin: Origin(file: "a.yaml")) }

    private static func told(
        _ text: String, version: String, apiVersion: String = "serving.knative.dev/v1", status: String = "False"
    ) -> Object {
        [
            "apiVersion": .string(apiVersion), "kind": "Service",
            "metadata": ["name": "shop", "namespace": "staging", "resourceVersion": .string(version)],
            "status": ["conditions": [["type": "Ready", "status": .string(status), "message": .string(text)]]],
        ]
    }

    private static func message(_ object: Object?) -> String? {
        object?.value(at: "status", "conditions")?.array?.first?["message"]?.string
    }

    private static func run(
        _ body: @escaping @Sendable (World, ConditionRedaction) async throws -> Void
    ) throws {
        try World.run { world in
            for name in ["given", "own", "made", "other"] {
                world.cluster.put(
                    Planet.secret(name, [("password", Base64.encode(Array("planted-\(name)".utf8)))]))
            }
            let port = ClusterPort(cluster: world.cluster, life: Life(endingAfterEffect: nil))
            try await body(world, ConditionRedaction(ApplicationSecrets(of: Self.manifests), cluster: port))
        }
    }

    @Test(
        "Values of the Secrets in git, of those that pods are given, and of those that are made of something, are out",
        arguments: ["own", "given", "made"])
    func values(name: String) throws {
        try Self.run { world, redaction in
            let object = await redaction.redacted(Self.told("no planted-\(name) here", version: "1"), now: world.clock)
            #expect(Self.message(object) == "no [secret] here")
        }
    }

    @Test("Where a Secret cannot be read, nothing is left to be quoted")
    func unreadable() throws {
        try Self.run { world, redaction in
            world.cluster.refuse { $0.object?.name == "own" ? FakeCluster.unavailable : nil }
            let object = await redaction.redacted(Self.told("no planted-own here", version: "1"), now: world.clock)
            #expect(Self.message(object) == nil)
        }
    }
}
