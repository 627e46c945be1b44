// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import TestSupport
internal import Testing

@Suite("The command line", .serialized)
struct CommandLineTests {
    @Test("--version says a version, and nothing on standard error")
    func version() async throws {
        let outcome = try await Binary.run("--version")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains(/[0-9]+\.[0-9]+\.[0-9]+/))
        #expect(outcome.errors.isEmpty)
    }

    @Test("--help names every command, and each explains itself")
    func help() async throws {
        let outcome = try await Binary.run("--help")
        #expect(outcome.status == 0)
        let commands = [
            "run", "demo", "sandbox", "status", "get", "history", "init", "validate", "simulate", "render", "plan",
            "diff", "graph", "reconcile",
            "rollback", "release", "suspend", "resume", "approve",
        ]
        for command in commands {
            #expect(outcome.output.contains("  \(command) "))
            let help = try await Binary.run(command, "--help")
            #expect(help.status == 0)
            #expect(help.output.contains("USAGE: mainstay \(command)"))
        }
    }

    @Test("A command that does not exist is a usage error")
    func unknownCommand() async throws {
        let outcome = try await Binary.run("deplpy")
        #expect(outcome.status == 64 || outcome.status == 2)
        #expect(outcome.errors.contains("deplpy"))
        let near = try await Binary.run("statu")
        #expect(near.status == 64 && near.errors.contains("did you mean \"status\"?"))
    }

    @Test("run with a configuration that is not there exits with 2 and names the file")
    func missingConfiguration() async throws {
        let outcome = try await Binary.run("run", "--config", "/nonexistent/mainstay.yaml")
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("/nonexistent/mainstay.yaml"))
        #expect(outcome.output.isEmpty)
    }

    @Test("run with a wrong configuration exits with 2 and lists everything that is wrong, with lines")
    func wrongConfiguration() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            """
            apiVersion: mainstay.dev/v1
            kind: Configuration
            sorce: {url: "https://git.example.com/planet.git"}
            server: {listen: "nowhere"}

            """, to: "mainstay.yaml")
        let outcome = try await Binary.run("run", "--config", file)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("\(file):3"))
        #expect(outcome.errors.contains("sorce"))
        #expect(outcome.errors.contains("source"), "with a suggestion")
    }

    @Test("run outside a cluster without a kubeconfig exits with 2 and says what to set")
    func noCluster() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            """
            apiVersion: mainstay.dev/v1
            kind: Configuration
            source: {url: "https://git.example.com/planet.git"}
            data: {directory: ./data}

            """, to: "mainstay.yaml")
        let outcome = try await Binary.run("run", "--config", file)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("kubeconfig") || outcome.errors.contains("service account"))
    }

    @Test("status without a daemon exits with 1 and says how to start one")
    func noDaemon() async throws {
        let outcome = try await Binary.run("status", "--server", "http://127.0.0.1:9")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("no daemon answers at http://127.0.0.1:9"))
        #expect(outcome.errors.contains("mainstay run"))
    }

    @Test("What the environment names as a daemon answers neither plan, diff nor explain: the files here are meant")
    func filesInSpiteOfDaemon() async throws {
        let environment = ["MAINSTAY_SOCKET": "/nonexistent/control.sock", "HOME": "/nonexistent"]
        for arguments in [["plan", "."], ["plan"], ["diff"], ["explain", "no-such-commit"]] {
            let outcome = try await Binary.run(arguments, environment: environment)
            #expect(outcome.status == 2)
            #expect(
                !outcome.errors.isEmpty && !outcome.errors.contains("/nonexistent/control.sock"), "\(outcome.errors)")
        }
        let asked = try await Binary.run(["explain", "HEAD", "--socket", "/nonexistent/control.sock"])
        #expect(asked.status == 2 && asked.errors.contains("no daemon answers at /nonexistent/control.sock"))
    }

    @Test("The sandbox refuses to listen beyond loopback")
    func sandboxListensOnLoopback() async throws {
        for option in ["--listen", "--control"] {
            let outcome = try await Binary.run("sandbox", option, "0.0.0.0:0")
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("loopback"))
        }
        let seed = try await Binary.run("sandbox", "--seed", "7")
        #expect(seed.status == 2)
        #expect(seed.errors.contains("--control"))
    }

    @Test("The demo shows its four merges and confirms all five claims from the ledger")
    func demo() async throws {
        let outcome = try await Binary.run("demo", "--plain", within: .seconds(120))
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.split(separator: "\n").count { $0.hasPrefix("  yes  ") } == 5)
        #expect(!outcome.output.contains("  NO   "))
        #expect(outcome.output.split(separator: "\n").count { $0.contains("s  merge ") } == 4)
        #expect(!outcome.output.contains("\u{1B}"), "plain means plain")
    }
}
