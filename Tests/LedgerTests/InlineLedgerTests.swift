// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import TestSupport
import Testing

@testable import Ledger

@Suite("A ledger whose calls are carried out at once")
struct InlineLedgerTests {
    @Test("Nothing of it happens behind the back of a clock that waits for nobody, and it is in the file all the same")
    func virtualTime() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try Ledger(path: fixture.path, chainKey: LedgerFixture.key, isInline: true)
            // Were a call carried out elsewhere, there would be a moment at which everything waits.
            let count = try VirtualTime().run {
                for number in 1...20 {
                    let time = Timestamp(secondsSinceEpoch: Int64(number))
                    try await ledger.recordRevision(
                        Revision(
                            commit: "\(number)", branch: "main", author: "Ada", subject: "x", committedAt: time),
                        seenAt: time)
                }
                return try await ledger.revisions(limit: 50, before: nil).count
            }
            #expect(count == 20)
            try ledger.close()
            let again = try fixture.open()
            #expect(try await again.revisions(limit: 50, before: nil).count == 20)
            try again.close()
        }
    }
}
