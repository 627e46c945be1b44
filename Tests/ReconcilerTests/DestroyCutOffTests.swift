// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import Testing

@Suite("What a person has destroyed, cut off and left over")
struct DestroyCutOffTests {
    private static let scope = Suspension.Scope(application: "api", environment: "staging")
    private static let claim: Object = [
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "data"], "spec": [:],
    ]
    private static let objects = [claim] + (0..<12).map { Planet.configMap("settings-\($0)") }

    private static func destroy(_ world: World) async throws {
        let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
        try await world.ask(.destroy(scope, phrase: listed.code, reason: nil))
    }

    private static func isDestroyed(_ world: World) -> Bool {
        world.status(Planet.api)?.cause?.reason == "Destroyed"
    }

    private static func removals(_ world: World) -> [MemoryStore.Rollout] {
        world.store.rollouts(of: Planet.api).filter { $0.start.trigger == .removal }
    }

    private static func there(_ world: World) -> Int {
        (0..<12).count { world.cluster.object(Planet.id("ConfigMap", "settings-\($0)")) != nil }
    }

    private static func run(_ scenario: @escaping @Sendable (World) async throws -> Void) throws {
        try World.run { world in
            try await world.begin(
                with: Planet.commit([(Planet.application("api"), objects)]), untilWell: Planet.api)
            try await scenario(world)
        }
    }

    @Test("However much it is, it goes with that one word, and what nobody may delete for its kind stays")
    func all() throws {
        try Self.run { world in
            try await Self.destroy(world)
            try await world.until("destroyed") { Self.isDestroyed(world) }
            #expect(Self.there(world) == 0)
            #expect(world.store.inventory(of: Planet.api).map(\.object.name) == ["data"])
            #expect(Self.removals(world).count == 1)
        }
    }

    /// Cut off earlier than at the fifth effect, it did nothing yet, and is begun anew.
    @Test("One that is cut off goes on as the same, wherever it was", arguments: 5...16)
    func cutOff(effects: Int) throws {
        try Self.run { world in
            await world.stop()
            world.start(dyingAfterEffect: effects)
            try await world.pass(.seconds(60))
            try? await Self.destroy(world)
            try await world.pass(.seconds(60))
            await world.restart()
            try await world.pass(.seconds(60))
            if !Self.isDestroyed(world) { try await Self.destroy(world) }
            try await world.until("destroyed") { Self.isDestroyed(world) }
            #expect(Self.there(world) == 0)
            let removals = Self.removals(world)
            #expect(removals.count == 1)
            #expect(removals.first?.phases.last == .succeeded)
            #expect(removals.first?.phases.contains(.superseded) == false)
        }
    }

    /// As an earlier daemon, or another destruction, left it.
    private static func mark(_ world: World, _ mark: String, startedBy length: Duration = .zero) {
        world.store.state.withLock { state in
            guard let last = state.rollouts.indices.last else { return }
            state.rollouts[last].start.inputsDigest = mark
            state.rollouts[last].start.startedAt = state.rollouts[last].start.startedAt + (.zero - length)
        }
    }

    @Test("What is left is looked at once more only where the last removal was of another destruction, or before it")
    func marks() throws {
        for (mark, before, count) in [
            ("", Duration.zero, 1), ("another", Duration.zero, 2), ("", Duration.seconds(86_400), 2),
            ("another", Duration.seconds(86_400), 2),
        ] {
            try Self.run { world in
                try await Self.destroy(world)
                try await world.until("destroyed") { Self.isDestroyed(world) }
                await world.stop()
                Self.mark(world, mark, startedBy: before)
                world.start()
                try await world.until("destroyed") { Self.isDestroyed(world) }
                try await world.pass(.seconds(60))
                #expect(Self.removals(world).count == count, "\(mark) \(before)")
            }
        }
    }
}
