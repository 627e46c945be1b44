// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import Manifests
import Planning
import Testing

@testable import Ledger

@Suite("Ledger: the file")
struct LedgerFileTests {
    @Test("A second opener is told that the ledger is in use; after closing it may open")
    func secondOpener() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let error = #expect(throws: LedgerError.self) { try fixture.open() }
            #expect(error?.code == .inUse)
            #expect(error?.isTransient == true)
            #expect(error?.description.contains("stop it first") == true)
            // The refused opener took nothing from the first.
            try await ledger.beginRollout(rollout("r1"))
            try ledger.close()
            #expect(try await fixture.open().rollout("r1") != nil)
        }
    }

    @Test("The connection has the promised settings and the file is its owner's alone")
    func settings() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let settings = try await ledger.withPragmas(["journal_mode", "synchronous", "locking_mode", "foreign_keys"])
            #expect(settings == ["wal", "2", "exclusive", "1"])
            try await ledger.beginRollout(rollout("r1"))
            for name in ["ledger.db", "ledger.db-wal"] {
                var status = stat()
                #expect(stat(fixture.directory + "/" + name, &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600)
            }
            #expect(access(fixture.directory + "/ledger.db-shm", F_OK) != 0)
        }
    }

    @Test("What was acknowledged is in the files at that moment: a copy taken while open has it all")
    func copyWhileOpen() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for number in 0..<50 {
                try await ledger.beginRollout(rollout("r\(number)"))
                let intent = ActionIntent(
                    id: "a\(number)", rollout: "r\(number)", object: deployment("a"), action: .create)
                try await ledger.recordIntent([intent], at: time(1))
            }
            let copy = fixture.directory + "/copy.db"
            try fixture.copy("ledger.db", to: copy)
            try fixture.copy("ledger.db-wal", to: copy + "-wal")
            let killed = try Ledger(path: copy, chainKey: LedgerFixture.key)
            #expect(try await killed.rollouts(limit: 1000).count == 50)
            #expect(try await killed.openIntents("r49").map(\.id) == ["a49"])
            guard case .intact(_, count: 100) = try await killed.verifyAuditChain() else {
                Issue.record("the copy's chain is broken")
                return
            }
            // And it goes on from there.
            try await killed.recordPhase("r49", .failed, at: time(1))
            #expect(try await killed.rollout("r49")?.summary.phase == .failed)
            _ = try await ledger.auditHead()
        }
    }

    @Test("A write in a cancelled task is carried out")
    func cancelledWrite() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask {
                    #expect(Task.isCancelled)
                    await #expect(throws: Never.self) { try await ledger.beginRollout(rollout("r1")) }
                    await #expect(throws: Never.self) { try await ledger.recordPhase("r1", .superseded, at: time(1)) }
                }
            }
            #expect(try await ledger.rollout("r1")?.summary.phase == .superseded)
        }
    }

    @Test("Writes of many tasks at once are all there, each with its audit entry in an intact chain")
    func concurrentWrites() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask { try await ledger.beginRollout(rollout("r\(number)")) }
                }
                try await group.waitForAll()
            }
            #expect(try await ledger.rollouts(limit: 1000).count == 200)
            let head = try await ledger.auditHead()
            #expect(try await ledger.verifyAuditChain(published: head) == .intact(head: head, count: 200))
        }
    }

    @Test("No statement updates or deletes a row of any table", arguments: Schema.tables)
    func appendOnly(table: String) async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.fillEveryTable()
            for sql in ["UPDATE \(table) SET sequence = sequence + 1000", "DELETE FROM \(table)"] {
                let error = await #expect(throws: LedgerError.self) {
                    try await ledger.write { db in try db.execute(sql: sql) }
                }
                let message = error?.message ?? ""
                #expect(message.contains("never updated") || message.contains("by retention only"))
            }
            let count = try await ledger.read { db in try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM \(table)") }
            #expect((count ?? 0) > 0)
        }
    }

    @Test("A file that is no database, one of a newer version and one with another key are refused by name")
    func refusals() async throws {
        try await LedgerFixture.with { fixture in
            func refusal(_ path: String, key: [UInt8] = LedgerFixture.key) -> LedgerError.Code? {
                #expect(throws: LedgerError.self) { try Ledger(path: path, chainKey: key) }?.code
            }
            try fixture.open().close()
            #expect(refusal(fixture.path, key: [1]) == .wrongKey)

            let queue = try DatabaseQueue(path: fixture.path)
            try await queue.write { db in try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')") }
            try queue.close()
            #expect(refusal(fixture.path) == .newerSchema)

            let noise = fixture.directory + "/noise.db"
            try fixture.copyText(String(repeating: "not a database ", count: 100), to: noise)
            #expect(refusal(noise) == .damaged)
            #expect(refusal(fixture.directory + "/no/ledger.db") == .storage)
        }
    }

    @Test("A row that nobody here wrote is damage, not a crash")
    func strangeRow() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginRollout(rollout("r1"))
            try ledger.close()
            try fixture.tamper("UPDATE rollout SET \"trigger\" = 'whim'")
            let reopened = try fixture.open()
            let error = await #expect(throws: LedgerError.self) { _ = try await reopened.rollouts(limit: 1) }
            #expect(error?.code == .damaged)
        }
    }

    @Test("After closing, calls fail by name")
    func closed() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try ledger.close()
            let errors = [
                await #expect(throws: LedgerError.self) { try await ledger.beginRollout(rollout("r1")) },
                await #expect(throws: LedgerError.self) { _ = try await ledger.auditHead() },
            ]
            #expect(errors.map { $0?.code } == [.closed, .closed])
            try ledger.close()
        }
    }

    @Test("A backup made while others write is a whole ledger of one moment, and replaces an older one")
    func backup() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let destination = fixture.directory + "/backup.db"
            try await ledger.beginRollout(rollout("first"))
            try await ledger.backup(to: destination)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask { try await ledger.beginRollout(rollout("r\(number)")) }
                }
                group.addTask { try await ledger.backup(to: destination) }
                try await group.waitForAll()
            }
            #expect(try await ledger.rollouts(limit: 1000).count == 101)

            let restored = try Ledger(path: destination, chainKey: LedgerFixture.key)
            let count = try await restored.rollouts(limit: 1000).count
            let head = try await restored.auditHead()
            #expect(head.sequence == Int64(count))
            #expect(try await restored.verifyAuditChain() == .intact(head: head, count: count))
            try await restored.beginRollout(rollout("after"))
            let failure = await #expect(throws: LedgerError.self) {
                try await ledger.backup(to: fixture.directory + "/no/backup.db")
            }
            #expect(failure?.code == .storage)
        }
    }
}

extension Ledger {
    fileprivate func withPragmas(_ names: [String]) async throws(LedgerError) -> [String] {
        try await read { db in
            try names.map { name in try String.fetchOne(db, sql: "SELECT * FROM pragma_\(name)") ?? "" }
        }
    }

    fileprivate func fillEveryTable() async throws {
        try await recordRevision(
            Revision(commit: "c", branch: "b", author: "a", subject: "s", committedAt: time(0)), seenAt: time(0))
        for (id, second) in [("old", 0), ("new", 1)] as [(String, Int64)] {
            try await recordGoodCommits(
                [GoodCommit(target: api, branch: "b", commit: id, pipeline: id)], at: time(second))
            try await beginRollout(LedgerTests.rollout(id, at: second))
            try await recordPhase(id, .applying, at: time(second))
            try await recordCheckBegin("1: smoke", of: id, at: time(second))
            try await recordEarlierStates("{}", of: id, at: time(second))
            try await recordHookRuns(
                [HookRun(object: deployment("a"), uid: "1", outcome: .failed, lines: ["a"], at: time(second))], of: id)
            let intent = ActionIntent(id: id, rollout: id, object: deployment("a"), action: .create)
            try await recordIntent([intent], at: time(second))
            try await recordOutcome([ActionOutcome(intent: id, succeeded: true, at: time(second))])
            try await conclude(id, Verdict(outcome: .healthy), phase: .succeeded, quarantine: nil, at: time(second))
        }
        for digest in ["d1", "d2"] {
            try await quarantine(
                QuarantineRecord(target: api, digest: digest, revision: "c", rollout: "new", at: time(1)))
        }
        try await releaseQuarantine(api, digest: "d1", actor: "ann", at: time(2))
        try await recordInventory([
            InventoryRow(
                target: api, object: deployment("a"), uid: "1", apiVersion: "apps/v1", rollout: "new", at: time(1),
                baseline: "left")
        ])
        try await recordJobs([JobRecord(object: deployment("a"), manifest: "{}")], of: api, rollout: "new", at: time(5))
        try await recordJobsKept(
            [JobRecord(object: deployment("a"), manifest: "{}")], of: api, rollout: "new", at: time(5))
        try await recordSource("https://git.example.com/planet.git#main", at: time(5))
        try await recordClusterSearch(at: time(5))
        _ = try await installation(orNew: "i", at: time(5))
        try await recordSuccession(Succession(cluster: "", namespace: "n", from: nil, at: time(5)))
        _ = try await place(worker, in: "production", at: time(5))
        // Leaves a cut mark.
        _ = try await applyRetention(before: time(1), at: time(3))
        try await recordRevision(
            Revision(commit: "e", branch: "b", author: "a", subject: "s", committedAt: time(0)), seenAt: time(4))
        try await fillWhatPeopleSaid()
    }

    private func fillWhatPeopleSaid() async throws {
        for id in ["h1", "h2"] {
            try await recordHold(
                HoldRecord(
                    id: id, target: api, rollout: "new", awayFromDigest: "d", awayFromRevision: "c", reason: nil,
                    actor: "ann", at: time(5)))
            try await recordSuspension(
                Suspension(id: 0, scope: .init(), reason: id, actor: "ann", since: time(5)))
        }
        if let suspension = try await suspensions().first {
            try await endSuspension(suspension.id, actor: "ann", at: time(6))
        }
        try await recordApproval("prune", api, subject: "c0de", actor: "ann", at: time(5))
        try await recordRemovalPolicy(.orphan, of: api, at: time(5))
        try await recordNotifications(
            [
                PlannedNotification(
                    event: NotificationEvent(id: "n", kind: .failed, target: api, at: time(5)),
                    deliveries: [PlannedDelivery(receiver: "chat")])
            ], throughPhase: 1, at: time(5))
        if let delivery = try await nextDelivery(to: "chat", after: 0) {
            try await recordDelivery(.attempt, of: delivery.sequence, detail: nil, at: time(6))
        }
        try await recordReceiverTrouble("down", of: "chat", at: time(6))
        try await fillGates()
    }

    private func fillGates() async throws {
        let proposal = Proposal(id: "p", target: api, digest: "d", revision: "c", since: time(5))
        try await recordProposal(proposal)
        try await recordWord(.init(kind: .approval, person: "ann", at: time(5)), on: proposal, actor: "ann")
        try await recordFreeze(Freeze(scope: .init(), reason: "r", actor: "ann", since: time(5)))
        if let freeze = try await freezes().first { try await endFreeze(freeze, actor: "ann", at: time(6)) }
        try await recordHealth(HealthMark(isHealthy: false, at: time(5)), of: api)
        try await recordClockJump(ClockJump(at: time(5), by: .seconds(90)))
    }
}

extension LedgerFixture {
    fileprivate func copyText(_ text: String, to destination: String) throws {
        guard let file = fopen(destination, "w") else { throw NoDirectory() }
        defer { fclose(file) }
        fputs(text, file)
    }
}
