// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@testable internal import Mainstay

@Suite("What others change while a rollout waits")
struct BlockedDriftTests {
    typealias Place = DaemonHarness.Place

    @Test("What the rollout would not change is as git says within a moment; what it is about to change stays")
    func blocked() async throws {
        try await DaemonHarness.run { harness in
            try await harness.settleShop()
            var files = Shop.files()
            files["\(Shop.path)/objects.yaml"]?.replace(
                "args: [serve, fast]", with: "args: [serve, faster]\n        envFrom: [{secretRef: {name: later}}]")
            let commit = try harness.merge(files)
            try await harness.wait(for: "shop", "waits") { $0.phase == .blocked && $0.cause?.reason == "SecretMissing" }

            let hands = Hands(cluster: harness.cluster)
            let deployment = Place.deployment("shop")
            try await hands.patch(
                deployment, as: "kubectl-set", .strategic,
                DriftScenarioTests.container(["image": "example.com/shop:evil"]))
            try await hands.patch(
                Place.configMap("shop"), as: "kubectl-edit", ["data": ["level": "debug", "more": "yes"]])
            try await hands.delete(Place.service("shop"))
            try await harness.wait(for: "all else is healed") {
                let data = try await harness.live(Place.configMap("shop"))?["data"]
                return try await harness.live(Place.service("shop")) != nil
                    && data == ["level": "info", "colour": "red"]
            }
            #expect(harness.status("shop")?.phase == .blocked)
            #expect(try await harness.image(of: "shop") == "example.com/shop:evil")

            try await harness.createSecret("later")
            try await harness.waitUntilHealthy(at: commit, ["shop"])
            #expect(try await harness.image(of: "shop") == "example.com/shop:1.0.0")
            let notes = try await harness.rollouts("shop").last?.verdict?.verdict.notes ?? []
            #expect(notes.contains { $0.contains("undid on ConfigMap staging/shop") })
        }
    }

    @Test("An object that another daemon marked as its own is not fought over, and both are named")
    func anotherDaemons() async throws {
        let mark = "https://git.example.com/planet.git#main"
        try await DaemonHarness.run(mark: mark) { harness in
            try await harness.settleShop()
            let theirs = "https://git.example.com/moon.git#main"
            try await Hands(cluster: harness.cluster).patch(
                Place.service("shop"), as: "person",
                ["metadata": ["annotations": [SourceMark.key: .string(theirs)], "labels": ["by": "moon"]]])
            try await harness.wait(for: "shop", "names both") { status in
                status.drift.contains { $0.message.contains("moon.git") && $0.message.contains("planet.git") }
            }
            try await harness.expectQuiet()
            let live = try await harness.live(Place.service("shop"))
            #expect(live?.annotations[SourceMark.key]?.string == theirs)
        }
    }
}
