// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

@Suite("An object that is not the one that was watched")
struct AnotherObjectTests {
    private static let id = Planet.id("ConfigMap", "settings")

    private static func manifest(_ value: String, of target: TargetID = Planet.api) -> Manifest {
        var object = Planet.configMap("settings", [("level", value)])
        object.set("staging", at: "metadata", "namespace")
        object.set(.string(OwnerLabel.value(target: target, id: id)), at: "metadata", "labels", OwnerLabel.key)
        object.set(.string(World.mark), at: "metadata", "annotations", SourceMark.key)
        return Manifest(object: object, origin: Origin(file: "k8s/settings.yaml"))
    }

    static let claim = ObjectClaim(
        target: Planet.api, source: World.mark, ownMarks: { [World.mark, "https://git.example.com/before.git#main"] },
        mayWant: { _, _ in true })

    private enum End: Equatable {
        case stored(String?)
        case blocked(String)
    }

    /// Applies to what was watched, after somebody put something else in its place.
    private func apply(over another: Object?) throws -> (End, World) {
        try World.run { world in
            world.cluster.put(Self.manifest("old").object)
            let watched = try #require(world.cluster.object(Self.id))
            world.cluster.remove(Self.id)
            if let another { world.cluster.put(another) }
            let applier = ObjectApplier(
                cluster: ClusterPort(cluster: world.cluster, life: Life()), manifests: [Self.manifest("new")],
                claim: Self.claim
            ) { _ in }
            do {
                guard case .stored(let object, _) = try await applier.apply(Self.manifest("new"), watched: watched)
                else { return (.stored(nil), world) }
                return (.stored(object.value(at: "data", "level")?.string), world)
            } catch let problem as ApplyProblem {
                return (.blocked(problem.cause.reason), world)
            }
        }
    }

    @Test("One that is gone is made anew")
    func gone() throws {
        let (end, world) = try apply(over: nil)
        #expect(end == .stored("new"))
        // The first was refused for its uid.
        #expect(world.cluster.calls.count { $0.verb == .apply } == 2)
    }

    @Test("One that nobody claims is taken over, and ours of the same name is applied, with an earlier mark too")
    func taken() throws {
        var plain = Planet.configMap("settings", [("level", "theirs")])
        plain.set("staging", at: "metadata", "namespace")
        #expect(try apply(over: plain).0 == .stored("new"))
        #expect(try apply(over: Self.manifest("again").object).0 == .stored("new"))
        var early = Self.manifest("early").object
        early.set("https://git.example.com/before.git#main", at: "metadata", "annotations", SourceMark.key)
        #expect(try apply(over: early).0 == .stored("new"))
    }

    @Test("One that another application, or another daemon, made meanwhile is not touched")
    func foreign() throws {
        let theirs = Self.manifest("theirs", of: Planet.worker).object
        let (end, world) = try apply(over: theirs)
        #expect(end == .blocked("OwnedByOther"))
        #expect(world.cluster.object(Self.id)?.value(at: "data", "level") == "theirs")

        var moon = Self.manifest("theirs").object
        moon.set("https://git.example.com/moon.git#main", at: "metadata", "annotations", SourceMark.key)
        let (other, second) = try apply(over: moon)
        #expect(other == .blocked("OwnedByOtherSource"))
        #expect(second.cluster.object(Self.id)?.value(at: "data", "level") == "theirs")
    }
}
