// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("Objects that other tools made before")
struct TakeOverScenarioTests {
    typealias Place = DaemonHarness.Place
    private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
    private static let deployments = "/apis/apps/v1/namespaces/staging/deployments"

    private func object(_ text: String) throws -> Object {
        try #require(try ManifestReader.manifests(Array(text.utf8), file: "a.yaml").first).object
    }

    private func managers(_ object: Object?) -> [String] {
        ManagedFields(object?.value(at: "metadata", "managedFields")).entries
            .filter { $0.manager.subresource.isEmpty }.map { "\($0.manager.name)/\($0.manager.operation)" }
    }

    /// The worker as `kubectl apply` makes it, from the manifest in git and something besides.
    private func applyByKubectl(_ harness: DaemonHarness, _ monorepo: Monorepo) async throws {
        var worker = try object(try #require(monorepo.files["k8s/worker/deployment.yaml"]))
        worker.set("{}", at: "metadata", "annotations", Self.lastApplied)
        worker.set("old", at: "metadata", "labels", "left")
        try await harness.change("POST", "\(Self.deployments)?fieldManager=kubectl-client-side-apply", worker)
        try await harness.wait(for: "the worker runs") {
            try await harness.live(Place.deployment("worker"))?.value(at: "status", "readyReplicas")?.integer == 1
        }
    }

    private func pods(_ harness: DaemonHarness) async throws -> [String] {
        try await harness.items("/api/v1/namespaces/staging/pods").filter { $0.name.hasPrefix("worker-") }.map(\.uid)
            .sorted()
    }

    @Test("What kubectl applied is adopted: what git does not have goes, and no pod is started anew")
    func kubectl() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await applyByKubectl(harness, monorepo)
            let before = try #require(try await harness.live(Place.deployment("worker")))
            let pods = try await pods(harness)
            let requests = harness.transport.writes.count
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])

            let adopted = try #require(try await harness.live(Place.deployment("worker")))
            #expect(adopted.generation == before.generation)
            #expect(try await self.pods(harness) == pods)
            #expect(adopted.labels["left"] == nil)
            #expect(adopted.annotations[Self.lastApplied] == nil)
            #expect(!managers(adopted).contains("kubectl-client-side-apply/Update"))
            #expect(managers(adopted).contains("mainstay/Apply"))
            let notes = try await harness.rollouts("worker").first?.verdict?.verdict.notes ?? []
            #expect(notes.contains { $0.contains("took over the fields of Deployment staging/worker") })
            let patches = {
                harness.transport.writes.dropFirst(requests).filter { $0.path.contains("deployments/worker") }
            }
            let adopting = patches().count

            // What kubectl wrote, and git drops later, goes as well.
            monorepo.files["k8s/worker/deployment.yaml"] = Monorepo.deployment(
                "worker", image: "example.com/worker:1.0.0", environment: [])
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["worker"])
            let next = try await harness.live(Place.deployment("worker"))
            let container = next?.value(at: "spec", "template", "spec")?["containers"]?[0]
            #expect(container?["env"] == nil)
            // An object that is ours is applied by one request.
            #expect(patches().count == adopting + 1)
        }
    }

    @Test("A person's edit is no tool's: it is reported, and nothing of it is taken")
    func edit() async throws {
        try await DaemonHarness.run { harness in
            let monorepo = Monorepo()
            try await applyByKubectl(harness, monorepo)
            try await harness.change(
                "PATCH", "\(Place.deployment("worker"))?fieldManager=kubectl-edit", ["spec": ["replicas": 2]])
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "names the conflict") {
                $0.targetRevision == commit && $0.phase == .blocked && $0.cause?.reason == "FieldConflict"
                    && $0.cause?.message.contains("kubectl-edit") == true
            }
            #expect(try await harness.live(Place.deployment("worker"))?.value(at: "spec", "replicas")?.integer == 2)
        }
    }

    @Test("An object whose ownership was reset is taken as a whole")
    func unowned() async throws {
        try await DaemonHarness.run { harness in
            let monorepo = Monorepo()
            try await applyByKubectl(harness, monorepo)
            try await harness.change("PATCH", Place.deployment("worker"), ["metadata": ["managedFields": [[:]]]])
            try await harness.wait(for: "nobody owns anything") {
                managers(try await harness.live(Place.deployment("worker"))).allSatisfy { !$0.hasPrefix("kubectl") }
            }
            let before = try #require(try await harness.live(Place.deployment("worker")))
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let adopted = try #require(try await harness.live(Place.deployment("worker")))
            #expect(adopted.labels["left"] == nil)
            #expect(adopted.generation == before.generation)
            // But for what a controller wrote.
            let left = ManagedFields(adopted.value(at: "metadata", "managedFields")).entries
                .first { $0.manager.name == "before-first-apply" && $0.manager.subresource.isEmpty }?.set
            #expect(left?.child(.field("spec")).isEmpty ?? true)
            #expect(left?.child(.field("metadata")).child(.field("labels")).isEmpty ?? true)
        }
    }

    @Test("An object marked Merge keeps what others added")
    func merge() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await applyByKubectl(harness, monorepo)
            monorepo.files["k8s/worker/deployment.yaml"]?.replace(
                "metadata: {name: worker}", with: "metadata: {name: worker, annotations: {mainstay.dev/apply: Merge}}")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let adopted = try await harness.live(Place.deployment("worker"))
            #expect(adopted?.labels["left"] == "old")
            #expect(managers(adopted).contains("kubectl-client-side-apply/Update"))
        }
    }

    @Test("A version that a definition dropped is mended in the ownership, and others' fields stay theirs")
    func droppedVersion() async throws {
        func definition(_ versions: [(String, Bool)]) -> String {
            let entries = versions.map { name, isStored in
                """
                  - name: \(name)
                    served: true
                    storage: \(isStored)
                    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties:
                      {size: {type: integer}, note: {type: string}}}}}}
                """
            }
            return """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: widgets.example.com}
                spec:
                  group: example.com
                  scope: Namespaced
                  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
                  versions:
                \(entries.joined(separator: "\n"))
                """
        }
        func widget(_ version: String, _ size: Int) -> String {
            "apiVersion: example.com/\(version)\nkind: Widget\nmetadata: {name: first}\nspec: {size: \(size)}\n"
        }
        try await DaemonHarness.run(allow: AllowRules(kinds: ["CustomResourceDefinition"])) { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/nats.yaml"]? += "---\n" + definition([("v1", true), ("v1beta1", false)])
            monorepo.files["k8s/worker/widget.yaml"] = widget("v1beta1", 3)
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let place = "/apis/example.com/v1/namespaces/staging/widgets/first"
            try await harness.change("PATCH", "\(place)?fieldManager=other", ["spec": ["note": "theirs"]])

            monorepo.files["k8s/nats.yaml"] = Monorepo.nats() + "---\n" + definition([("v1", true)])
            monorepo.files["k8s/worker/widget.yaml"] = widget("v1", 4)
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "worker"])
            let live = try await harness.live(place)
            #expect(live?["spec"] == ["size": 4, "note": "theirs"])
            #expect(managers(live).sorted() == ["mainstay/Apply", "other/Update"])
        }
    }
}
