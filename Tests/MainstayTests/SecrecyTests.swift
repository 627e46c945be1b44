// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("Secrets stay secret")
struct SecrecyTests {
    /// Values that are only ever in Secrets of the repository.
    private static let values = ["correct-horse-battery", "staple-is-not-base64!"]

    private static func secret(_ field: String, _ value: String) -> String {
        "apiVersion: v1\nkind: Secret\nmetadata: {name: worker-token}\n\(field): {token: \"\(value)\"}\n"
    }

    @Test("No value of a Secret reaches ledger, log or status, whether it is applied or refused")
    func values() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/secret.yaml"] = Self.secret("stringData", Self.values[0])
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let stored = try await harness.live("/api/v1/namespaces/staging/secrets/worker-token")
            #expect(stored?.value(at: "data", "token")?.string == Data(Self.values[0].utf8).base64EncodedString())

            // The server refuses it with a message that quotes the whole object.
            monorepo.files["k8s/worker/secret.yaml"] = Self.secret("data", Self.values[1])
            try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is refused and taken back") {
                $0.phase == .rolledBack && $0.quarantine != nil
            }

            var told = harness.log.lines.joined()
            for status in harness.life.board.applications { told += "\(status)" }
            for rollout in try await harness.rollouts() { told += "\(rollout)" }
            await harness.kill()
            told += try harness.ledgerText()
            #expect(told.contains("worker-token"), "the look finds what is there")
            for value in Self.values {
                #expect(!told.contains(value))
                #expect(!told.contains(Data(value.utf8).base64EncodedString()))
            }
        }
    }
}
