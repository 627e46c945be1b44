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

    @Test("A person rolls back, sees who held it and why, lets go, and sets aside")
    func rollback() async throws {
        let installation = try await Installation()
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        let first = try installation.merge(tag: "1.0.0")
        try await installation.waitUntilHealthy(client, at: first, of: daemon)
        let second = try installation.merge(tag: "1.0.1")
        try await installation.waitUntilHealthy(client, at: second, of: daemon)

        func run(_ arguments: String...) async throws -> Binary.Outcome {
            let socket = "\(installation.directory.path)/data/control.sock"
            return try await Binary.run(arguments, environment: ["MAINSTAY_SOCKET": socket])
        }
        let rollback = try await run("rollback", "worker", "-e", "staging", "--reason", "slow", "--as", "grace")
        #expect(rollback.status == 0, "\(rollback.errors)")
        #expect(rollback.output.contains("back to \(first.prefix(7))"))
        try await installation.wait(client, for: "it is held", of: daemon) { $0["hold"]?.object != nil }
        let status = try await Binary.run("status", "--server", client.server)
        #expect(status.status == 1, "held back")
        #expect(status.output.contains("holding at \(first.prefix(7))"))
        #expect(status.output.contains("as grace rolled back: slow"))

        let refused = try await run("rollback", "worker", "-e", "staging", "--to", "ffffff")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("no rollout of ffffff is recorded"))

        let release = try await run("release", "worker", "-e", "staging")
        #expect(release.status == 0, "\(release.errors)")
        try await installation.waitUntilHealthy(client, at: second, of: daemon)

        let suspend = try await run("suspend", "-e", "staging", "--reason", "by hand")
        #expect(suspend.status == 0, "\(suspend.errors)")
        try installation.merge(tag: "1.0.2")
        #expect(try await run("reconcile").status == 0)
        try await installation.wait(client, for: "it is set aside", of: daemon) {
            $0["message"]?.string?.contains("suspended by") == true
        }
        #expect(try await run("resume", "worker", "-e", "staging").status == 1, "it was not suspended by itself")
        #expect(try await run("resume", "-e", "staging").status == 0)
        #expect(try await run("approve", "worker", "-e", "staging", "--code", "c").status == 64)
        let nothing = try await run("approve", "worker", "-e", "staging")
        #expect(nothing.status == 1 && nothing.errors.contains("does not wait at a gate"))
        let approve = try await run("approve", "worker", "-e", "staging", "--prune")
        #expect(approve.errors.contains("no prune of worker in staging waits for a person"))
    }
}
