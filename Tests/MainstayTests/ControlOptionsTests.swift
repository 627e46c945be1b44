// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests
internal import Testing

@testable internal import Mainstay

@Suite("What commands of the control socket send")
struct ControlOptionsTests {
    @Test("Words that are typed below a list go with what names the list")
    func confirmation() {
        let listed: Value = ["message": "to have this rolled out …", "code": "deploy", "list": "0a1b2c3d4e"]
        let sent = ControlOptions.confirmation("deploy", of: listed)
        #expect(sent.map(\.0) == ["confirm", "list"])
        #expect(sent.map(\.1) == ["deploy", "0a1b2c3d4e"])
        // A destruction's words name it themselves.
        #expect(ControlOptions.confirmation("destroy", of: ["code": "destroy"]).last?.1 == nil)
    }

    @Test("A go is forced for a reason")
    func force() throws {
        #expect(throws: (any Error).self) { try PromoteCommand.parse(["api", "-e", "production", "--force"]) }
        #expect(throws: (any Error).self) {
            try PromoteCommand.parse(["api", "-e", "production", "--force", "--reason", ""])
        }
        let command = try PromoteCommand.parse(["-e", "production", "--force", "--reason", "checkout is down"])
        #expect(command.force && command.reason == "checkout is down")
        #expect(try !PromoteCommand.parse(["api", "-e", "production"]).force)
    }

    @Test(
        "One application is rolled out again by force and for a reason; the repository is read for all",
        arguments: [
            ["api"], ["-e", "staging"], ["--reason", "cache"], ["--force"], ["api", "-e", "staging", "--force"],
            ["api", "--force", "--reason", "cache"], ["-e", "staging", "--force", "--reason", "cache"],
        ])
    func reconcile(arguments: [String]) throws {
        #expect(throws: (any Error).self) { try ReconcileCommand.parse(arguments) }
        #expect(throws: Never.self) { try ReconcileCommand.parse([]) }
        #expect(throws: Never.self) {
            try ReconcileCommand.parse(["api", "-e", "staging", "--force", "--reason", "cache"])
        }
    }
}
