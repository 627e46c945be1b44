// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("The order of hooks")
struct HookOrderTests {
    private static let target = TargetID(application: "api", environment: "staging")
    private static let digest = "0123456789abcdef"
    private static let waveKey = "argocd.argoproj.io/sync-wave"
    private static let dependsKey = "config.kubernetes.io/depends-on"

    private func object(_ name: String, _ kind: String = "Job", _ annotations: [String: String] = [:]) -> Object {
        let version = ["Job": "batch/v1", "Deployment": "apps/v1"][kind] ?? "v1"
        var object: Object = [
            "apiVersion": .string(version), "kind": .string(kind),
            "metadata": ["name": .string(name), "namespace": "staging"],
            "spec": ["template": ["spec": ["containers": [["name": "main"]]]]],
        ]
        for (key, value) in annotations.sorted(by: { $0.key < $1.key }) {
            object.set(.string(value), at: "metadata", "annotations", key)
        }
        return object
    }

    private func hook(_ name: String, _ phase: String = "before", _ more: [String: String] = [:]) -> Object {
        object(name, "Job", more.merging([Hook.key: phase]) { first, _ in first })
    }

    /// Of what is sent, as the manifests have it.
    private func graph(_ objects: [Object], of part: OrderPart = .rollout) throws -> OrderGraph {
        let manifests = objects.enumerated().map { Manifest(object: $1, origin: Origin(file: "a.yaml"), place: $0) }
        let sent = SentForm.manifests(manifests, of: Self.target, digest: Self.digest)
        return try OrderGraph(
            nodes: sent.reversed().map { OrderNode(target: Self.target, manifest: $0) }, declared: [:],
            of: part)
    }

    /// `a, b | c`, by the names in git.
    private func order(_ graph: OrderGraph) -> String {
        graph.order.map { wave in
            wave.map { $0.name.replacing("-\(Self.digest.prefix(10))", with: "") }.joined(separator: ", ")
        }.joined(separator: " | ")
    }

    @Test("Those of a phase run one after another, as the manifests have them, and each says why")
    func oneAfterAnother() throws {
        let graph = try graph([
            object("api", "Deployment"), hook("seed"), hook("backup"), hook("migrate"), hook("smoke", "after"),
            hook("announce", "after"),
        ])
        #expect(order(graph) == "seed | backup | migrate | api | smoke | announce")
        #expect(graph.droppedEdges.isEmpty)
        let reasons = graph.edges.filter { $0.to.name.hasPrefix("seed-") && $0.from.kind == "Job" }.map(\.description)
        #expect(
            reasons == [
                "Job staging/backup-0123456789 after Job staging/seed-0123456789 (annotation: hooks of a phase run one "
                    + "after another, as the manifests have them)"
            ])
    }

    @Test("A stated wave is the order, and hooks of one stated wave run side by side")
    func statedWaves() throws {
        let graph = try graph([
            hook("c", "before", [Self.waveKey: "2"]), hook("b", "before", [Self.waveKey: "1"]),
            hook("a", "before", [Self.waveKey: "2"]), object("api", "Deployment"),
        ])
        #expect(order(graph) == "b | a, c | api")
    }

    @Test("What an annotation says of two hooks decides between these, whatever order the manifests have")
    func statedBetweenTwo() throws {
        let afterLast = [Self.dependsKey: "batch/namespaces/staging/Job/last"]
        let byAnnotation = try graph([hook("first", "before", afterLast), hook("middle"), hook("last")])
        #expect(order(byAnnotation) == "last | first | middle", "what is depended on moves, and nothing else")
        #expect(byAnnotation.droppedEdges.isEmpty)
        let byRule = try graph([
            hook("first", "before", ["kapp.k14s.io/change-rule": "upsert after upserting last"]),
            hook("last", "before", ["kapp.k14s.io/change-group": "last"]),
        ])
        #expect(order(byRule) == "last | first")
        #expect(byRule.droppedEdges.isEmpty)
    }

    @Test("A hook that does not run, such as a ConfigMap that a Job reads, has no place among those that do")
    func notRun() throws {
        let graph = try graph([
            hook("seed"), object("settings", "ConfigMap", [Hook.key: "before"]), hook("migrate"),
            object("api", "Deployment"),
        ])
        #expect(order(graph) == "settings, seed | migrate | api")
        #expect(
            !graph.edges.contains { $0.from.kind == "ConfigMap" || $0.from.kind == "Job" && $0.to.kind == "ConfigMap" })
    }

    @Test("A hook is depended on by its name in git, though its run has another")
    func byNameInGit() throws {
        let graph = try graph([
            hook("seed", "Sync"),
            object("api", "Deployment", [Self.dependsKey: "batch/namespaces/staging/Job/seed"]),
        ])
        #expect(order(graph) == "seed | api")
        let run = ObjectID(group: "batch", kind: "Job", namespace: "staging", name: "seed-0123456789")
        #expect(Hook.mayBeRun(run, named: hook("seed").objectID))
        #expect(!Hook.mayBeRun(run, named: hook("see").objectID))
    }

    @Test("A dependency on what is not there is told, and so is one that cannot be read")
    func unknown() throws {
        let gone = [Self.dependsKey: "batch/namespaces/staging/Job/backup, Job/seed"]
        let late = [Self.dependsKey: "batch/namespaces/staging/Job/alarm"]
        let objects = [hook("migrate", "before", gone), hook("seed", "after", late), hook("alarm", "on-failure")]
        let dropped = try graph(objects).droppedEdges
        #expect(
            dropped.map { "\($0.edge.to.name) \($0.reason) \($0.isUnknown)" } == [
                "backup is in no manifest true",
                "alarm is a hook for failures, which runs when all else has ended true",
            ])
        let notes = SentForm.notes([Manifest(object: objects[0], origin: Origin(file: "a.yaml"))])
        #expect(
            notes == [
                "Job staging/migrate: config.kubernetes.io/depends-on has items such as "
                    + "batch/namespaces/staging/Job/backup, and Job/seed is none: it was ignored"
            ])
    }

    @Test("Helm's weight goes before the order of the manifests, and one after another they stay")
    func weights() throws {
        func helm(_ name: String, _ weight: String? = nil) -> Object {
            var annotations = ["helm.sh/hook": "pre-install,pre-upgrade"]
            annotations["helm.sh/hook-weight"] = weight
            return object(name, "Job", annotations)
        }
        let objects = [
            helm("seed", "5"), helm("migrate"), helm("check"), helm("backup", "-5"), object("api", "Deployment"),
        ]
        #expect(order(try graph(objects)) == "backup | migrate | check | seed | api")
    }

    @Test("Hooks for failures have an order of their own, and are in no other")
    func failures() throws {
        let objects = [
            object("api", "Deployment"), hook("restore", "on-failure"), hook("alarm", "on-failure"), hook("seed"),
        ]
        #expect(order(try graph(objects)) == "seed | api")
        #expect(order(try graph(objects, of: .failureHooks)) == "restore | alarm")
    }

    @Test("What is for a removal is in the order of waves, and then of the manifests")
    func removal() throws {
        let objects = [
            hook("tell", "after-removal"), hook("last", "before-removal", [Self.waveKey: "1"]),
            hook("dump", "before-removal"), hook("check", "before-removal"),
        ]
        let manifests = objects.enumerated().map { Manifest(object: $1, origin: Origin(file: "a.yaml"), place: $0) }
        let hooks = SentForm.removalHooks(manifests.sorted { $0.id < $1.id }, of: Self.target, digest: Self.digest)
        let names = hooks.filter { $0.phase == .before }.map { "\($0.manifest.id.name.dropLast(11))" }
        #expect(names == ["dump", "check", "last"])
    }

    @Test("A Pod that is a hook is waited for until it ends; any other until it is ready")
    func pods() throws {
        var pod = object("seed", "Pod", [Hook.key: "before"])
        pod["status"] = ["phase": "Running", "conditions": [["type": "Ready", "status": "True"]]]
        func status(_ object: Object) -> HealthStatus {
            HealthRules.health(of: object, appliedGeneration: nil, now: Timestamp(secondsSinceEpoch: 0)).status
        }
        #expect(status(pod) == .progressing)
        var server = pod
        server.set(nil, at: "metadata", "annotations")
        #expect(status(server) == .healthy)
        pod.set("Succeeded", at: "status", "phase")
        #expect(status(pod) == .healthy)
    }
}
