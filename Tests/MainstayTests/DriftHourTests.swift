// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler
internal import TestSupport
internal import Testing

@Suite("Hours in which nobody changes anything of git's")
struct DriftHourTests {
    /// From where all is well, and what a rollout leaves is over.
    private static func settled(
        _ body: @escaping @Sendable (VirtualDaemon, Hands, Desired) async throws -> Void
    ) throws {
        let desired = try Self.desired()
        let time = VirtualTime()
        try time.run {
            let daemon = VirtualDaemon(time: time, desired)
            let hands = Hands(cluster: daemon.cluster)
            try await daemon.run {
                try await settle(daemon, hands)
                try await body(daemon, hands, desired)
            }
        }
    }

    private static func settle(_ daemon: VirtualDaemon, _ hands: Hands) async throws {
        try await hands.post(
            "/api/v1/namespaces", as: "person",
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "staging"]])
        try await daemon.until("healthy") {
            daemon.board.applications.first?.phase == .succeeded
                && daemon.board.applications.first?.health == .healthy
        }
        try await daemon.time.clock.sleep(for: .seconds(120))
    }

    @Test("Defaults, empty maps, spellings and an autoscaler are no drift, and nothing is written")
    func quiet() throws {
        try Self.settled { daemon, hands, _ in
            let busy = DaemonHarness.Place.deployment("busy")
            let writes = daemon.transport.writes
            #expect(!writes.isEmpty)
            for minute in 1...60 {
                try await daemon.time.clock.sleep(for: .seconds(60))
                guard minute % 5 == 0 else { continue }
                try await hands.patch(
                    "\(busy)/scale", as: "kube-controller-manager",
                    ["spec": ["replicas": .integer(Int64(2 + minute / 5 % 4))]])
            }
            #expect(daemon.transport.writes == writes)
            #expect(daemon.store.audit == [])
            #expect(daemon.board.applications.first?.drift == [])

            // It would have been seen, and within a second.
            let service = DaemonHarness.Place.service("shop")
            try await hands.delete(service)
            try await daemon.time.clock.sleep(for: .seconds(1))
            #expect(await ClusterReading(cluster: daemon.cluster).live(service) != nil)
            #expect(daemon.transport.writes.count == writes.count + 1)
        }
    }

    @Test("What is fought over waits for its turn, and whatever else is changed of the object is undone at once")
    func perDifference() throws {
        try Self.settled { daemon, hands, desired in
            let path = DaemonHarness.Place.configMap("shop")
            for _ in 1...240 {
                try await hands.patch(path, as: "kubectl-edit", ["data": ["level": "debug"]])
                try await daemon.time.clock.sleep(for: .milliseconds(500))
            }
            try await hands.patch(path, as: "kubectl-edit", ["data": ["colour": "blue"]])
            try await daemon.time.clock.sleep(for: .seconds(1))
            let live = await ClusterReading(cluster: daemon.cluster).live(path)
            #expect(live?.value(at: "data", "colour") == "red")
            #expect(live?.value(at: "data", "level") == "debug")
            #expect(daemon.board.applications.first?.drift.contains { $0.rounds > 4 } == true)
            // Its turn comes.
            try await daemon.time.clock.sleep(for: .seconds(300))
            let later = await ClusterReading(cluster: daemon.cluster).live(path)
            #expect(later?.value(at: "data", "level") == "info")
        }
    }

    @Test("Another daemon that applies under the same name is named, and given longer and longer")
    func anotherDaemon() throws {
        try Self.settled { daemon, hands, desired in
            let path = DaemonHarness.Place.configMap("shop")
            let ours = try #require(desired.manifests.first { $0.id.kind == "ConfigMap" })
            var theirs = ours.object
            theirs.set("debug", at: "data", "level")
            let writes = daemon.transport.writes.count
            for _ in 1...240 {
                try await hands.patch(path, as: "mainstay", .apply, force: true, .object(theirs))
                try await daemon.time.clock.sleep(for: .milliseconds(500))
            }
            let message = try #require(daemon.board.applications.first?.drift.first?.message)
            #expect(message.contains("times with another daemon, which applies as mainstay too"), "\(message)")
            #expect(daemon.transport.writes.count - writes < 12)
        }
    }

    @Test("An owner label that names an application which asks for no such object is undone as any other edit")
    func ownerLabel() throws {
        try Self.settled { daemon, hands, desired in
            let path = DaemonHarness.Place.configMap("shop")
            let ours = try #require(desired.manifests.first { $0.id.kind == "ConfigMap" })
            let gone = TargetID(application: "gone", environment: "staging")
            var edit: Object = [:]
            edit.set(
                .string(OwnerLabel.value(target: gone, id: ours.id)), at: "metadata", "labels", OwnerLabel.key)
            try await hands.patch(path, as: "kubectl-edit", .object(edit))
            try await daemon.time.clock.sleep(for: .seconds(2))
            let live = await ClusterReading(cluster: daemon.cluster).live(path)
            #expect(live?.labels[OwnerLabel.key] == ours.object.labels[OwnerLabel.key])
            #expect(daemon.board.applications.first?.drift == [])
        }
    }

    /// The shop, as rendering leaves it.
    private static func desired() throws -> Desired {
        let target = TargetID(application: "shop", environment: "staging")
        var objects = Shop.objects
        objects.replace("stringData: {password: hunter2-planted}", with: "data: {password: aHVudGVyMg==}")
        let text = "\(objects)---\n\(Shop.scaled)"
        let manifests = try ManifestReader.manifests(Array(text.utf8), file: "shop.yaml").map { manifest in
            var manifest = manifest
            manifest.object.set("staging", at: "metadata", "namespace")
            manifest.object.set(
                .string(OwnerLabel.value(target: target, id: manifest.id)), at: "metadata", "labels", OwnerLabel.key)
            return manifest
        }
        return Desired(
            commit: "one", inputs: Inputs(reads: [], digest: "inputs"), digest: "digest", manifests: manifests,
            application: Application(name: "shop", environments: ["staging"], path: "shop"),
            environment: Environment(name: "staging", namespace: "staging"))
    }
}
