// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("What hooks need of their own application")
struct HookNeedsTests {
    private static let target = TargetID(application: "api", environment: "staging")
    private static let digest = "0123456789abcdef"

    private func workload(_ name: String, _ kind: String = "Deployment", host: String? = nil) -> Object {
        var env: [Value] = []
        if let host { env.append(["name": "DB_HOST", "value": .string(host)]) }
        return [
            "apiVersion": .string(kind == "Job" ? "batch/v1" : "apps/v1"), "kind": .string(kind),
            "metadata": ["name": .string(name), "namespace": "staging"],
            "spec": [
                "template": [
                    "metadata": ["labels": ["app": .string(name)]],
                    "spec": ["containers": [["name": "main", "env": .array(env)]]],
                ]
            ],
        ]
    }

    private func hook(_ name: String, host: String? = nil, dependsOn: String? = nil) -> Object {
        var job = workload(name, "Job", host: host)
        job.set("before", at: "metadata", "annotations", Hook.key)
        if let dependsOn {
            job.set(.string(dependsOn), at: "metadata", "annotations", "config.kubernetes.io/depends-on")
        }
        return job
    }

    private func service(_ name: String) -> Object {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name), "namespace": "staging"],
            "spec": ["selector": ["app": .string(name)]],
        ]
    }

    private func id(_ kind: String, _ name: String) -> ObjectID {
        ObjectID(group: "apps", kind: kind, namespace: "staging", name: name)
    }

    private func graph(_ objects: [Object], bringing absent: Set<ObjectID> = []) throws -> OrderGraph {
        let manifests = objects.enumerated().map { Manifest(object: $1, origin: Origin(file: "a.yaml"), place: $0) }
        let sent = SentForm.manifests(manifests, of: Self.target, digest: Self.digest)
        return try OrderGraph(
            nodes: sent.map { OrderNode(target: Self.target, manifest: $0) }, declared: [:], bringing: absent)
    }

    /// Without Services, which wait for nothing.
    private func order(_ graph: OrderGraph) -> String {
        graph.order.map { wave in
            wave.filter { $0.kind != "Service" }.map { $0.name.replacing("-\(Self.digest.prefix(10))", with: "") }
                .joined(separator: ", ")
        }.filter { !$0.isEmpty }.joined(separator: " | ")
    }

    @Test("What a hook is stated to depend on comes before it, and turns no hooks round")
    func stated() throws {
        let graph = try graph([
            hook("lock"), hook("dump", dependsOn: "apps/namespaces/staging/StatefulSet/pg"), hook("schema"),
            workload("pg", "StatefulSet"), workload("api"),
        ])
        #expect(order(graph) == "lock | pg | dump | schema | api")
    }

    @Test("A database that is there changes after the hook that talks to it; one that is not there comes before")
    func database() throws {
        let objects = [
            hook("lock"), hook("dump", host: "pg"), hook("schema", host: "pg"), workload("pg", "StatefulSet"),
            service("pg"), workload("api", host: "pg"),
        ]
        let usual = try graph(objects)
        #expect(order(usual) == "lock | dump | schema | pg | api")
        let pg = id("StatefulSet", "pg")
        #expect(
            usual.firstNeeds.map { "\($0.from.name) \($0.to)" } == [
                "dump-0123456789 \(pg)", "schema-0123456789 \(pg)",
            ])
        #expect(
            usual.droppedEdges.map(\.reason)
                == ["dump", "schema"].map {
                    "would close a cycle: \(pg) already waits for Job staging/\($0)-0123456789; where it is not in the "
                        + "cluster yet, it comes first"
                })
        let first = try graph(objects, bringing: [pg])
        #expect(order(first) == "lock | pg | dump | schema | api")
        let edge = first.dependencies(of: id("Job", "dump-0123456789").inBatch).first { $0.to == pg }
        #expect(edge?.kind == .inferred && edge?.condition == .healthy)
    }

    @Test("So does what it needs in turn, as far as that is not there either")
    func inTurn() throws {
        let objects = [
            hook("dump", host: "pg"), workload("pg", "StatefulSet", host: "vault"), service("pg"),
            workload("vault"), service("vault"), workload("api", host: "pg"),
        ]
        let (pg, vault) = (id("StatefulSet", "pg"), id("Deployment", "vault"))
        #expect(order(try graph(objects)) == "dump | vault | pg | api")
        #expect(order(try graph(objects, bringing: [pg, vault])) == "vault | pg | dump | api")
        #expect(order(try graph(objects, bringing: [pg])) == "pg | dump | api, vault")
        #expect(order(try graph(objects, bringing: [vault])) == "dump | vault | pg | api", "no hook needs it yet")
    }

    @Test("Where the database itself is stated to come after the hook, it does")
    func statedOtherwise() throws {
        var pg = workload("pg", "StatefulSet")
        pg.set(
            "batch/namespaces/staging/Job/dump", at: "metadata", "annotations", "config.kubernetes.io/depends-on")
        let objects = [hook("dump", host: "pg"), pg, service("pg")]
        let usual = try graph(objects)
        #expect(usual.firstNeeds.isEmpty)
        #expect(usual.droppedEdges.allSatisfy { !$0.reason.contains("comes first") })
        #expect(order(try graph(objects, bringing: [id("StatefulSet", "pg")])) == "dump | pg")
    }
}

extension ObjectID {
    fileprivate var inBatch: ObjectID { ObjectID(group: "batch", kind: kind, namespace: namespace, name: name) }
}
