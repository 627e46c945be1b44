// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning
import Synchronization
import TestSupport
import Testing

@testable import Reconciler

/// Daemons of one repository and branch, each with a ledger of its own, over one cluster.
@Suite("Two daemons of the same repository and branch")
struct TenancyTests {
    static let id = TenancyRecord.id(of: World.mark, in: "staging")

    /// A daemon's keeper of the record in `staging`, alive until it is ended.
    final class Daemon: Sendable {
        let board = TenancyBoard()
        let view: ClusterView
        let warnings = Warnings()
        let life = Life()

        init(_ cluster: FakeCluster, _ name: String, installation: String, process: String) {
            let port = ClusterPort(cluster: cluster, life: life)
            let surroundings = Surroundings(
                clock: cluster.time.clock, now: { cluster.now }, makeID: { "id" }, random: { 0.5 },
                logger: Logger(label: "test") { [warnings] _ in WarningHandler(warnings: warnings) })
            let view = ClusterView(cluster: port, surroundings: surroundings)
            self.view = view
            board.require(["staging"])
            life.begin(
                Task(executorPreference: cluster.time) { [board] in
                    await withTaskGroup(of: Void.self) { group in
                        group.addTask { await view.run() }
                        group.addTask {
                            await board.keep { namespace in
                                TenancyKeeper(
                                    cluster: port, view: view, board: board, surroundings: surroundings,
                                    source: World.mark,
                                    tenant: Tenant(installation: installation, process: process, name: name),
                                    namespace: namespace
                                ) { _ in }
                            }
                        }
                    }
                })
        }

        func end() async {
            life.end()
            await life.wait()
        }

        /// Nothing is held up, though no record says that it is this one's.
        var isUnguarded: Bool { board.standing(in: "staging") == .unguarded && board.refusal(in: "staging") == nil }

        var isHolder: Bool { board.standing(in: "staging") == .held && board.refusal(in: "staging") == nil }

        /// Why it may not write.
        var refusal: String? {
            guard case .lost(let cause) = board.standing(in: "staging"), board.refusal(in: "staging") == cause else {
                return nil
            }
            return cause.message
        }
    }

    func run(_ body: @escaping @Sendable (FakeCluster, VirtualTime) async throws -> Void) throws {
        let time = VirtualTime()
        let cluster = FakeCluster(time: time)
        try time.run { try await body(cluster, time) }
    }

    @Test("The second sees that the first lives, names both, and goes on seeing it; the first writes on")
    func second() throws {
        try run { cluster, time in
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            #expect(first.board.refusal(in: "staging") != nil, "not before it asked")
            try await time.clock.sleep(for: .seconds(5))
            #expect(first.isHolder)
            let second = Daemon(cluster, "host-b", installation: "b", process: "1")
            for _ in 1...20 {
                try await time.clock.sleep(for: .seconds(60))
                let refusal = try #require(second.refusal)
                for part in ["host-a", "host-b", World.mark, "since 2027-", "End one of the two"] {
                    #expect(refusal.contains(part), "\(part)")
                }
                #expect(first.isHolder)
            }
            await second.end()
            await first.end()
        }
    }

    @Test("Where the first is dead, the second takes over once it has asked in vain, and no sooner")
    func dead() throws {
        try run { cluster, time in
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            await first.end()
            let second = Daemon(cluster, "host-b", installation: "b", process: "1")
            try await time.clock.sleep(for: TenancyKeeper.patience - .seconds(1))
            #expect(second.refusal != nil)
            try await time.clock.sleep(for: .seconds(3))
            #expect(second.isHolder)
            // The first, back from wherever it was, is the second one now.
            let back = Daemon(cluster, "host-a", installation: "a", process: "2")
            try await time.clock.sleep(for: .seconds(300))
            #expect(back.refusal?.contains("host-b") == true && second.isHolder)
            await second.end()
            // Which ends, some day.
            try await time.clock.sleep(for: .seconds(300))
            #expect(back.isHolder)
            await back.end()
        }
    }

    @Test("A daemon that is started again goes on at once, even where it was asked meanwhile")
    func restart() throws {
        try run { cluster, time in
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            await first.end()
            let second = Daemon(cluster, "host-b", installation: "b", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            let again = Daemon(cluster, "host-a", installation: "a", process: "2")
            try await time.clock.sleep(for: .seconds(3))
            #expect(again.isHolder)
            try await time.clock.sleep(for: .seconds(300))
            #expect(again.isHolder && second.refusal != nil)
            await again.end()
            await second.end()
        }
    }

    @Test("A copy of a ledger that is started beside it takes over, and the one that was there stops")
    func copy() throws {
        try run { cluster, time in
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            let copy = Daemon(cluster, "host-b", installation: "a", process: "2")
            try await time.clock.sleep(for: .seconds(600))
            #expect(copy.isHolder)
            #expect(first.refusal?.contains("a copy of this one's ledger") == true)
            await first.end()
            await copy.end()
        }
    }

    @Test("One that may not watch, or whose watch is broken, answers all the same")
    func unwatched() throws {
        try run { cluster, time in
            cluster.refuse {
                $0.verb == .list || $0.verb == .watch ? ClusterFailure(code: .forbidden, message: "no") : nil
            }
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(30))
            let second = Daemon(cluster, "host-b", installation: "b", process: "1")
            try await time.clock.sleep(for: .seconds(900))
            #expect(first.isHolder && second.refusal != nil)
            await first.end()
            try await time.clock.sleep(for: .seconds(300))
            #expect(second.isHolder)
            await second.end()
        }
    }

    @Test("Of two that start at once one has it")
    func race() throws {
        try run { cluster, time in
            let both = ["a", "b"].map { Daemon(cluster, "host-\($0)", installation: $0, process: "1") }
            try await time.clock.sleep(for: .seconds(30))
            #expect(both.count { $0.isHolder } == 1)
            #expect(both.count { $0.refusal != nil } == 1)
            for daemon in both { await daemon.end() }
        }
    }

    @Test("All is well for an hour without a request; a record that somebody deleted comes back")
    func rest() throws {
        try run { cluster, time in
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(60))
            let calls = cluster.calls.count
            for number in 1...60 {
                cluster.put(Planet.configMap("other-\(number)"))
                try await time.clock.sleep(for: .seconds(60))
            }
            #expect(cluster.calls.count == calls)
            cluster.remove(Self.id)
            try await time.clock.sleep(for: .seconds(5))
            #expect(cluster.object(Self.id).flatMap { TenancyRecord($0) }?.holder.installation == "a")
            #expect(first.isHolder)
            await first.end()
        }
    }

    @Test(
        "Where no record can be kept, or there is no namespace, nothing is held up, and the log says why",
        arguments: [
            ClusterFailure.Code.forbidden, .namespaceMissing, .admissionDenied, .quotaExceeded, .invalid, .other,
        ])
    func unguarded(code: ClusterFailure.Code) throws {
        try run { cluster, time in
            cluster.refuse { $0.verb == .create ? ClusterFailure(code: code, message: "not so many") : nil }
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            #expect(first.isUnguarded)
            try await time.clock.sleep(for: .seconds(5000))
            #expect(first.isUnguarded)
            #expect(first.warnings.all.count == (code == .namespaceMissing ? 0 : 1))
            #expect(first.warnings.all.allSatisfy { $0.contains("not so many") && $0.contains("staging") })
            cluster.refuseNothing()
            try await time.clock.sleep(for: TenancyKeeper.lookAgain + .seconds(30))
            #expect(first.isHolder)
            await first.end()
        }
    }

    @Test(
        "What may come right by itself is waited for, with the reason, but not for long",
        arguments: [ClusterFailure.Code.webhookFailed, .serverError, .unavailable, .stale])
    func patience(code: ClusterFailure.Code) throws {
        try run { cluster, time in
            cluster.refuse { $0.verb == .create ? ClusterFailure(code: code, message: "the webhook is down") : nil }
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            #expect(first.board.refusal(in: "staging")?.reason == "Reading")
            try await time.clock.sleep(for: .seconds(25))
            let cause = try #require(first.board.refusal(in: "staging"))
            #expect(cause.reason == code.rawValue && cause.message.contains("the webhook is down"))
            #expect(first.warnings.all.isEmpty)
            try await time.clock.sleep(for: .seconds(70))
            #expect(first.isUnguarded)
            #expect(first.warnings.all.count == 1 && first.warnings.all[0].contains("the webhook is down"))
            cluster.refuseNothing()
            try await time.clock.sleep(for: TenancyKeeper.pause + .seconds(1))
            #expect(first.isHolder)
            await first.end()
        }
    }

    @Test("A cluster that answers nothing is asked once it does, however long that takes")
    func unreachable() throws {
        try run { cluster, time in
            cluster.refuse { _ in FakeCluster.unavailable }
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(1800))
            #expect(first.board.refusal(in: "staging")?.message.contains("connection refused") == true)
            cluster.refuseNothing()
            try await time.clock.sleep(for: .seconds(31))
            #expect(first.isHolder && first.warnings.all.isEmpty)
            await first.end()
        }
    }

    @Test("A record of its own that nobody can change any more holds nothing up")
    func immutable() throws {
        try run { cluster, time in
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            await first.end()
            cluster.refuse { $0.verb == .patch ? ClusterFailure(code: .invalid, message: "it is immutable") : nil }
            let again = Daemon(cluster, "host-a", installation: "a", process: "2")
            try await time.clock.sleep(for: .seconds(5))
            #expect(again.isUnguarded)
            #expect(again.warnings.all.first?.contains("it is immutable") == true)
            await again.end()
        }
    }

    @Test("A record that is never there as it was written is not written for ever, and holds nothing up")
    func vanishing() throws {
        try run { cluster, time in
            cluster.meddle { call, state in if call.verb == .get, let id = call.object { state.delete(id) } }
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(60))
            #expect(first.isUnguarded && cluster.calls.count < 20)
            await first.end()
        }
    }

    @Test(
        "Who may see another daemon's record, and not ask it, writes nothing, and says what to do; until it is deleted")
    func unasked() throws {
        try run { cluster, time in
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            cluster.refuse {
                $0.verb == .patch || $0.verb == .create ? ClusterFailure(code: .forbidden, message: "no patch") : nil
            }
            let second = Daemon(cluster, "host-b", installation: "b", process: "1")
            for _ in 1...30 {
                try await time.clock.sleep(for: .seconds(60))
                let refusal = try #require(second.refusal)
                for part in ["host-a", "cannot ask it: no patch", "delete the ConfigMap"] {
                    #expect(refusal.contains(part), "\(part)")
                }
            }
            await first.end()
            cluster.remove(Self.id)
            try await time.clock.sleep(for: TenancyKeeper.pause + .seconds(1))
            #expect(second.isUnguarded)
            await second.end()
        }
    }

    @Test(
        "A namespace that is not there costs next to nothing, and the record is made as soon as something comes into it"
    )
    func missingNamespace() throws {
        try run { cluster, time in
            cluster.refuse { $0.verb == .create ? ClusterFailure(code: .namespaceMissing, message: "none") : nil }
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            await first.view.observe(TenancyRecord.kind, namespace: "staging")
            try await time.clock.sleep(for: .seconds(60))
            let calls = cluster.calls.count
            try await time.clock.sleep(for: .seconds(3600))
            #expect(cluster.calls.count - calls <= 14)
            cluster.refuseNothing()
            var map = Planet.configMap("first")
            map.set("staging", at: "metadata", "namespace")
            cluster.put(map)
            try await time.clock.sleep(for: .seconds(5))
            #expect(first.isHolder)
            await first.end()
        }
    }

    @Test("What leaves the pipeline is asked for no more, and holds nothing back elsewhere; what returns is asked for")
    func leaves() throws {
        try run { cluster, time in
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            let second = Daemon(cluster, "host-b", installation: "b", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            #expect(second.refusal != nil && second.board.refusal(in: "") != nil)
            second.board.require([])
            #expect(second.board.standing(in: "staging") == nil && second.board.refusal(in: "") == nil)
            try await time.clock.sleep(for: .seconds(5))
            let calls = cluster.calls.count
            try await time.clock.sleep(for: .seconds(3600))
            #expect(cluster.calls.count == calls)
            #expect(second.board.standing(in: "staging") == nil)
            second.board.require(["staging"])
            try await time.clock.sleep(for: .seconds(5))
            #expect(second.refusal != nil && first.isHolder)
            await second.end()
            await first.end()
        }
    }

    @Test("A rollout that a refused record holds up is blocked, says why, and goes on by itself")
    func rollout() throws {
        try World.run(tenant: "host-a") { world in
            world.cluster.refuse {
                $0.verb == .create ? ClusterFailure(code: .webhookFailed, message: "the webhook is down") : nil
            }
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.pass(.seconds(30))
            #expect(world.phase(Planet.api) == .blocked)
            #expect(world.status(Planet.api)?.cause?.message.contains("the webhook is down") == true)
            try await world.untilWell(Planet.api)
        }
    }

    @Test("What drifted while no daemon ran is undone once it is known that it may be, and no failure is told before")
    func healing() throws {
        try World.run(tenant: "host-a") { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            await world.stop()
            world.cluster.remove(Planet.apiDeployment)
            world.cluster.refuse { call in
                call.verb == .get && call.object == Self.id
                    ? ClusterFailure(code: .serverError, message: "not now") : nil
            }
            world.start()
            for _ in 1...8 {
                try await world.pass(.seconds(1))
                #expect(world.status(Planet.api)?.drift == [])
            }
            world.cluster.refuseNothing()
            try await world.pass(.seconds(10))
            #expect(world.cluster.object(Planet.apiDeployment) != nil)
        }
    }

    @Test("Nothing is changed in a namespace that another has, in whatever way, nor outside of all while one is lost")
    func guarded() throws {
        try run { cluster, time in
            let board = TenancyBoard()
            let guarded = TenantCluster(base: ClusterPort(cluster: cluster, life: Life()), tenancy: board)
            board.require(["production", "staging"])
            board.set(.held, in: "production")
            board.set(.lost(Cause(reason: "TwoDaemons", message: "two")), in: "staging")
            func code(_ change: () async throws(ClusterFailure) -> Void) async -> ClusterFailure.Code? {
                do throws(ClusterFailure) {
                    try await change()
                    return nil
                } catch {
                    return error.code
                }
            }
            func map(_ namespace: String) -> Object {
                var map = Planet.configMap("a")
                map.set(.string(namespace), at: "metadata", "namespace")
                return map
            }
            for namespace in ["staging", "elsewhere"] {
                let id = Planet.id("ConfigMap", "a", in: namespace)
                #expect(
                    await code { () async throws(ClusterFailure) in
                        _ = try await guarded.apply(map(namespace), as: .mainstay, force: true, dryRun: false)
                    } == .otherDaemon)
                #expect(
                    await code { () async throws(ClusterFailure) in try await guarded.create(map(namespace)) }
                        == .otherDaemon)
                #expect(
                    await code { () async throws(ClusterFailure) in
                        _ = try await guarded.delete(id, version: "v1", uid: "u")
                    } == .otherDaemon)
                #expect(
                    await code { () async throws(ClusterFailure) in
                        _ = try await guarded.asked(by: "x").patch(id, version: "v1", [])
                    } == .otherDaemon)
            }
            #expect(
                await code { () async throws(ClusterFailure) in
                    _ = try await guarded.apply(map("production"), as: .mainstay, force: true, dryRun: false)
                } == nil)
            #expect(cluster.mutations.count == 1)
            #expect(
                await code { () async throws(ClusterFailure) in
                    _ = try await guarded.apply(map("staging"), as: .mainstay, force: true, dryRun: true)
                } == nil)
        }
    }
}

/// What was logged as a warning, with what belongs to it.
final class Warnings: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock(\.self) }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct WarningHandler: LogHandler {
    let warnings: Warnings
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard event.level == .warning else { return }
        let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        warnings.add("\(event.message) \(details.joined(separator: " "))")
    }
}
