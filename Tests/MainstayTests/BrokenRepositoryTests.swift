// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("A repository with something broken in it")
struct BrokenRepositoryTests {
    struct Breakage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var file: String
        var text: String
        var place: String
    }

    static let breakages = [
        Breakage(
            testDescription: "not YAML", file: "k8s/worker/extra.yaml", text: "apiVersion: v1\nkind: [ConfigMap\n",
            place: "k8s/worker/extra.yaml:"),
        Breakage(
            testDescription: "without a kind", file: "k8s/worker/extra.yaml",
            text: "apiVersion: v1\nmetadata: {name: extra}\n", place: "k8s/worker/extra.yaml:1"),
        Breakage(
            testDescription: "the same object twice", file: "k8s/worker/extra.yaml",
            text: Monorepo.configMap("settings") + "---\n" + Monorepo.configMap("settings"),
            place: "k8s/worker/extra.yaml:"),
        Breakage(
            testDescription: "an object of another application", file: "k8s/worker/extra.yaml",
            text: Monorepo.service("api"), place: "k8s/worker/extra.yaml:1"),
    ]

    @Test(
        "A broken manifest stops its own application only, says where, prunes nothing, and mends itself",
        arguments: breakages)
    func manifest(breakage: Breakage) async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let good = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: good, ["nats", "api", "worker"])
            let worker = try await harness.versions()["/apis/apps/v1/deployments staging/worker"]

            monorepo.files[breakage.file] = breakage.text
            monorepo.setImage(of: "worker", tag: "1.1.0")
            monorepo.setImage(of: "api", tag: "1.1.0")
            let broken = try harness.merge(monorepo)
            try await harness.wait(for: "api", "goes on") { $0.revision == broken && $0.phase == .succeeded }
            try await harness.wait(for: "worker", "says what is broken") { $0.message.contains(breakage.place) }
            #expect(harness.status("worker")?.phase == .failed)
            #expect(harness.status("worker")?.revision == good)
            #expect(try await harness.versions()["/apis/apps/v1/deployments staging/worker"] == worker)
            #expect(harness.transport.writes.allSatisfy { $0.method != "DELETE" })

            monorepo.files[breakage.file] = nil
            let mended = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is mended") {
                $0.revision == mended && $0.phase == .succeeded && $0.message.isEmpty
            }
        }
    }

    @Test("With a broken pipeline the old one stays in force, and the error is shown until it is mended")
    func pipeline() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let good = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: good, ["nats", "api", "worker"])

            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([
                Monorepo.nats, "{name: api, path: k8s/api, enviroments: [staging]}",
            ])
            monorepo.setImage(of: "worker", tag: "1.1.0")
            let broken = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "goes on under the old pipeline") {
                $0.revision == broken && $0.phase == .succeeded
            }
            let error = try #require(harness.life.board.daemon.pipeline.error)
            #expect(error.contains("mainstay.yaml:8"))
            #expect(error.contains("enviroments"))
            #expect(error.contains("\(good.prefix(7)) stays in force"))
            #expect(try await harness.live(DaemonHarness.Place.deployment("api")) != nil)

            monorepo.files["mainstay.yaml"] = Monorepo.pipeline()
            let mended = try harness.merge(monorepo)
            try await harness.waitUntilTaken(mended)
            #expect(harness.life.board.daemon.pipeline.error == nil)
            #expect(harness.life.board.daemon.pipeline.revision == mended)
        }
    }

    @Test("A repository without a pipeline touches nothing and says what to add")
    func noPipeline() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let pipeline = monorepo.files.removeValue(forKey: "mainstay.yaml")
            try await harness.waitUntilTaken(try harness.merge(monorepo))
            #expect(harness.life.board.daemon.pipeline.error?.contains("mainstay.yaml: not found") == true)
            #expect(harness.transport.writes.isEmpty)

            monorepo.files["mainstay.yaml"] = pipeline
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
        }
    }

    @Test("A new merge that cannot be read says so, and a restart during it keeps what runs")
    func restartOnBrokenPipeline() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let before = try await harness.versions()
            monorepo.files["mainstay.yaml"] = "kind: Pipeline\n"
            try await harness.waitUntilTaken(try harness.merge(monorepo))

            try await harness.restart()
            try await harness.wait(for: "the error is shown again") { harness.life.board.daemon.pipeline.error != nil }
            #expect(try await harness.versions() == before)

            monorepo.files["mainstay.yaml"] = Monorepo.pipeline()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            #expect(try await harness.versions() == before)
        }
    }
}
