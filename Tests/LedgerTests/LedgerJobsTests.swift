// SPDX-License-Identifier: Apache-2.0

import GRDB
import Manifests
import Planning
import Testing

@testable import Ledger

@Suite struct LedgerJobsTests {
    private func job(_ name: String, _ manifest: String = "{}") -> JobRecord {
        JobRecord(
            object: ObjectID(group: "batch", kind: "Job", namespace: "staging", name: name), manifest: manifest)
    }

    @Test("A Job is done with the manifest that it was made from, in its target, and with no other")
    func done() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.recordJobs([job("a", "hunter2")], of: api, rollout: "r", at: time(5))
            let asked = [job("a", "hunter2"), job("b", "hunter2")]
            #expect(try await ledger.jobsDone(of: api, among: asked) == [asked[0].object])
            #expect(try await ledger.jobsDone(of: worker, among: asked).isEmpty)
            #expect(try await ledger.jobsDone(of: api, among: [job("a", "hunter3")]).isEmpty)
            #expect(try await ledger.jobsDone(of: api, since: time(5)) == [asked[0].object])
            #expect(try await ledger.jobsDone(of: api, since: time(6)).isEmpty)
            let digests = try await ledger.read { db in try String.fetchAll(db, sql: "SELECT digest FROM job_done") }
            #expect(digests.allSatisfy { $0.count == 64 && !$0.contains("hunter2") })
        }
    }

    @Test("Of a removal is known what it made and completed since the last other rollout, whatever the clock said then")
    func removal() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            func begin(_ id: String, _ trigger: RolloutTrigger, at seconds: Int64) async throws {
                var record = rollout(id, at: seconds)
                record.trigger = trigger
                try await ledger.beginRollout(record)
                let intent = ActionIntent(id: "i-\(id)", rollout: id, object: job(id).object, action: .create)
                try await ledger.recordIntent([intent], at: time(seconds))
                try await ledger.recordJobs([job(id)], of: api, rollout: id, at: time(seconds))
            }
            try await begin("removed-before", .removal, at: 1)
            try await begin("back", .revision, at: 9_000_000)
            #expect(try await ledger.removalProgress(of: api).created.isEmpty)
            try await begin("begun", .removal, at: 2)
            try await begin("resumed", .removal, at: 3)
            try await ledger.recordIntent(
                [ActionIntent(id: "i", rollout: "resumed", object: job("pruned").object, action: .prune)], at: time(4))
            let progress = try await ledger.removalProgress(of: api)
            #expect(progress.created == [job("begun").object, job("resumed").object])
            #expect(progress.completed == [job("begun").object, job("resumed").object])
            #expect(try await ledger.removalProgress(of: worker).completed.isEmpty)
        }
    }

    @Test("What is done stays known for as long as the Job is ours, and goes with it")
    func retention() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            func row(_ name: String, removed: Bool) -> InventoryRow {
                InventoryRow(
                    target: api, object: job(name).object, uid: name, apiVersion: "batch/v1", rollout: "gone",
                    at: time(1), removed: removed)
            }
            try await ledger.recordInventory([
                row("ours", removed: false), row("theirs", removed: false), row("theirs", removed: true),
            ])
            try await ledger.recordJobs([job("ours", "1"), job("theirs")], of: api, rollout: "gone", at: time(1))
            try await ledger.recordJobs([job("ours", "2")], of: api, rollout: "gone", at: time(2))
            try await ledger.recordJobs([job("theirs", "3")], of: api, rollout: "gone", at: time(150))
            let report = try await ledger.applyRetention(before: time(100), at: time(200))
            #expect(report.jobs == 2)
            #expect(try await ledger.jobsDone(of: api, among: [job("ours", "2")]).count == 1)
            #expect(try await ledger.jobsDone(of: api, among: [job("theirs", "3")]).count == 1)
        }
    }

    @Test("What is done stays known for as long as a rollout that asked for it is kept, whatever ran since")
    func kept() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for id in ["old", "latest"] {
                try await ledger.beginRollout(rollout(id))
                try await ledger.conclude(
                    id, Verdict(outcome: .healthy), phase: .succeeded, quarantine: nil, at: time(1))
            }
            let done = [job("migrate", "A"), job("migrate", "B"), job("run-1")]
            try await ledger.recordJobs(done, of: api, rollout: "gone", at: time(1))
            try await ledger.recordJobsKept(
                [job("migrate", "A"), job("run-1")], of: api, rollout: "latest", at: time(2))
            try await ledger.recordJobsKept([job("migrate", "B")], of: api, rollout: "old", at: time(2))
            _ = try await ledger.applyRetention(before: time(100), at: time(200))
            let known = try await ledger.read { db in
                try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM job_done") ?? 0
            }
            #expect(known == 2)
            #expect(try await ledger.jobsDone(of: api, among: [job("migrate", "A")]).count == 1)
            #expect(try await ledger.jobsDone(of: api, among: [job("migrate", "B")]).isEmpty)
            #expect(try await ledger.jobsDone(of: api, among: [job("run-1")]).count == 1)
        }
    }
}
