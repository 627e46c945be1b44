// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Give the word that the daemon waits for: for a prune of many objects.",
        discussion: """
            More than 5 objects that are over half of an application, or more than 50, are not pruned without a person. \
            With --prune alone they are listed, with a code; with that code exactly these are approved, and no others.
            """)

    @OptionGroup var target: TargetArguments

    @Flag(name: .long, help: "Approve the prune.")
    var prune = false

    @Option(
        name: .long, help: ArgumentHelp("What the list stands for, as it was printed with it.", valueName: "code"))
    var code: String?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        guard prune else { throw ValidationError("say what to approve: --prune") }
    }

    func run() async throws {
        try await control.post(
            "approve-prune",
            [("application", target.application), ("environment", target.environment), ("code", code)])
    }
}
