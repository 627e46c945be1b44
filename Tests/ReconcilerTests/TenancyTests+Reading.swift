// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Synchronization
import TestSupport
import Testing

@testable import Reconciler

/// A record that cannot be read.
extension TenancyTests {
    @Test(
        "Where the record cannot be read nothing is written, however long that takes: another daemon may have it",
        arguments: [ClusterFailure.Code.serverError, .unavailable, .unauthorized, .webhookFailed, .other])
    func unread(code: ClusterFailure.Code) throws {
        try run { cluster, time in
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            cluster.refuse { call in
                call.verb == .get && call.object == Self.id ? ClusterFailure(code: code, message: "not now") : nil
            }
            let second = Daemon(cluster, "host-b", installation: "b", process: "1")
            for _ in 1...60 {
                try await time.clock.sleep(for: .seconds(30))
                #expect(second.board.refusal(in: "staging")?.message.contains("not now") == true)
            }
            #expect(first.isHolder && second.warnings.all.isEmpty)
            cluster.refuseNothing()
            try await time.clock.sleep(for: .seconds(31))
            #expect(first.isHolder && second.refusal?.contains("host-a") == true)
            await second.end()
            await first.end()
        }
    }

    @Test("A server that is back just before it would be given up shows whose the record is, and that counts")
    func readAtLast() throws {
        try run { cluster, time in
            let first = Daemon(cluster, "host-a", installation: "a", process: "1")
            try await time.clock.sleep(for: .seconds(5))
            // From when on every other question is answered, and how many were asked since.
            let reads = Mutex((alternate: false, count: 0))
            cluster.refuse { call in
                guard call.verb == .get, call.object == Self.id else { return nil }
                let isRefused = reads.withLock { reads in
                    reads.count += 1
                    return !reads.alternate || reads.count % 2 == 1
                }
                return isRefused ? FakeCluster.unavailable : nil
            }
            let second = Daemon(cluster, "host-b", installation: "b", process: "1")
            try await time.clock.sleep(for: .seconds(300))
            reads.withLock { $0 = (true, 0) }
            for _ in 1...60 {
                try await time.clock.sleep(for: .seconds(5))
                #expect(second.board.refusal(in: "staging") != nil)
            }
            #expect(reads.withLock(\.count) > 1 && first.isHolder)
            await second.end()
            await first.end()
        }
    }
}
