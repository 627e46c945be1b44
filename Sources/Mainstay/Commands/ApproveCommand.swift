// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Agree to what waits at an environment's gate, or to a prune of many objects.",
        discussion: """
            Counts as one of the approvals that the environment asks for, for exactly the digest that waits: of an \
            application, or of all that waits in the environment. --as says who you are.

            More than 5 objects that are over half of an application, or more than 50, are not pruned without a person. \
            With --prune alone they are listed, with a code; with that code exactly these are approved, and no others.
            """)

    @OptionGroup var gate: GateArguments

    @Option(name: .long, help: ArgumentHelp("For the record.", valueName: "text"))
    var reason: String?

    @Flag(name: .long, help: "Approve a prune, not a revision.")
    var prune = false

    @Option(
        name: .long, help: ArgumentHelp("What the list stands for, as it was printed with it.", valueName: "code"))
    var code: String?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if prune, gate.application == nil { throw ValidationError("--prune needs the application") }
        if prune, gate.revision != nil || reason != nil {
            throw ValidationError("--prune takes the code of the list, no --revision and no --reason")
        }
        if !prune, code != nil { throw ValidationError("--code belongs to --prune") }
    }

    func run() async throws {
        guard prune else { return try await control.post("approve", gate.fields + [("reason", reason)]) }
        try await control.post(
            "approve-prune",
            [("application", gate.application), ("environment", gate.environment), ("code", code)])
    }
}

/// What waits at a gate.
struct GateArguments: ParsableArguments {
    @Argument(help: "The application; left out, all that waits in the environment.")
    var application: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The environment.", valueName: "name"))
    var environment: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The beginning of the revision that you looked at: refused where another waits by now.",
            valueName: "revision"))
    var revision: String?

    var fields: [(String, String?)] {
        [("application", application), ("environment", environment), ("revision", revision)]
    }
}
