// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@testable internal import Mainstay

@Suite("What others change")
struct DriftScenarioTests {
    typealias Place = DaemonHarness.Place

    /// Something that somebody does to an object of the shop.
    struct Deed: Sendable, CustomTestStringConvertible {
        var name: String
        var path: String
        /// A part of what the audit entry says.
        var told: String
        var act: @Sendable (Hands, String) async throws -> Void

        init(
            _ name: String, _ path: String, _ told: String,
            _ act: @escaping @Sendable (Hands, String) async throws -> Void
        ) {
            self.name = name
            self.path = path
            self.told = told
            self.act = act
        }

        var testDescription: String { name }
    }

    static let deployment = Place.deployment("shop")
    static let service = Place.service("shop")
    static let configMap = Place.configMap("shop")
    static let secret = "/api/v1/namespaces/staging/secrets/shop"
    static let cronJob = "/apis/batch/v1/namespaces/staging/cronjobs/shop"
    static let template = ["spec", "template", "spec"]

    static func pod(_ spec: Value) -> Value { ["spec": ["template": ["spec": spec]]] }
    static func container(_ members: Object) -> Value {
        var container: Object = ["name": "shop"]
        for pair in members.pairs { container[pair.key] = pair.value }
        return pod(["containers": [.object(container)]])
    }

    static let healed: [Deed] = [
        Deed("set image", deployment, "image changed by kubectl-set") {
            try await $0.patch($1, as: "kubectl-set", .strategic, container(["image": "example.com/shop:evil"]))
        },
        Deed("scale where git owns the number", deployment, ".spec.replicas changed by kubectl") {
            try await $0.patch("\($1)/scale", as: "kubectl", ["spec": ["replicas": 4]])
        },
        Deed("apply by force", deployment, "args changed by helm") {
            try await $0.patch(
                $1, as: "helm", .apply, force: true,
                [
                    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "shop"],
                    "spec": ["template": ["spec": ["containers": [["name": "shop", "args": ["slow"]]]]]],
                ])
        },
        Deed("label overwritten", deployment, ".metadata.labels.team changed by kubectl-label") {
            try await $0.patch($1, as: "kubectl-label", ["metadata": ["labels": ["team": "theirs"]]])
        },
        Deed("annotation removed", deployment, ".metadata.annotations.note removed") {
            try await $0.patch($1, as: "kubectl-annotate", ["metadata": ["annotations": ["note": nil]]])
        },
        Deed("owner label removed", configMap, "labels.mainstay.dev/owner") {
            try await $0.patch($1, as: "kubectl-label", ["metadata": ["labels": ["mainstay.dev/owner": nil]]])
        },
        Deed("an environment variable more", deployment, #"env[name="EXTRA"] added by kubectl-edit"#) {
            try await $0.patch(
                $1, as: "kubectl-edit", .strategic, container(["env": [["name": "EXTRA", "value": "x"]]]))
        },
        Deed("a container more", deployment, #"containers[name="spy"] added by kubectl-edit"#) {
            try await $0.patch(
                $1, as: "kubectl-edit", .strategic,
                pod(["containers": [["name": "spy", "image": "example.com/spy:1"]]]))
        },
        Deed("a port and a mount more", deployment, #"volumeMounts[mountPath="/more"] added"#) {
            try await $0.patch(
                $1, as: "kubectl-edit", .strategic,
                container([
                    "ports": [["containerPort": 7000, "name": "more", "protocol": "TCP"]],
                    "volumeMounts": [["name": "scratch", "mountPath": "/more"]],
                ]))
        },
        Deed("a default changed", deployment, ".spec.template.spec.terminationGracePeriodSeconds added") {
            try await $0.patch($1, as: "kubectl-edit", pod(["terminationGracePeriodSeconds": 5]))
        },
        Deed("below an empty map of git's", deployment, "emptyDir.medium added") {
            try await $0.patch(
                $1, as: "kubectl-edit", .strategic,
                pod(["volumes": [["name": "scratch", "emptyDir": ["medium": "Memory"]]]]))
        },
        Deed("a security context where git has an empty one", deployment, "securityContext.runAsUser added") {
            try await $0.patch($1, as: "kubectl-edit", pod(["securityContext": ["runAsUser": 1000]]))
        },
        Deed("order of init containers", deployment, "initContainers reordered") {
            try await $0.edit($1) { object in
                let items = object.value(at: template + ["initContainers"])?.array ?? []
                object.set(.array(items.reversed()), at: (template + ["initContainers"])[...])
            }
        },
        Deed("a key twice", deployment, "env reordered or repeated") {
            try await $0.edit($1) { object in
                var containers = object.value(at: template + ["containers"])?.array ?? []
                var first = containers[0].object ?? Object()
                first["env"] = .array((first["env"]?.array ?? []) + [["name": "LEVEL", "value": "debug"]])
                containers[0] = .object(first)
                object.set(.array(containers), at: (template + ["containers"])[...])
            }
        },
        Deed("an item of git's removed", deployment, #"env[name="LEVEL"] removed"#) {
            try await $0.patch(
                $1, as: "kubectl-set", .strategic, container(["env": [["$patch": "delete", "name": "LEVEL"]]]))
        },
        Deed("another port of a Service", service, #"ports[port=81,protocol="TCP"] added by kubectl-edit"#) {
            try await $0.edit($1) { object in
                var ports = object.value(at: "spec", "ports")?.array ?? []
                var first = ports[0].object ?? Object()
                first["port"] = 81
                ports[0] = .object(first)
                object.set(.array(ports), at: "spec", "ports")
            }
        },
        Deed("another target port", service, "targetPort changed by kubectl-patch") {
            try await $0.patch(
                $1, as: "kubectl-patch", .strategic, ["spec": ["ports": [["port": 80, "targetPort": 9]]]])
        },
        Deed("a Service's type", service, ".spec.type added by kubectl-patch") {
            try await $0.patch($1, as: "kubectl-patch", ["spec": ["type": "NodePort"]])
        },
        Deed("data changed and added", configMap, ".data.level changed by kubectl-edit") {
            try await $0.patch($1, as: "kubectl-edit", ["data": ["level": "debug", "more": "yes"]])
        },
        Deed("data removed", configMap, ".data.colour removed") {
            try await $0.patch($1, as: "kubectl-edit", ["data": ["colour": nil]])
        },
        Deed("a Secret that git states as text", secret, ".data.password changed by kubectl-edit") {
            try await $0.patch($1, as: "kubectl-edit", ["stringData": ["password": "other-planted"]])
        },
        Deed("managed fields reset", configMap, "its managed fields were reset") {
            try await $0.patch($1, as: "kubectl-edit", ["metadata": ["managedFields": [[:]]]])
        },
        Deed("deleted", configMap, "was deleted") { try await $0.delete($1) },
        Deed("deleted, a Service", service, "was deleted") { try await $0.delete($1) },
    ]

    @Test("What git states, and what it does not, is as git says within a moment")
    func heals() async throws {
        try await DaemonHarness.run { harness in
            try await harness.settleShop()
            let hands = Hands(cluster: harness.cluster)
            for deed in Self.healed {
                let before = try #require(try await harness.live(deed.path)).essence
                let told = try await harness.driftAudit().count
                try await deed.act(hands, deed.path)
                try await harness.wait(for: "\(deed.name): healed") {
                    guard try await harness.live(deed.path)?.essence == before else { return false }
                    return try await harness.driftAudit().count > told
                }
                let text = try await harness.driftAudit().dropFirst(told).joined(separator: "\n")
                #expect(text.contains(deed.told) && text.contains("undone"), "\(deed.name): \(text)")
            }
            try await harness.expectQuiet()
            #expect(harness.status("shop")?.drift == [])
            #expect(!(try harness.ledgerText()).contains("planted"))
            #expect(!harness.log.lines.contains { $0.contains("planted") })
        }
    }
}

extension DaemonHarness {
    /// Rolls the shop out, and waits until nothing moves.
    func settleShop(pipeline entry: String = "") async throws {
        try await waitUntilHealthy(at: try merge(Shop.files(pipeline: entry)), ["shop"])
        try await wait(for: "the autoscaler has scaled") {
            try await live(Place.deployment("busy"))?.value(at: "status", "readyReplicas")?.integer == 2
        }
    }

    func driftAudit() async throws -> [String] {
        try await life.ledger.auditEntries(after: 0, limit: 1000).filter { $0.kind == "drift" }.map(\.text)
    }

    /// Nothing else is written by the daemon: something that has to be healed is, and what else it knows of would be
    /// healed beside it.
    func expectQuiet(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let hands = Hands(cluster: cluster)
        let writes = transport.writes.count
        // Another field each time: nobody is to look like an opponent.
        let field = "quiet-\(writes)"
        try await hands.patch(Place.configMap("shop"), as: "kubectl-edit", ["data": .object([field: "yes"])])
        try await wait(for: "the sentinel is healed") {
            guard let live = try await live(Place.configMap("shop")), live.value(at: "data", field) == nil else {
                return false
            }
            return try await driftAudit().last?.contains(field) == true
        }
        #expect(
            transport.writes.dropFirst(writes).map(\.shortPath) == ["configmaps/shop", "configmaps/shop"],
            sourceLocation: sourceLocation)
    }
}
