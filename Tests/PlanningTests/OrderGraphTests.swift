// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct OrderGraphTests {
    private static let nats = TargetID(application: "nats", environment: "infrastructure")
    private static let api = TargetID(application: "api", environment: "staging")
    private static let worker = TargetID(application: "worker", environment: "staging")

    private func node(_ target: TargetID, _ object: Object) -> OrderNode {
        OrderNode(
            target: target, manifest: Manifest(object: object, origin: Origin(file: "\(target.application).yaml")))
    }

    private func workload(
        _ name: String, namespace: String = "staging", kind: String = "Deployment", env: [String: String] = [:],
        metadata: String = "", pod: String = "", container: String = ""
    ) throws -> Object {
        let variables = env.sorted { $0.key < $1.key }.map { #"{"name": "\#($0.key)", "value": "\#($0.value)"}"# }
        let podMembers = pod.isEmpty ? "" : ", " + pod
        let containerMembers = container.isEmpty ? "" : ", " + container
        return try make(
            "apps/v1", kind, name, namespace: namespace, metadata: metadata,
            #"""
            "spec": {"template": {"metadata": {"labels": {"app": "\#(name)"}}, "spec": {"containers": [
              {"name": "\#(name)", "env": [\#(variables.joined(separator: ","))]\#(containerMembers)}]\#(podMembers)}}}
            """#)
    }

    private func service(_ name: String, namespace: String = "staging", app: String? = nil) throws -> Object {
        try make(
            "v1", "Service", name, namespace: namespace,
            #""spec": {"selector": {"app": "\#(app ?? name)"}, "ports": [{"port": 80}]}"#)
    }

    private func graph(_ objects: [Object]) throws -> OrderGraph {
        try OrderGraph(nodes: objects.map { node(Self.api, $0) }, declared: [:])
    }

    private func ends(_ graph: OrderGraph, _ id: ObjectID) -> [String] {
        graph.dependencies(of: id).map { "\($0.kind.rawValue): \($0.to)" }
    }

    private let apiID = ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "api")

    // MARK: Inferred

    @Test("NATS and Postgres come before the services that talk to them, without a word of configuration")
    func inferred() throws {
        let nodes = [
            node(Self.api, try workload("api", env: ["NATS_URL": "nats://nats.infrastructure.svc.cluster.local:4222"])),
            node(
                Self.worker, try workload("worker", env: ["DATABASE": "postgres://u@postgres.infrastructure:5432/db"])),
            node(Self.nats, try workload("nats", namespace: "infrastructure", kind: "StatefulSet")),
            node(Self.nats, try service("nats", namespace: "infrastructure")),
            node(Self.nats, try workload("postgres", namespace: "infrastructure", kind: "StatefulSet")),
            node(Self.nats, try service("postgres", namespace: "infrastructure")),
        ]
        let graph = try OrderGraph(nodes: nodes, declared: [:])
        #expect(
            ends(graph, apiID) == [
                "inferred: Service infrastructure/nats", "inferred: StatefulSet infrastructure/nats",
            ])
        #expect(
            graph.dependencies(of: apiID).first?.reason
                == "environment variable NATS_URL leads to Service infrastructure/nats")
        #expect(graph.targetDependencies == [Self.api: [Self.nats], Self.worker: [Self.nats]])
        #expect(graph.order.map(\.count) == [4, 2])
        let stateful = ObjectID(group: "apps", kind: "StatefulSet", namespace: "infrastructure", name: "nats")
        #expect(graph.dependents(of: stateful).map(\.from) == [apiID])
        #expect(graph.droppedEdges.isEmpty)
    }

    @Test(
        "A Service's name leads to it from arguments, commands and ConfigMaps alike",
        arguments: [
            #""args": ["--db=postgres:5432"]"#, #""args": ["--database-host=postgres"]"#,
            #""args": ["--host", "postgres"]"#, #""command": ["sh", "-c", "until nc -z postgres:5432; do :; done"]"#,
            #""envFrom": [{"configMapRef": {"name": "settings"}}]"#,
        ])
    func places(container: String) throws {
        let settings = try make("v1", "ConfigMap", "settings", #""data": {"DATABASE_HOST": "postgres"}"#)
        let graph = try graph([
            workload("api", container: container), workload("postgres", kind: "StatefulSet"), service("postgres"),
            settings,
        ])
        #expect(ends(graph, apiID).contains("inferred: StatefulSet staging/postgres"))
    }

    @Test(
        "A word that only looks like a Service leads nowhere",
        arguments: [
            ["POSTGRES_USER": "postgres"], ["DB_NAME": "postgres"], ["HOST": "postgres.elsewhere"],
            ["HOST": "postgres.example.com"], ["TEXT": "talks to postgres sometimes"], ["HOST": "other:5432"],
        ])
    func noEdge(env: [String: String]) throws {
        let graph = try graph([workload("api", env: env), workload("postgres"), service("postgres")])
        #expect(graph.dependencies(of: apiID).isEmpty)
    }

    @Test("A short name counts in its own namespace only")
    func shortNameElsewhere() throws {
        let graph = try graph([
            workload("api", env: ["HOST": "postgres"]), workload("postgres", namespace: "infrastructure"),
            service("postgres", namespace: "infrastructure"),
        ])
        #expect(graph.dependencies(of: apiID).isEmpty)
    }

    @Test("A workload does not wait for itself, nor for its own Service")
    func itself() throws {
        let graph = try graph([workload("api", env: ["SELF": "http://api.staging.svc:80"]), service("api")])
        #expect(graph.edges.isEmpty)
    }

    @Test("Of two services that call each other the first by name waits, and the other edge is reported")
    func mutual() throws {
        let objects = [
            node(Self.api, try workload("api", env: ["WORKER": "http://worker"])), node(Self.api, try service("api")),
            node(Self.worker, try workload("worker", env: ["API": "http://api"])),
            node(Self.worker, try service("worker")),
        ]
        let graph = try OrderGraph(nodes: objects, declared: [:])
        #expect(graph.targetDependencies == [Self.api: [Self.worker]])
        #expect(
            graph.droppedEdges.map { "\($0.edge.from) \($0.edge.to): \($0.reason)" } == [
                "Deployment staging/worker Service staging/api: would close a cycle: "
                    + "api in staging already waits for worker in staging",
                "Deployment staging/worker Deployment staging/api: would close a cycle: "
                    + "api in staging already waits for worker in staging",
            ])
        // A declaration turns it round.
        let turned = try OrderGraph(nodes: objects, declared: [Self.worker: [Self.api]])
        #expect(turned.targetDependencies == [Self.worker: [Self.api]])
    }

    @Test("Values of environment variables, which may hold passwords, are in no reason")
    func noValueInReason() throws {
        let graph = try graph([
            workload("api", env: ["URL": "postgres://user:hunter2@postgres:5432/db"]), workload("postgres"),
            service("postgres"),
        ])
        #expect(!graph.edges.isEmpty)
        #expect(graph.edges.allSatisfy { !$0.description.contains("hunter2") })
    }

    // MARK: Declared

    @Test("A declared dependency holds back every object, until the other's workloads are healthy")
    func declared() throws {
        let nodes = [
            node(Self.api, try workload("api")), node(Self.api, try service("api")),
            node(Self.nats, try workload("nats", kind: "StatefulSet")), node(Self.nats, try service("nats")),
        ]
        let graph = try OrderGraph(nodes: nodes, declared: [Self.api: [Self.nats]])
        #expect(ends(graph, apiID) == ["declared: StatefulSet staging/nats"])
        #expect(graph.order.map(\.count) == [2, 2])
    }

    @Test("A declared circle is an error that names its path")
    func declaredCycle() throws {
        let error = try #require(throws: OrderError.self) {
            try OrderGraph(
                nodes: [], declared: [Self.api: [Self.worker], Self.worker: [Self.nats], Self.nats: [Self.api]])
        }
        #expect(error.path.count == 4)
        #expect(error.path.first == error.path.last)
        #expect(Set(error.path) == [Self.api, Self.worker, Self.nats])
        #expect(error.description.contains("api in staging depends on worker in staging"))
    }

    @Test("An application that declares to depend on itself is a circle of one")
    func declaredSelf() throws {
        let error = try #require(throws: OrderError.self) {
            try OrderGraph(nodes: [], declared: [Self.api: [Self.api]])
        }
        #expect(error.path == [Self.api, Self.api])
    }

    // MARK: Structural

    @Test("Structure orders an application")
    func structural() throws {
        let pod = #"""
            "serviceAccountName": "runner", "imagePullSecrets": [{"name": "pull"}], "volumes": [
              {"name": "data", "persistentVolumeClaim": {"claimName": "disk"}},
              {"name": "all", "projected": {"sources": [{"secret": {"name": "tls"}}]}}]
            """#
        let container = #""envFrom": [{"secretRef": {"name": "db"}}]"#
        let graph = try graph([
            make("v1", "Namespace", "staging", namespace: ""), workload("api", pod: pod, container: container),
            make("v1", "ServiceAccount", "runner"), make("v1", "Secret", "pull"), make("v1", "Secret", "tls"),
            make("v1", "Secret", "db"), make("v1", "PersistentVolumeClaim", "disk"),
            make("rbac.authorization.k8s.io/v1", "Role", "reader"),
            make(
                "rbac.authorization.k8s.io/v1", "RoleBinding", "reads",
                #""roleRef": {"kind": "Role", "name": "reader"}, "subjects": [{"kind": "ServiceAccount", "name": "runner"}]"#
            ),
        ])
        #expect(
            ends(graph, apiID) == [
                "structural: Namespace staging", "structural: PersistentVolumeClaim staging/disk",
                "structural: Secret staging/db", "structural: Secret staging/pull", "structural: Secret staging/tls",
                "structural: ServiceAccount staging/runner", "structural: RoleBinding staging/reads",
            ])
        let binding = ObjectID(
            group: "rbac.authorization.k8s.io", kind: "RoleBinding", namespace: "staging", name: "reads")
        #expect(
            ends(graph, binding) == [
                "structural: Namespace staging", "structural: ServiceAccount staging/runner",
                "structural: Role staging/reader",
            ])
    }

    @Test("Custom objects, routes, scalers, budgets and webhooks come after what they are about")
    func kinds() throws {
        let graph = try graph([
            workload("api"), service("api"),
            make(
                "apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.example.com", namespace: "",
                #""spec": {"group": "example.com", "names": {"kind": "Widget"}}"#),
            make("example.com/v1", "Widget", "w"),
            make(
                "networking.k8s.io/v1", "Ingress", "web",
                #""spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "api"}}}]}}]}"#),
            make(
                "autoscaling/v2", "HorizontalPodAutoscaler", "scale",
                #""spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}}"#),
            make(
                "policy/v1", "PodDisruptionBudget", "budget",
                #""spec": {"selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["api"]}]}}"#),
            make("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "hook", namespace: ""),
        ])
        func id(_ group: String, _ kind: String, _ name: String, _ namespace: String = "staging") -> ObjectID {
            ObjectID(group: group, kind: kind, namespace: namespace, name: name)
        }
        #expect(
            ends(graph, id("example.com", "Widget", "w"))
                == ["structural: CustomResourceDefinition widgets.example.com"])
        #expect(ends(graph, id("networking.k8s.io", "Ingress", "web")) == ["structural: Service staging/api"])
        #expect(
            ends(graph, id("autoscaling", "HorizontalPodAutoscaler", "scale"))
                == ["structural: Deployment staging/api"])
        #expect(ends(graph, id("policy", "PodDisruptionBudget", "budget")) == ["structural: Deployment staging/api"])
        let hook = id("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "hook", "")
        #expect(graph.dependencies(of: hook).count == 7)
        // An autoscaler and a budget are there while the pods come up; a webhook is called when they are well.
        let early = graph.edges.filter { $0.condition == .applied }.map(\.from.kind)
        #expect(early == ["HorizontalPodAutoscaler", "Ingress", "PodDisruptionBudget"])
        #expect(graph.dependencies(of: hook).allSatisfy { $0.condition == .healthy })
    }

    // MARK: Annotations

    @Test("depends-on names objects with and without a namespace")
    func dependsOn() throws {
        let text = "apps/namespaces/staging/Deployment/base, example.com/Cluster/main,/namespaces/staging/ConfigMap/c"
        let graph = try graph([
            workload("api", metadata: #""annotations": {"config.kubernetes.io/depends-on": "\#(text)"}"#),
            workload("base"), make("example.com/v1", "Cluster", "main", namespace: ""), make("v1", "ConfigMap", "c"),
        ])
        #expect(
            ends(graph, apiID) == [
                "annotation: Cluster main", "annotation: ConfigMap staging/c", "annotation: Deployment staging/base",
            ])
    }

    @Test("Waves follow each other, and a hook's phase comes before its wave")
    func waves() throws {
        func annotated(_ name: String, _ annotation: String) throws -> Object {
            try workload(name, kind: "Job", metadata: #""annotations": {"argocd.argoproj.io/\#(annotation)}"#)
        }
        let objects = [
            try annotated("before", #"hook": "PreSync""#), try annotated("first", #"sync-wave": "-1""#),
            try workload("api"), try annotated("last", #"sync-wave": "5""#),
            try annotated("after", #"hook": "PostSync""#),
            try make("v1", "ConfigMap", "settings"),
        ]
        let graph = try graph(objects)
        #expect(
            graph.order.map { $0.map(\.name) } == [["settings", "before"], ["first"], ["api"], ["last"], ["after"]])
    }

    @Test("A phase is order alone, but where the later needs the earlier as well", arguments: [1, 2])
    func orderAlone(jobs: Int) throws {
        let after = #""annotations": {"mainstay.dev/hook": "after"}"#
        let settings = #""envFrom": [{"configMapRef": {"name": "settings"}}]"#
        let hooks = try (1...jobs).map {
            try workload("smoke\($0)", kind: "Job", metadata: after, container: settings)
        }
        let graph = try graph(hooks + [workload("api"), make("v1", "ConfigMap", "settings")])
        for hook in hooks {
            let edges = graph.dependencies(
                of: ObjectID(
                    group: "apps", kind: "Job", namespace: "staging", name: hook.name))
            #expect(edges.filter(\.isOrderAlone).map(\.to.name) == ["api"])
            #expect(edges.contains { $0.to.name == "settings" && !$0.isOrderAlone })
        }
    }

    @Test("A ConfigMap that a Job of an earlier wave reads does not wait for that Job")
    func waveAndStructure() throws {
        let job = try workload(
            "migrate", kind: "Job", metadata: #""annotations": {"argocd.argoproj.io/sync-wave": "-1"}"#,
            container: #""envFrom": [{"configMapRef": {"name": "settings"}}]"#)
        let graph = try graph([job, workload("api"), make("v1", "ConfigMap", "settings")])
        #expect(graph.order.map { $0.map(\.name) } == [["settings"], ["migrate"], ["api"]])
        #expect(graph.droppedEdges.isEmpty)
    }

    @Test("kapp's change rules order upserts, after and before")
    func changeRules() throws {
        let graph = try graph([
            workload(
                "db", metadata: #""annotations": {"kapp.k14s.io/change-group": "storage"}"#),
            workload(
                "api", metadata: #""annotations": {"kapp.k14s.io/change-rule.1": "upsert after upserting storage"}"#),
            workload(
                "prepare",
                metadata: #""annotations": {"kapp.k14s.io/change-rule": "upsert before upserting storage"}"#),
        ])
        #expect(graph.order.map { $0.map(\.name) } == [["prepare"], ["db"], ["api"]])
    }

    @Test("An annotation that contradicts another costs only its own edge")
    func contradiction() throws {
        let graph = try graph([
            workload(
                "a",
                metadata: #""annotations": {"config.kubernetes.io/depends-on": "apps/namespaces/staging/Deployment/b"}"#
            ),
            workload("b", metadata: #""annotations": {"argocd.argoproj.io/sync-wave": "1"}"#), workload("c"),
        ])
        let b = ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "b")
        #expect(ends(graph, b) == ["annotation: Deployment staging/c"])
        #expect(graph.droppedEdges.map(\.edge.to.name) == ["a"])
    }

    @Test("Of two that wait for many, the one that a contradiction bars still waits for the rest")
    func contradictionAmongMany() throws {
        let wave = #""annotations": {"argocd.argoproj.io/sync-wave": "1"}"#
        let needsB = #""annotations": {"config.kubernetes.io/depends-on": "apps/namespaces/staging/Deployment/b"}"#
        let graph = try graph([
            workload("a", metadata: needsB), workload("b", metadata: wave), workload("b2", metadata: wave),
            workload("c"),
        ])
        func names(_ name: String) -> [String] {
            graph.dependencies(of: ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: name))
                .map(\.to.name)
        }
        #expect(names("b") == ["c"])
        #expect(names("b2") == ["a", "c"])
        #expect(graph.droppedEdges.map { "\($0.edge.from.name) \($0.edge.to.name)" } == ["b a"])
    }

    @Test("A wave in which nothing waits does not break the chain")
    func waveOfBystanders() throws {
        func annotation(_ wave: Int) -> String { #""annotations": {"argocd.argoproj.io/sync-wave": "\#(wave)"}"# }
        let graph = try graph([
            workload("migrate", kind: "Job", metadata: annotation(-1)), make("v1", "ConfigMap", "settings"),
            workload("last", metadata: annotation(1)),
        ])
        let last = ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "last")
        #expect(graph.dependencies(of: last).map(\.to.name) == ["settings", "migrate"])
    }

    // MARK: Properties

    private func randomNodes(_ random: inout SeededGenerator) throws -> [OrderNode] {
        let count = Int.random(in: 2...12, using: &random)
        var nodes: [OrderNode] = []
        for index in 0..<count {
            let target = TargetID(application: "app\(index % 4)", environment: "staging")
            var env: [String: String] = [:]
            for variable in 0..<Int.random(in: 0...3, using: &random) {
                env["V\(variable)"] = "http://s\(Int.random(in: 0..<count, using: &random))"
            }
            var metadata = ""
            if Bool.random(using: &random) {
                let other = Int.random(in: 0..<count, using: &random)
                let wave = Int.random(in: -1...1, using: &random)
                metadata = #"""
                    "annotations": {"config.kubernetes.io/depends-on": "apps/namespaces/staging/Deployment/s\#(other)",
                      "argocd.argoproj.io/sync-wave": "\#(wave)"}
                    """#
            }
            nodes.append(node(target, try workload("s\(index)", env: env, metadata: metadata)))
            nodes.append(node(target, try service("s\(index)")))
        }
        return nodes
    }

    @Test("The graph is the same for the nodes in any order, and its waves agree with every edge", arguments: 0..<40)
    func deterministicAndAcyclic(seed: Int) throws {
        var random = SeededGenerator(state: UInt64(seed))
        let nodes = try randomNodes(&random)
        let graph = try OrderGraph(nodes: nodes, declared: [:])
        let other = try OrderGraph(nodes: nodes.shuffled(using: &random), declared: [:])
        #expect(graph.edges == other.edges)
        #expect(graph.droppedEdges == other.droppedEdges)
        #expect(graph.order == other.order)
        #expect(graph.targetDependencies == other.targetDependencies)

        var wave: [ObjectID: Int] = [:]
        for (number, ids) in graph.order.enumerated() { for id in ids { wave[id] = number } }
        #expect(wave.count == nodes.count)
        for edge in graph.edges { #expect((wave[edge.to] ?? 0) < (wave[edge.from] ?? 0)) }
        for id in wave.keys {
            #expect(graph.dependents(of: id).allSatisfy { $0.to == id })
            #expect(graph.dependents(of: id).count == graph.edges.count { $0.to == id })
        }

        // Targets can be started one after the other.
        var started: Set<TargetID> = []
        for _ in 0..<4 {
            for target in Set(nodes.map(\.target))
            where (graph.targetDependencies[target] ?? []).allSatisfy(started.contains) {
                started.insert(target)
            }
        }
        #expect(started == Set(nodes.map(\.target)))
    }
}
