// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Testing
internal import Transport

@testable internal import Mainstay
@testable internal import Reconciler

@Suite("What others change, and what is left to them")
struct DriftTableScenarioTests {
    typealias Place = DaemonHarness.Place
    typealias Deed = DriftScenarioTests.Deed

    private static let deployment = DriftScenarioTests.deployment
    private static let configMap = DriftScenarioTests.configMap

    static let reported: [Deed] = [
        Deed("pause", deployment, ".spec.paused added by kubectl-rollout") {
            try await $0.patch($1, as: "kubectl-rollout", ["spec": ["paused": true]])
        },
        Deed("suspend a schedule", DriftScenarioTests.cronJob, ".spec.suspend added by kubectl-patch") {
            try await $0.patch($1, as: "kubectl-patch", ["spec": ["suspend": true]])
        },
        Deed("make a Secret immutable", DriftScenarioTests.secret, ".immutable added by kubectl-patch") {
            try await $0.patch($1, as: "kubectl-patch", ["immutable": true])
        },
    ]

    static let ignored: [Deed] = [
        Deed("restart", deployment, "restartedAt") {
            try await $0.patch(
                $1, as: "kubectl-rollout",
                [
                    "spec": [
                        "template": [
                            "metadata": ["annotations": ["kubectl.kubernetes.io/restartedAt": "2026-11-28T12:00:00Z"]]
                        ]
                    ]
                ])
        },
        Deed("a label more", deployment, "labels.tier") {
            try await $0.patch($1, as: "kubectl-label", ["metadata": ["labels": ["tier": "gold"]]])
        },
        Deed("an annotation more", configMap, "annotations.seen") {
            try await $0.patch($1, as: "kubectl-annotate", ["metadata": ["annotations": ["seen": "yes"]]])
        },
        Deed("a finalizer more", configMap, "finalizers") {
            try await $0.patch($1, as: "kubectl-edit", ["metadata": ["finalizers": ["example.com/hold"]]])
        },
        Deed("scale where nobody owns the number", Place.deployment("free"), ".spec.replicas") {
            try await $0.patch("\($1)/scale", as: "kubectl", ["spec": ["replicas": 3]])
        },
        Deed("scale of an autoscaler that is in git", Place.deployment("busy"), ".spec.replicas") {
            try await $0.patch("\($1)/scale", as: "kube-controller-manager", ["spec": ["replicas": 4]])
        },
        Deed("scale of an autoscaler that is not", deployment, ".spec.replicas") {
            try await $0.patch("\($1)/scale", as: "kube-controller-manager", ["spec": ["replicas": 5]])
        },
    ]

    @Test("What a person does on purpose is shown, and stays")
    func reports() async throws {
        try await DaemonHarness.run { harness in
            try await harness.settleShop()
            let hands = Hands(cluster: harness.cluster)
            let writes = harness.transport.writes.count
            for deed in Self.reported {
                try await deed.act(hands, deed.path)
                try await harness.wait(for: "shop", "shows \(deed.name)") { status in
                    status.drift.contains { $0.message.contains(deed.told) && $0.action == .report }
                }
            }
            let shown = harness.status("shop")?.drift.count
            #expect(shown == Self.reported.count)
            #expect(try await harness.driftAudit().count(where: { $0.hasSuffix(": reported") }) == Self.reported.count)
            #expect(harness.transport.writes.count == writes)
            try await harness.expectQuiet()

            // Shown for as long as it is so, over a rollout and a restart.
            var files = Shop.files()
            files["\(Shop.path)/more.yaml"] = Monorepo.configMap("more")
            let commit = try harness.merge(files)
            try await harness.wait(for: "shop", "is rolled out") { $0.revision == commit && $0.drift.count == shown }
            try await harness.restart()
            try await harness.wait(for: "shop", "shows them again") { $0.drift.count == shown }
            try await hands.patch(DriftScenarioTests.cronJob, as: "kubectl-patch", ["spec": ["suspend": nil]])
            try await harness.wait(for: "shop", "shows one less") { $0.drift.count == Self.reported.count - 1 }
        }
    }

    @Test("What git leaves to others is neither undone nor shown, and a rollout leaves it as it is")
    func ignores() async throws {
        try await DaemonHarness.run { harness in
            try await harness.settleShop()
            let hands = Hands(cluster: harness.cluster)
            let writes = harness.transport.writes.count
            var essences: [Object] = []
            for deed in Self.ignored {
                try await deed.act(hands, deed.path)
                essences.append(try #require(try await harness.live(deed.path)).essence)
            }
            #expect(harness.transport.writes.count == writes)
            try await harness.expectQuiet()
            #expect(harness.status("shop")?.drift == [])

            var files = Shop.files()
            files["\(Shop.path)/objects.yaml"]?.replace("shop:1.0.0", with: "shop:1.1.0")
            let commit = try harness.merge(files)
            try await harness.wait(for: "shop", "is rolled out") { $0.revision == commit && $0.phase == .succeeded }
            let live = try #require(try await harness.live(Self.deployment))
            #expect(live.value(at: "spec", "replicas")?.integer == 5)
            #expect(live.labels["tier"] == "gold")
            #expect(
                live.value(at: "spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt")
                    != nil)
            #expect(try await harness.live(Place.deployment("free"))?.value(at: "spec", "replicas")?.integer == 3)
            #expect(try await harness.live(Place.deployment("busy"))?.value(at: "spec", "replicas")?.integer == 4)
            try await harness.expectQuiet()
        }
    }

    @Test("A Job that ran is not made again, and a deletion that a finalizer holds is shown")
    func wholeObjects() async throws {
        try await DaemonHarness.run { harness in
            try await harness.settleShop()
            let hands = Hands(cluster: harness.cluster)
            try await hands.delete("/apis/batch/v1/namespaces/staging/jobs/migrate")
            try await harness.expectQuiet()
            #expect(try await harness.live("/apis/batch/v1/namespaces/staging/jobs/migrate") == nil)

            try await hands.patch(Place.service("shop"), as: "kubectl-edit", ["metadata": ["finalizers": ["a.b/c"]]])
            let uid = try await harness.live(Place.service("shop"))?.uid
            try await hands.delete(Place.service("shop"))
            try await harness.wait(for: "shop", "shows the deletion") { $0.drift.map(\.change) == ["deleting"] }
            try await hands.patch(Place.service("shop"), as: "kubectl-edit", ["metadata": ["finalizers": nil]])
            try await harness.wait(for: "the Service is back") {
                guard let live = try await harness.live(Place.service("shop")) else { return false }
                return live.uid != uid
            }
            try await harness.wait(for: "shop", "shows nothing") { $0.drift.isEmpty }
        }
    }

    @Test("A value that was changed and changed back is ours again, without a word and without a restart")
    func changedBack() async throws {
        try await DaemonHarness.run { harness in
            // As long as it is reported only, it can be changed back.
            try await harness.settleShop(pipeline: #", drift: [{fields: ["*.image"], action: report}]"#)
            let hands = Hands(cluster: harness.cluster)
            func image(_ tag: String) -> Value {
                DriftScenarioTests.container(["image": .string("example.com/shop:\(tag)")])
            }
            try await hands.patch(Self.deployment, as: "kubectl-set", .strategic, image("2"))
            try await harness.wait(for: "shop", "shows the image") { $0.drift.count == 1 }
            let told = try await harness.driftAudit().count
            try await hands.patch(Self.deployment, as: "kubectl-rollout", .strategic, image("1.0.0"))
            let generation = try await harness.live(Self.deployment)?.generation
            try await harness.wait(for: "the image is ours again") {
                try await harness.live(Self.deployment).map(isOurs) ?? false
            }
            #expect(try await harness.driftAudit().count == told)
            #expect(try await harness.live(Self.deployment)?.generation == generation)
            try await harness.wait(for: "shop", "shows nothing") { $0.drift.isEmpty }
            try await harness.expectQuiet()
        }
    }

    private func isOurs(_ live: Object) -> Bool {
        let path: [PathElement] = [
            .field("spec"), .field("template"), .field("spec"), .field("containers"), .key([("name", "shop")]),
            .field("image"),
        ]
        return ManagedFields(live.metadata["managedFields"]).entries.first(where: \.isOurs)?.set.contains(path) == true
    }

    @Test("A pipeline's rules change what is done, and what they ignore is not sent again")
    func rules() async throws {
        try await DaemonHarness.run { harness in
            let rule =
                #", drift: [{kinds: [Deployment], fields: [".spec.replicas"], action: ignore}, "#
                + #"{kinds: [ConfigMap], managers: ["kubectl*"], action: report}]"#
            try await harness.settleShop(pipeline: rule)
            let hands = Hands(cluster: harness.cluster)
            let writes = harness.transport.writes.count
            try await hands.patch("\(Self.deployment)/scale", as: "kubectl", ["spec": ["replicas": 4]])
            try await hands.patch(Self.configMap, as: "kubectl-edit", ["data": ["level": "debug"]])
            try await harness.wait(for: "shop", "shows the ConfigMap") { $0.drift.map(\.field) == [".data.level"] }
            #expect(harness.transport.writes.count == writes)

            // Another rule is heard of at once, without a rollout.
            let ruled = #", drift: [{kinds: [Deployment], fields: [".spec.replicas"], action: ignore}]"#
            var files = Shop.files(pipeline: ruled)
            try harness.merge(files)
            try await harness.wait(for: "the ConfigMap is healed") {
                try await harness.live(Self.configMap)?.value(at: "data", "level")?.string == "info"
            }
            #expect(try await harness.rollouts("shop").count == 1)
            files["\(Shop.path)/objects.yaml"]?.replace("shop:1.0.0", with: "shop:1.1.0")
            let commit = try harness.merge(files)
            try await harness.wait(for: "shop", "is rolled out") { $0.revision == commit && $0.phase == .succeeded }
            #expect(try await harness.live(Self.deployment)?.value(at: "spec", "replicas")?.integer == 4)
            #expect(harness.status("shop")?.drift == [])
        }
    }

    @Test("Whoever changes a field back each time is named, and not fought without end")
    func fight() async throws {
        try await DaemonHarness.run { harness in
            try await harness.settleShop()
            let hands = Hands(cluster: harness.cluster)
            let writes = harness.transport.writes.count
            for round in 1...3 {
                try await hands.patch(
                    Self.configMap, as: "other-tool", ["data": ["level": .string("round \(round)")]])
                try await harness.wait(for: "healed") {
                    try await harness.live(Self.configMap)?.value(at: "data", "level")?.string == "info"
                }
            }
            try await hands.patch(Self.configMap, as: "other-tool", ["data": ["level": "last"]])
            try await harness.wait(for: "shop", "tells of the fight") { status in
                status.drift.contains { $0.message.contains("fought 3 times with other-tool") && $0.rounds == 3 }
            }
            // Something else of the same object is healed at once all the same.
            try await hands.delete(Place.service("shop"))
            try await harness.wait(for: "the Service is back") {
                try await harness.live(Place.service("shop")) != nil
            }
            #expect(harness.transport.writes.count - writes <= 5)
        }
    }

    @Test("What changed while no daemon ran is found, and where nothing did, nothing is written")
    func restart() async throws {
        try await DaemonHarness.run { harness in
            try await harness.settleShop()
            let hands = Hands(cluster: harness.cluster)
            let writes = harness.transport.writes.count
            try await harness.restart()
            try await harness.expectQuiet()
            #expect(harness.transport.writes.count == writes + 2)

            await harness.kill()
            let before = try #require(try await harness.live(Self.deployment)).essence
            try await hands.patch(
                Self.deployment, as: "kubectl-edit", .strategic,
                DriftScenarioTests.container(["image": "example.com/shop:2", "env": [["name": "NEW", "value": "x"]]]))
            try await hands.delete(Place.service("shop"))
            try harness.start()
            try await harness.wait(for: "both are healed") {
                guard try await harness.live(Place.service("shop")) != nil else { return false }
                return try await harness.live(Self.deployment)?.essence == before
            }
            try await harness.expectQuiet()
        }
    }

    /// Announced, taken over, applied, recorded: the daemon ends before or after any of these.
    @Test("Killed at any write of undoing a change, it is undone in the end", arguments: 1...7)
    func killed(write: Int) async throws {
        try await DaemonHarness.run { harness in
            try await harness.settleShop()
            let before = try #require(try await harness.live(Self.deployment)).essence
            harness.life.lifeline.cut(atWrite: write, write.isMultiple(of: 2) ? .before : .after)
            try await Hands(cluster: harness.cluster).patch(
                Self.deployment, as: "kubectl-edit", .strategic,
                DriftScenarioTests.container(["image": "example.com/shop:2", "env": [["name": "NEW", "value": "x"]]]))
            try await harness.wait(for: "the kill") { harness.life.lifeline.isCut || write > 6 }
            try await harness.restart()
            try await harness.wait(for: "it is healed") {
                try await harness.live(Self.deployment)?.essence == before
            }
            try await harness.wait(for: "shop", "shows nothing") { $0.drift.isEmpty && $0.health == .healthy }
            try await harness.expectQuiet()
            #expect(try await harness.rollouts("shop").count == 1)
        }
    }

    @Test("Events of our own writes that come before the answer are no drift")
    func ownEvents() async throws {
        try await DaemonHarness.run { harness in
            try await harness.settleShop()
            let answer = Signal()
            harness.transport.add(
                Fault(.answeredLate(answer), times: 1) { $0.isWrite && $0.url.contains("deployments/shop") })
            var files = Shop.files()
            files["\(Shop.path)/objects.yaml"]?.replace("shop:1.0.0", with: "shop:1.1.0")
            let commit = try harness.merge(files)
            let id = ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "shop")
            let context = await harness.life.reconciler.context
            try await harness.wait(for: "the event is there") {
                let seen = await context.view.object(id)?.value(at: "spec", "template", "spec")
                return seen?["containers"]?[0]?["image"]?.string == "example.com/shop:1.1.0"
            }
            #expect(context.drift.differences(of: id) == [])
            answer.notify()
            try await harness.wait(for: "shop", "is rolled out") { $0.revision == commit && $0.phase == .succeeded }
            #expect(context.drift.differences(of: id).allSatisfy { $0.signal != .changed })
            #expect(try await harness.driftAudit() == [])
            try await harness.expectQuiet()
        }
    }
}
