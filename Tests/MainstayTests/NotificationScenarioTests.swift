// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@testable internal import Mainstay

/// Merges, the daemon's ledger, and receivers that count: from a failing rollout to what is told of it.
@Suite("Notifications of a daemon")
struct NotificationScenarioTests {
    private static let settings = NotificationSettings(
        receivers: [.init(name: "hook", service: .webhook), .init(name: "commits", service: .github)],
        routes: [NotificationRoute(receivers: ["hook", "commits"])], stuckAfter: .seconds(600))

    @Test("A failing rollout, its rollback and the fix are told once each, though the daemon is killed in between")
    func story() async throws {
        try await DaemonHarness.run { harness in
            let post = CountingPost()
            var notifier = Post(harness, Self.settings, post)
            var monorepo = Monorepo()
            let good = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: good, ["nats", "api", "worker"])
            try await harness.wait(for: "three successes are told") { post.kinds("hook").count == 3 }

            monorepo.setImage(of: "worker", tag: "1.1.0-missing")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is taken back") { $0.phase == .rolledBack && $0.quarantine != nil }
            // Killed before it can have told of all, or after: the next one tells what is left.
            await notifier.kill()
            try await harness.restart()
            notifier = Post(harness, Self.settings, post)
            try await harness.waitUntilTaken(bad)
            try await harness.wait(for: "the failure and the rollback are told") { post.kinds("hook").count >= 5 }

            monorepo.setImage(of: "worker", tag: "1.2.0")
            let fix = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: fix, ["worker"])
            try await harness.wait(for: "the fix is told") { post.kinds("hook").last == .recovered }
            await notifier.kill()

            let worker = post.got("hook").filter { $0.target.application == "worker" }
            #expect(worker.map(\.kind) == [.succeeded, .failed, .rolledBack, .recovered])
            #expect(worker.map(\.revision) == [good, bad, good, fix])
            #expect(worker[1].cause?.reason == "ImagePullBackOff")
            #expect(worker[1].subject?.hasPrefix("change") == true)
            #expect(worker[2].fromRevision == bad)
            #expect(Set(worker.map(\.id)).count == 4)
            let others = post.got("hook").filter { $0.target.application != "worker" }
            #expect(others.map(\.kind) == [.succeeded, .succeeded], "what nobody touched is silent")
            // What is being rolled out is news for the commit's page alone.
            #expect(post.kinds("commits").filter { $0 == .started }.count == 5)
            #expect(try await harness.life.ledger.openDeliveries() == [:])
        }
    }

    @Test("What waits for long is told once, over a restart; so is that it goes on, and no Secret is told")
    func stuck() async throws {
        try await DaemonHarness.run { harness in
            var settings = Self.settings
            settings.stuckAfter = .seconds(30)
            let post = CountingPost()
            var notifier = Post(harness, settings, post)
            var monorepo = Monorepo()
            monorepo.files["k8s/api/deployment.yaml"] = Monorepo.deployment(
                "api", image: "example.com/api:1.0.0",
                environment: [
                    Monorepo.natsAddress,
                    "{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: planet-database, key: url}}}",
                ])
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "it is told that the api is stuck") { post.kinds("hook").contains(.stuck) }
            await notifier.kill()
            try await harness.restart()
            notifier = Post(harness, settings, post)
            try await harness.waitUntilTaken(commit)
            try await harness.wait(for: "api", "waits again") { $0.phase == .blocked }
            try await harness.createSecret("planet-database")
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])
            try await harness.wait(for: "it is told that it goes on, and is well") {
                let kinds = post.kinds("hook")
                return kinds.contains(.unblocked) && kinds.filter { $0 == .succeeded }.count == 3
            }
            await notifier.kill()
            let api = post.got("hook").filter { $0.target.application == "api" }
            #expect(api.map(\.kind) == [.stuck, .unblocked, .succeeded])
            let stuck = try #require(api.first { $0.kind == .stuck })
            #expect(stuck.cause?.reason == "SecretMissing")
            #expect(stuck.revision == commit)
            #expect(stuck.since != nil)
            #expect(!post.got("hook").contains { JSON.text($0.json).contains("hunter2") })
            #expect(post.kinds("commits").filter { $0 == .started }.count == 3, "gone on with, not begun again")
        }
    }

    @Test("A merge that cannot be used is told of, with its commit, once over a restart; and once that it is mended")
    func broken() async throws {
        try await DaemonHarness.run { harness in
            let post = CountingPost()
            var notifier = Post(harness, Self.settings, post)
            var monorepo = Monorepo()
            let good = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: good, ["nats", "api", "worker"])

            let manifest = monorepo.files["k8s/api/deployment.yaml"]
            monorepo.files["k8s/api/deployment.yaml"] = "kind: [Deployment"
            let broken = try harness.merge(monorepo)
            try await harness.wait(for: "the broken manifests are told of") { post.kinds("hook").last == .broken }
            monorepo.files["k8s/api/deployment.yaml"] = manifest
            let pipeline = monorepo.files["mainstay.yaml"]
            monorepo.files["mainstay.yaml"] = "aplications: {}"
            let worse = try harness.merge(monorepo)
            try await harness.wait(for: "the broken pipeline is told of") {
                post.got("hook").last?.target == NotificationEvent.pipeline
            }
            await notifier.kill()
            try await harness.restart()
            notifier = Post(harness, Self.settings, post)
            monorepo.files["mainstay.yaml"] = pipeline
            let mended = try harness.merge(monorepo)
            try await harness.waitUntilTaken(mended)
            try await harness.wait(for: "both are told to be mended") {
                post.kinds("hook").filter { $0 == .mended }.count == 2
            }
            await notifier.kill()
            let told = post.got("hook").filter { $0.kind == .broken || $0.kind == .mended }
            #expect(told.map(\.kind) == [.broken, .broken, .mended, .mended])
            #expect(told.prefix(2).map(\.revision) == [broken, worse])
            #expect(told[0].target.application == "api")
            #expect(told[0].cause?.reason == "ManifestsInvalid")
            #expect(told[1].cause?.message.contains("aplications") == true)
            #expect(post.got("commits").filter { $0.kind == .broken }.map(\.revision) == [broken, worse])
        }
    }

    @Test("A receiver that is down meanwhile gets all of it, in order, when it is back; the other does not wait")
    func down() async throws {
        try await DaemonHarness.run { harness in
            let post = CountingPost()
            post.close("hook")
            var notifier = Post(harness, Self.settings, post)
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            monorepo.setImage(of: "worker", tag: "1.1.0-missing")
            try harness.merge(monorepo)
            try await harness.wait(for: "the others are told") { post.kinds("commits").contains(.rolledBack) }
            #expect(post.kinds("hook") == [])
            let shown = harness.life.board.daemon.notifications.receivers.first
            #expect(shown?.error == "down")
            // The queue is on disk.
            await notifier.kill()
            try await harness.restart()
            post.open("hook")
            notifier = Post(harness, Self.settings, post)
            try await harness.wait(for: "it has everything") { post.kinds("hook").count == 5 }
            #expect(post.kinds("hook").suffix(2) == [.failed, .rolledBack])
            await notifier.kill()
        }
    }
}

/// A notifier beside a daemon of the harness.
private struct Post {
    private let task: Task<Void, Never>

    init(_ harness: DaemonHarness, _ settings: NotificationSettings, _ sender: CountingPost) {
        let notifier = Notifier(
            settings: settings, store: LedgerOutbox(ledger: harness.life.ledger), sender: sender,
            board: harness.life.board, surroundings: harness.surroundings)
        task = Task { await notifier.run() }
    }

    func kill() async {
        task.cancel()
        await task.value
    }
}
