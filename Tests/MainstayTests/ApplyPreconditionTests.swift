// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Manifests
internal import Planning
internal import Sandbox
internal import TestSupport
internal import Testing

@testable internal import Mainstay
@testable internal import Reconciler

@Suite("A uid as a precondition of an apply")
struct ApplyPreconditionTests {
    private static let path = "/api/v1/namespaces/staging/configmaps"

    private static func map(_ value: String) -> Object {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "settings", "namespace": "staging"],
            "data": ["level": .string(value)],
        ]
    }

    private static func labelled(_ value: String, _ application: String) -> Manifest {
        var manifest = Manifest(object: map(value), origin: Origin(file: "settings.yaml"))
        let target = TargetID(application: application, environment: "staging")
        manifest.object.set(
            .string(OwnerLabel.value(target: target, id: manifest.id)), at: "metadata", "labels", OwnerLabel.key)
        return manifest
    }

    @Test(
        "Another object of the name, and one that is gone, are told by the server; the same one is applied, and made anew"
    )
    func preconditions() throws {
        let time = VirtualTime()
        try time.run {
            let now: @Sendable () -> Timestamp = { Timestamp(secondsSinceEpoch: 1_795_255_200) + time.now }
            let sandbox = SandboxCluster(clock: time.clock, now: now, random: SplitMix64(seed: 7), controllers: [])
            let client = KubernetesClient(
                endpoint: ClusterEndpoint(server: SandboxConnection.server),
                transport: DirectTransport(cluster: sandbox),
                clock: time.clock, now: now, random: { 0.5 })
            let cluster = KubernetesCluster(client: client)
            let hands = Hands(cluster: sandbox)
            try await hands.post(
                "/api/v1/namespaces", as: "person",
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "staging"]])
            func apply(_ value: String, uid: String?, force: Bool = false) async -> Result<Object, ClusterFailure> {
                do throws(ClusterFailure) {
                    let object = Self.map(value).meant(for: uid.map(ApplyAim.init(uid:)))
                    return .success(try await cluster.apply(object, as: .mainstay, force: force, dryRun: false))
                } catch {
                    return .failure(error)
                }
            }
            let first = try await apply("one", uid: nil).get()
            #expect(try await apply("two", uid: first.uid).get().value(at: "data", "level") == "two")

            try await hands.delete("\(Self.path)/settings")
            guard case .failure(let gone) = await apply("three", uid: first.uid) else {
                Issue.record("made although it was gone")
                return
            }
            #expect(gone.code == .stale && gone.isAboutAnother)

            let theirs = try await hands.post(Self.path, as: "kubectl-create", .object(Self.map("theirs")))
            // A conflict is told first.
            guard case .failure(let conflict) = await apply("three", uid: first.uid) else {
                Issue.record("applied to another")
                return
            }
            #expect(conflict.code == .fieldConflict && !conflict.isAboutAnother)
            guard case .failure(let another) = await apply("three", uid: first.uid, force: true) else {
                Issue.record("applied to another")
                return
            }
            #expect(another.code == .invalid && another.isAboutAnother)

            // As a rollout goes on from there: whose it is is asked, and it is taken over.
            let manifest = Self.labelled("four", "a")
            var watched = manifest.object
            watched.set(.string(first.uid), at: "metadata", "uid")
            let applier = ObjectApplier(cluster: cluster, manifests: [manifest], claim: Self.claim) { _ in }
            guard case .stored(let stored, _) = try await applier.apply(manifest, watched: watched) else {
                Issue.record("left alone")
                return
            }
            #expect(stored.uid == theirs.uid && stored.value(at: "data", "level") == "four")

            // And where it is another application's, with another value, it stays as it is.
            try await hands.delete("\(Self.path)/settings")
            try await hands.post(Self.path, as: "kubectl-create", .object(Self.labelled("theirs", "b").object))
            await #expect(throws: ApplyProblem.self) { try await applier.apply(manifest, watched: watched) }
            let live = await ClusterReading(cluster: sandbox).live("\(Self.path)/settings")
            #expect(live?.value(at: "data", "level") == "theirs")
        }
    }

    private static let claim = ObjectClaim(
        target: TargetID(application: "a", environment: "staging"), source: "", ownMarks: { [] },
        mayWant: { _, _ in true })

    @Test("What another application took since it was read, or since it was watched, stays as it is")
    func taken() throws {
        let time = VirtualTime()
        try time.run {
            let now: @Sendable () -> Timestamp = { Timestamp(secondsSinceEpoch: 1_795_255_200) + time.now }
            let sandbox = SandboxCluster(clock: time.clock, now: now, random: SplitMix64(seed: 7), controllers: [])
            let cluster = KubernetesCluster(
                client: KubernetesClient(
                    endpoint: ClusterEndpoint(server: SandboxConnection.server),
                    transport: DirectTransport(cluster: sandbox), clock: time.clock, now: now, random: { 0.5 }))
            let hands = Hands(cluster: sandbox)
            try await hands.post(
                "/api/v1/namespaces", as: "person",
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "staging"]])
            let manifest = Self.labelled("one", "a")
            let applier = ObjectApplier(
                cluster: cluster, manifests: [manifest], claim: Self.claim, policy: ConflictPolicy(action: .force)
            ) { _ in }
            let read = try await cluster.apply(manifest.object, as: .mainstay, force: false, dryRun: false)

            // What does not concern whose it is, is no reason not to.
            try await hands.patch(
                "\(Self.path)/settings", as: "controller", ["metadata": ["annotations": ["seen": "yes"]]])
            guard
                case .failure(let stale) = await Self.apply(
                    Self.labelled("two", "a").object.meant(for: ApplyAim(read: read)), to: cluster)
            else {
                Issue.record("applied to a version that is no more")
                return
            }
            #expect(stale.code == .stale)
            let stored = try await applier.put(Self.labelled("two", "a"), at: ApplyAim(read: read), force: false)
            #expect(stored.value(at: "data", "level") == "two" && stored.annotations["seen"] == "yes")

            // Another daemon takes it, under the same manager's name: no conflict tells of it.
            _ = try await cluster.apply(Self.labelled("theirs", "b").object, as: .mainstay, force: true, dryRun: false)
            await #expect(throws: ApplyProblem.self) {
                try await applier.put(Self.labelled("three", "a"), at: ApplyAim(read: stored), force: true)
            }
            // Nor is a conflict that a person made a way to it, though the policy is to take.
            try await hands.patch("\(Self.path)/settings", as: "kubectl-edit", ["data": ["level": "edited"]])
            await #expect(throws: ApplyProblem.self) {
                try await applier.apply(Self.labelled("three", "a"), watched: stored)
            }
            let live = await ClusterReading(cluster: sandbox).live("\(Self.path)/settings")
            #expect(live?.value(at: "data", "level") == "edited")
            #expect(live.flatMap(Ownership.claimedTarget)?.application == "b")
        }
    }

    private static func apply(
        _ object: Object, to cluster: KubernetesCluster
    ) async -> Result<Object, ClusterFailure> {
        do throws(ClusterFailure) {
            return .success(try await cluster.apply(object, as: .mainstay, force: false, dryRun: false))
        } catch {
            return .failure(error)
        }
    }
}
