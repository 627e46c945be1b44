// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@testable import Ledger

@Suite("Ledger: what is written is read back")
struct LedgerRecordTests {
    @Test("A rollout comes back with its phases, actions, outcomes and verdict, also after reopening")
    func wholeRollout() async throws {
        try await LedgerFixture.with { fixture in
            var record = rollout("r1", at: 5)
            record.fromRevision = "c-0"
            record.trigger = .rollback
            let intents = [
                ActionIntent(id: "a1", rollout: "r1", object: deployment("api"), action: .configure),
                ActionIntent(
                    id: "a2", rollout: "r1", object: ObjectID(group: "", kind: "Namespace", name: "staging"),
                    action: .create),
            ]
            let outcome = ActionOutcome(
                intent: "a1", succeeded: true, uid: "u-1", generation: 3, resourceVersion: "77", at: time(7))
            let refusal = ActionOutcome(intent: "a2", succeeded: false, error: "exceeded quota", at: time(8))
            let verdict = Verdict(outcome: .failed, cause: crash, notes: ["a ConfigMap restarts no pod"])

            let first = try fixture.open()
            try await first.beginRollout(record)
            try await first.recordPhase("r1", .applying, at: time(6))
            try await first.recordIntent(intents, at: time(6))
            try await first.recordOutcome([outcome, refusal])
            try await first.conclude("r1", verdict, phase: .failed, quarantine: nil, at: time(9))
            try first.close()

            let ledger = try fixture.open()
            let detail = try #require(try await ledger.rollout("r1"))
            #expect(detail.summary.rollout == record)
            #expect(
                detail.summary.phases == [
                    PhaseRecord(phase: .applying, at: time(6)),
                    PhaseRecord(phase: .failed, reason: crash.message, cause: crash, at: time(9)),
                ])
            #expect(detail.summary.phase == .failed)
            #expect(detail.summary.verdict == VerdictRecord(verdict: verdict, at: time(9)))
            #expect(
                detail.actions == [
                    ActionRecord(intent: intents[0], announcedAt: time(6), outcome: outcome),
                    ActionRecord(intent: intents[1], announcedAt: time(6), outcome: refusal),
                ])
            #expect(try await ledger.rollout("r2") == nil)
        }
    }

    @Test("Intents without an outcome are open, in order")
    func openIntents() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginRollout(rollout("r1"))
            try await ledger.beginRollout(rollout("r2"))
            let intents = (1...3).map { number in
                ActionIntent(id: "a\(number)", rollout: "r1", object: deployment("d\(number)"), action: .create)
            }
            try await ledger.recordIntent(intents, at: time(1))
            try await ledger.recordOutcome([ActionOutcome(intent: "a2", succeeded: true, at: time(1))])
            #expect(try await ledger.openIntents("r1") == [intents[0], intents[2]])
            #expect(try await ledger.openIntents("r2") == [])
        }
    }

    @Test("A wave is announced as a whole or not at all")
    func waveIsAtomic() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginRollout(rollout("r1"))
            let head = try await ledger.auditHead()
            let intents = ["a1", "a2", "a1"].map { id in
                ActionIntent(id: id, rollout: "r1", object: deployment(id), action: .create)
            }
            let error = await #expect(throws: LedgerError.self) {
                try await ledger.recordIntent(intents, at: time(1))
            }
            #expect(error?.code == .duplicate)
            #expect(try await ledger.openIntents("r1") == [])
            #expect(try await ledger.auditHead() == head)
        }
    }

    @Test("What names an unknown rollout or intent, and an id used twice, is refused")
    func references() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginRollout(rollout("r1"))
            let unknown = [
                await #expect(throws: LedgerError.self) { try await ledger.recordPhase("no", .applying, at: time(1)) },
                await #expect(throws: LedgerError.self) {
                    try await ledger.conclude(
                        "no", Verdict(outcome: .healthy), phase: .succeeded, quarantine: nil, at: time(1))
                },
                await #expect(throws: LedgerError.self) {
                    let intent = ActionIntent(id: "a", rollout: "no", object: deployment("a"), action: .create)
                    try await ledger.recordIntent([intent], at: time(1))
                },
                await #expect(throws: LedgerError.self) {
                    try await ledger.recordOutcome([ActionOutcome(intent: "no", succeeded: true, at: time(1))])
                },
            ]
            #expect(unknown.map { $0?.code } == Array(repeating: .unknownReference, count: 4))
            let twice = await #expect(throws: LedgerError.self) { try await ledger.beginRollout(rollout("r1")) }
            #expect(twice?.code == .duplicate)
        }
    }

    @Test("Pages of rollouts go from new to old without gap or repetition, of one target or of all")
    func pages() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for number in 0..<25 {
                // Started in the opposite order: the order of writing counts, clocks may step back.
                let target = number.isMultiple(of: 2) ? api : worker
                try await ledger.beginRollout(rollout("r\(number)", target, at: Int64(-number)))
            }
            for (application, expected) in [
                (nil as String?, (0..<25).reversed().map { "r\($0)" }),
                (api.application, (0..<25).reversed().filter { $0.isMultiple(of: 2) }.map { "r\($0)" }),
            ] {
                var seen: [String] = []
                while true {
                    let page = try await ledger.rollouts(
                        application: application, before: seen.last, limit: 10)
                    #expect(page.count <= 10)
                    seen += page.map(\.rollout.id)
                    if page.isEmpty { break }
                }
                #expect(seen == expected)
            }
            #expect(try await ledger.rollouts(before: "unknown", limit: 10).isEmpty)
            #expect(try await ledger.rollouts(limit: -1).count == 1)
        }
    }

    @Test("A target is being removed while its latest rollout is a removal that is not over")
    func beingRemoved() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            func begin(_ id: String, _ target: TargetID, _ trigger: RolloutTrigger = .removal) async throws {
                var record = rollout(id, target)
                record.trigger = trigger
                try await ledger.beginRollout(record)
            }
            try await begin("a1", api)
            try await begin("w1", worker)
            #expect(try await ledger.targetsBeingRemoved() == [api, worker].sorted())
            try await ledger.recordPhase("a1", .applying, at: time(2))
            try await ledger.recordPhase("w1", .superseded, at: time(2))
            #expect(try await ledger.targetsBeingRemoved() == [api])
            try await begin("a2", api, .revision)
            #expect(try await ledger.targetsBeingRemoved() == [])
            try await begin("a3", api)
            try await ledger.conclude(
                "a3", Verdict(outcome: .healthy), phase: .succeeded, quarantine: nil, at: time(4))
            #expect(try await ledger.targetsBeingRemoved() == [])
        }
    }

    @Test("The latest of each target, and the newest whose latest verdict is healthy")
    func latestAndHealthy() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for id in ["a1", "a2", "a3", "a4"] { try await ledger.beginRollout(rollout(id)) }
            try await ledger.beginRollout(rollout("w1", worker))
            #expect(try await ledger.lastHealthyRollout(api) == nil)
            for (id, outcome) in [("a1", .healthy), ("a2", .healthy), ("a3", .healthy), ("a3", .failed)]
                as [(String, Verdict.Outcome)]
            {
                let verdict = Verdict(outcome: outcome, cause: outcome == .failed ? crash : nil)
                try await ledger.conclude(id, verdict, phase: .succeeded, quarantine: nil, at: time(1))
            }
            #expect(try await ledger.latestRollouts().map(\.rollout.id) == ["a4", "w1"])
            #expect(try await ledger.lastHealthyRollout(api)?.rollout.id == "a2")
            #expect(try await ledger.lastHealthyRollout(worker) == nil)
        }
    }

    @Test("A quarantine holds its digest in its target until it is released, and can come again")
    func quarantine() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let first = QuarantineRecord(
                target: api, digest: "d1", revision: "c1", rollout: "r1", cause: crash, at: time(1))
            try await ledger.quarantine(first)
            #expect(try await ledger.isQuarantined(api, digest: "d1") == first)
            #expect(try await ledger.isQuarantined(worker, digest: "d1") == nil)
            #expect(try await ledger.isQuarantined(api, digest: "d2") == nil)
            #expect(try await ledger.releaseQuarantine(api, digest: "d2", actor: "ann", at: time(2)) == false)
            #expect(try await ledger.releaseQuarantine(api, digest: "d1", actor: "ann", at: time(2)))
            #expect(try await ledger.isQuarantined(api, digest: "d1") == nil)
            #expect(try await ledger.quarantines(active: true) == [])
            var released = first
            released.release = QuarantineRecord.Release(actor: "ann", at: time(2))
            #expect(try await ledger.quarantines(active: false) == [released])

            var second = first
            second.at = time(3)
            try await ledger.quarantine(second)
            #expect(try await ledger.quarantines(active: true) == [second])
            #expect(try await ledger.quarantines(active: false) == [second, released])
            let audit = try await ledger.auditEntries(after: 0, limit: 10)
            #expect(audit.map(\.kind) == ["quarantine.begun", "quarantine.released", "quarantine.begun"])
            #expect(audit.map(\.actor) == ["mainstay", "ann", "mainstay"])
        }
    }

    @Test("The latest entry of an object is its state, for each application by itself")
    func inventory() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            func entry(_ target: TargetID, _ name: String, uid: String, removed: Bool = false) -> InventoryRow {
                InventoryRow(
                    target: target, object: deployment(name), uid: uid, apiVersion: "apps/v1", rollout: "r",
                    at: time(1), removed: removed)
            }
            let production = TargetID(application: "api", environment: "production")
            try await ledger.recordInventory([
                entry(api, "a", uid: "1"), entry(api, "b", uid: "2"), entry(api, "c", uid: "3"),
                entry(production, "a", uid: "4"),
            ])
            try await ledger.recordInventory([
                entry(api, "a", uid: "5"), entry(api, "b", uid: "2", removed: true), entry(worker, "c", uid: "3"),
            ])
            #expect(try await ledger.inventory(target: api) == [entry(api, "a", uid: "5"), entry(api, "c", uid: "3")])
            #expect(try await ledger.inventory(target: worker) == [entry(worker, "c", uid: "3")])
            #expect(try await ledger.targetsWithInventory() == [production, api, worker].sorted())
            try await ledger.recordInventory([entry(production, "a", uid: "4", removed: true)])
            #expect(try await ledger.targetsWithInventory() == [api, worker].sorted())
            try await ledger.recordInventory([entry(production, "a", uid: "4")])
            #expect(
                try await ledger.inventory() == [
                    entry(production, "a", uid: "4"), entry(api, "a", uid: "5"), entry(api, "c", uid: "3"),
                    entry(worker, "c", uid: "3"),
                ])
        }
    }

    @Test("What the last apply left of an object is the latest that was said, and outlives what says nothing of it")
    func baselines() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            func entry(_ target: TargetID, _ name: String, _ baseline: String?) -> InventoryRow {
                InventoryRow(
                    target: target, object: deployment(name), uid: "1", apiVersion: "apps/v1", rollout: "r",
                    at: time(1), baseline: baseline)
            }
            try await ledger.recordInventory([entry(api, "a", "one"), entry(api, "b", nil), entry(worker, "a", "w")])
            try await ledger.recordInventory([entry(api, "a", "two")])
            try await ledger.recordInventory([entry(api, "a", "two"), entry(api, "a", nil)])
            #expect(try await ledger.inventory(target: api).map(\.baseline) == ["two", nil])
            #expect(try await ledger.inventory(target: worker).map(\.baseline) == ["w"])
            let alone = try await ledger.inventory(target: api, withBaselines: false)
            #expect(alone == [entry(api, "a", nil), entry(api, "b", nil)])
            let rows = try await ledger.read { db in try db.rows("SELECT baseline FROM drift_baseline").count }
            #expect(rows == 3)
        }
    }

    @Test("A revision is seen once per branch, and pages go from the last seen back")
    func revisions() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            func revision(_ commit: String, _ branch: String = "main") -> Revision {
                Revision(
                    commit: commit, branch: branch, author: "Ann", subject: "Say 'why'", committedAt: time(-5))
            }
            for (second, commit) in ["a", "b", "a", "c"].enumerated() {
                try await ledger.recordRevision(revision(commit), seenAt: time(Int64(second)))
            }
            try await ledger.recordRevision(revision("a", "release"), seenAt: time(9))
            let page = try await ledger.revisions(limit: 3)
            #expect(page.map(\.revision) == [revision("a", "release"), revision("c"), revision("b")])
            #expect(page.map(\.seenAt) == [time(9), time(3), time(1)])
            let rest = try await ledger.revisions(limit: 3, before: page.last?.sequence)
            #expect(rest.map(\.revision) == [revision("a")])
        }
    }
}
