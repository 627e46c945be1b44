// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import TestSupport
internal import Testing

/// What people tell the daemon, with the built program at both ends of the socket.
@Suite("The commands of the control socket", .serialized)
struct ControlCommandTests {
    @Test("reconcile reads the repository at once, by the configuration's socket")
    func reconcile() async throws {
        let installation = try await Installation()
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        let commit = try installation.merge(tag: "1.0.0")
        let outcome = try await Binary.run("reconcile", "--config", installation.configuration, "--as", "grace")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "polled: main is at \(commit.prefix(7))\n")
        try await installation.waitUntilHealthy(client, at: commit, of: daemon)
        daemon.send(SIGTERM)
        #expect(try await daemon.ended(within: .seconds(10)) == 0)
        #expect(!FileManager.default.fileExists(atPath: "\(installation.directory.path)/data/control.sock"))
    }

    @Test("Where no daemon answers, the command says so and what to do")
    func noDaemon() async throws {
        let outcome = try await Binary.run("reconcile", "--socket", "/nonexistent/control.sock")
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("no daemon answers at /nonexistent/control.sock"))
        #expect(outcome.errors.contains("--config"))
    }
}
