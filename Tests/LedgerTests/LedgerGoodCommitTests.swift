// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@testable import Ledger

@Suite struct LedgerGoodCommitTests {
    private static func good(_ commit: String, of target: TargetID? = nil) -> GoodCommit {
        GoodCommit(target: target, branch: "main", commit: commit, pipeline: "p-\(commit)")
    }

    @Test("The latest of the pipeline, and of each application, is what counts, whatever came before and after")
    func latest() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            #expect(try await ledger.goodCommit(of: nil) == nil)
            try await ledger.recordGoodCommits([Self.good("1"), Self.good("1", of: api)], at: time(1))
            try await ledger.recordGoodCommits([Self.good("2"), Self.good("2", of: worker)], at: time(2))
            try await ledger.recordGoodCommits([Self.good("1")], at: time(3))
            #expect(try await ledger.goodCommit(of: nil) == Self.good("1"))
            #expect(try await ledger.goodCommit(of: api) == Self.good("1", of: api))
            #expect(try await ledger.goodCommit(of: worker) == Self.good("2", of: worker))
        }
    }

    @Test("What is known already is not written again, and retention leaves the latest, however old")
    func written() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            func rows() async throws -> Int64 {
                try await ledger.read { db in try db.rows("SELECT COUNT(*) AS n FROM good_commit")[0].integer("n") }
            }
            for _ in 0..<3 {
                try await ledger.recordGoodCommits([Self.good("1"), Self.good("1", of: api)], at: time(1))
            }
            #expect(try await rows() == 2)
            try await ledger.recordGoodCommits([Self.good("2"), Self.good("1", of: api)], at: time(2))
            #expect(try await rows() == 3)
            _ = try await ledger.applyRetention(before: time(1000), at: time(1000))
            #expect(try await rows() == 2)
            #expect(try await ledger.goodCommit(of: nil) == Self.good("2"))
            #expect(try await ledger.goodCommit(of: api) == Self.good("1", of: api))
        }
    }
}
