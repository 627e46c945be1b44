// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Synchronization
internal import Testing

@Suite("A merge, from repository to verdict")
struct RolloutScenarioTests {
    typealias Place = DaemonHarness.Place

    @Test("The first merge brings up what others talk to before those who talk to it")
    func order() async throws {
        try await DaemonHarness.run { harness in
            let readyNATS = Mutex<[String: Int64]>([:])
            let reader = harness.reader
            harness.transport.onRequest { request in
                guard request.method == "PATCH", request.path.contains("/deployments/") else { return }
                let nats = await reader.live(Place.statefulSet("nats"))
                let ready = nats?.value(at: "status", "readyReplicas")?.integer ?? 0
                readyNATS.withLock { $0[request.shortPath] = ready }
            }
            let commit = try harness.merge(Monorepo(), "bring up planet")
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])

            #expect(readyNATS.withLock(\.self) == ["deployments/api": 1, "deployments/worker": 1])
            let writes = harness.transport.writes.map(\.shortPath)
            #expect(
                Set(writes) == [
                    "services/nats", "statefulsets/nats", "services/api", "deployments/api", "deployments/worker",
                ])
            #expect(writes.count == 5, "each object is applied once")
            #expect(
                !harness.log.lines.contains { $0.contains("goes on with a rollout") },
                "nobody begins before all have announced what they will change")
            #expect(try await harness.rollouts().map(\.phase) == [.succeeded, .succeeded, .succeeded])
        }
    }

    @Test("A change to one application touches nothing else")
    func oneApplication() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let before = try await harness.versions()

            monorepo.setImage(of: "worker", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "runs the new image") { $0.revision == commit }

            let after = try await harness.versions()
            let touched = after.filter { before[$0.key] != $0.value }.keys.sorted()
            #expect(touched == ["/apis/apps/v1/deployments staging/worker"])
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.1.0")
            #expect(try await harness.rollouts().count == 4)
        }
    }

    @Test("A change to one object of an application sends that one, and what somebody changed meanwhile")
    func oneObject() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let worker = Monorepo.worker.dropLast() + ", drift: [{action: report}]}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.api, String(worker)])
            for name in ["kept", "edited"] {
                monorepo.files["k8s/worker/\(name).yaml"] = Monorepo.configMap(name, "level: info")
            }
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            try await harness.change(
                "PATCH", Place.configMap("edited") + "?fieldManager=other-tool", ["data": ["more": "x"]])
            let written = harness.transport.writes.count

            monorepo.setImage(of: "worker", tag: "1.1.0")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["worker"])
            let writes = harness.transport.writes.dropFirst(written).filter { $0.shortPath != "configmaps/edited" }
            #expect(writes.map(\.shortPath) == ["deployments/worker"])
            #expect(harness.transport.writes.count == written + 2, "what others changed is applied again")
        }
    }

    @Test("Somebody's edit in a rollout is undone there: a bad revision does not pass for their good one")
    func editInRollout() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let good = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: good, ["nats", "api", "worker"])
            monorepo.setImage(of: "worker", tag: "1.1.0-missing")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "the bad image is there") {
                try await harness.image(of: "worker") == "example.com/worker:1.1.0-missing"
            }
            let edit: Object = [
                "spec": ["template": ["spec": ["containers": [["name": "worker", "image": "example.com/worker:hot"]]]]]
            ]
            try await harness.change("PATCH", "\(Place.deployment("worker"))?fieldManager=kubectl-set", edit)
            try await harness.wait(for: "worker", "is taken back") {
                $0.phase == .rolledBack && $0.quarantine?.revision == bad
            }
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.0.0")
        }
    }

    @Test("A commit that changes no application's inputs writes nothing to the cluster")
    func readme() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let writes = harness.transport.writes.count

            monorepo.files["README.md"] = "# planet, described\n"
            try await harness.waitUntilTaken(try harness.merge(monorepo))
            // What the first commit had set going would show by the time the second is through.
            monorepo.setImage(of: "worker", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "runs the new image") { $0.revision == commit }

            #expect(harness.transport.writes.dropFirst(writes).map(\.shortPath) == ["deployments/worker"])
            #expect(try await harness.rollouts().count == 4)
        }
    }

    @Test("After a change to NATS the verdict says how those who talk to it are")
    func dependents() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])

            monorepo.files["k8s/nats.yaml"] = Monorepo.nats(image: "nats:2.11")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "nats", "runs the new image") { $0.revision == commit }

            let notes = try await harness.rollouts("nats").last?.verdict?.verdict.notes ?? []
            #expect(notes.contains("dependent api in staging is healthy"))
            #expect(notes.contains("dependent worker in staging is healthy"))
            #expect(try await harness.rollouts("api").count == 1)
        }
    }
}
