// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("Objects with rules of their own")
struct ObjectScenarioTests {
    typealias Place = DaemonHarness.Place

    @Test("A definition and an object of its kind come up in one merge")
    func customResource() async throws {
        try await DaemonHarness.run(allow: AllowRules(kinds: ["CustomResourceDefinition"])) { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/widget.yaml"] = """
                apiVersion: example.com/v1
                kind: Widget
                metadata: {name: first}
                spec: {size: 3}
                """
            monorepo.files["k8s/worker/z-definition.yaml"] = """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: widgets.example.com}
                spec:
                  group: example.com
                  scope: Namespaced
                  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    schema:
                      openAPIV3Schema:
                        type: object
                        properties: {spec: {type: object, properties: {size: {type: integer}}}}
                """
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let widget = try await harness.live("/apis/example.com/v1/namespaces/staging/widgets/first")
            #expect(widget?.value(at: "spec", "size")?.integer == 3)
            #expect(try await harness.rollouts("worker").map(\.phase) == [.succeeded])
        }
    }

    @Test(
        "An object of a kind that somebody else defined in the cluster is checked before anything is applied",
        arguments: [true, false])
    func definedElsewhere(isWrong: Bool) async throws {
        try await DaemonHarness.run { harness in
            let properties: Value = [
                "spec": [
                    "type": "object", "properties": ["size": ["type": "integer", "maximum": 5]],
                ]
            ]
            let definition: Object = [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": "widgets.example.com"],
                "spec": [
                    "group": "example.com", "scope": "Namespaced",
                    "names": ["plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"],
                    "versions": [
                        [
                            "name": "v1", "served": true, "storage": true,
                            "schema": ["openAPIV3Schema": ["type": "object", "properties": properties]],
                        ]
                    ],
                ],
            ]
            try await harness.change("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings")
            monorepo.files["k8s/worker/widget.yaml"] = """
                apiVersion: example.com/v1
                kind: Widget
                metadata: {name: first}
                spec: {size: \(isWrong ? 7 : 3)}
                """
            let commit = try harness.merge(monorepo)
            guard isWrong else {
                try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])
                return
            }
            try await harness.wait(for: "worker", "is refused") { $0.phase == .failed }
            let cause = try await harness.rollouts("worker").first?.verdict?.verdict.cause
            #expect(cause?.reason == "ManifestInvalid" && cause?.object?.kind == "Widget")
            #expect(
                cause?.message.contains("spec.size") == true && cause?.message.contains("nothing was applied") == true)
            #expect(try await harness.live(Place.configMap("settings")) == nil)
        }
    }

    @Test("A Job that changes is made anew, and one that does not is not run again")
    func job() async throws {
        func job(_ tag: String) -> String {
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: migrate}
            spec:
              template:
                spec: {restartPolicy: Never, containers: [{name: migrate, image: "example.com/migrate:\(tag)"}]}

            """
        }
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/api/migrate.yaml"] = job("1")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let path = "/apis/batch/v1/namespaces/staging/jobs/migrate"
            let first = try #require(try await harness.live(path))
            #expect(first.value(at: "status", "succeeded")?.integer == 1)

            monorepo.setImage(of: "api", tag: "1.1.0")
            var commit = try harness.merge(monorepo)
            try await harness.wait(for: "api", "is rolled out") { $0.revision == commit && $0.phase == .succeeded }
            #expect(try await harness.live(path)?.uid == first.uid)

            monorepo.files["k8s/api/migrate.yaml"] = job("2")
            commit = try harness.merge(monorepo)
            try await harness.wait(for: "api", "is rolled out") { $0.revision == commit && $0.phase == .succeeded }
            let second = try #require(try await harness.live(path))
            #expect(second.uid != first.uid)
            #expect(second.value(at: "status", "succeeded")?.integer == 1)
        }
    }

    @Test("A field that cannot be changed in place fails at once, says so, and deletes nothing")
    func immutable() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let uid = try await harness.live(Place.deployment("worker"))?.uid
            monorepo.files["k8s/worker/deployment.yaml"]?.replace("{app: worker}", with: "{app: labourer}")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is taken back") { $0.phase == .rolledBack && $0.quarantine != nil }
            let cause = try await harness.rollouts("worker").first { $0.rollout.revision == bad }?.verdict?.verdict
                .cause
            #expect(cause?.reason == "ImmutableField")
            #expect(cause?.message.contains("mainstay.dev/replace") == true)
            #expect(cause?.message.contains("spec.selector cannot be changed in place") == true)
            #expect(try await harness.live(Place.deployment("worker"))?.uid == uid)
            #expect(harness.transport.writes.allSatisfy { $0.method != "DELETE" })
        }
    }

    @Test("A field that somebody else took blocks the rollout by their name, until they let go of it")
    func conflict() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            // Healed otherwise, before anything is merged.
            monorepo.files["mainstay.yaml"]?.replace(
                "path: k8s/worker,", with: #"path: k8s/worker, drift: [{fields: [".spec.replicas"], action: report}],"#)
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            try await harness.change("PATCH", Place.deployment("worker"), ["spec": ["replicas": 2]])

            monorepo.setImage(of: "worker", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "names the conflict") {
                $0.targetRevision == commit && $0.phase == .blocked && $0.cause?.reason == "FieldConflict"
                    && $0.cause?.message.contains("person") == true
            }
            #expect(try await harness.live(Place.deployment("worker"))?.value(at: "spec", "replicas")?.integer == 2)

            try await harness.change("PATCH", Place.deployment("worker"), ["spec": ["replicas": 1]])
            try await harness.waitUntilHealthy(at: commit, ["worker"])
            #expect(try await harness.quarantines().isEmpty)
        }
    }

    @Test("A number of replicas that stands in git is handed over to an autoscaler")
    func handedOverReplicas() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            monorepo.files["k8s/worker/autoscaler.yaml"] = """
                apiVersion: autoscaling/v2
                kind: HorizontalPodAutoscaler
                metadata: {name: worker}
                spec:
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
                  minReplicas: 3
                  maxReplicas: 5
                """
            try harness.merge(monorepo)
            try await harness.wait(for: "the autoscaler has scaled") {
                try await harness.live(Place.deployment("worker"))?.value(at: "status", "readyReplicas")?.integer == 3
            }
            monorepo.setImage(of: "worker", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is rolled out") {
                $0.revision == commit && $0.phase == .succeeded && $0.health == .healthy
            }
            #expect(try await harness.live(Place.deployment("worker"))?.value(at: "spec", "replicas")?.integer == 3)
        }
    }

    @Test("An autoscaler that comes is no reason to send its workload again; replicas that leave git stay as they are")
    func replicasLeaveGit() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            func deploy(replicas: Int?) -> String {
                Monorepo.deployment("worker", image: "example.com/worker:1.0.0", replicas: replicas)
            }
            let path = "k8s/worker/deployment.yaml"
            monorepo.files[path] = deploy(replicas: 2)
            monorepo.files["k8s/worker/autoscaler.yaml"] = """
                apiVersion: autoscaling/v2
                kind: HorizontalPodAutoscaler
                metadata: {name: worker}
                spec:
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
                  minReplicas: 2
                  maxReplicas: 5
                """
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let first = try #require(try await harness.live(Place.deployment("worker")))
            #expect(first.value(at: "spec", "replicas")?.integer == 2)
            monorepo.files["k8s/worker/settings.yaml"] = """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: worker-settings}
                """
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["worker"])
            #expect(
                try await harness.live(Place.deployment("worker"))?.metadata["managedFields"]
                    == first.metadata["managedFields"])
            monorepo.files[path] = deploy(replicas: nil)
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["worker"])
            #expect(try await harness.live(Place.deployment("worker"))?.value(at: "spec", "replicas")?.integer == 2)
        }
    }
}
