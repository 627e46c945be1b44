// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct PromoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Give the go for what waits in an environment of \"deploy: confirm\" or \"manual\".",
        discussion: """
            Of an application, or of all that waits in the environment. Where the environment has a phrase, it is asked \
            for on a terminal, and is given with --confirm elsewhere. It is then for what was listed: with --list, or \
            --revision, what waits by then is refused where it is something else.

            In an emergency, --force gives the go past what only time opens: freezes that began before, windows, and what \
            other environments have yet to show, also where nobody's go is asked for. Approvals still count, and where \
            they are of groups, only one of these may force it; nor does it lift a rejection, a quarantine or a suspension.
            """)

    @OptionGroup var gate: GateArguments

    @Option(name: .long, help: ArgumentHelp("The environment's phrase.", valueName: "phrase"))
    var confirm: String?

    @Option(
        name: .long, help: ArgumentHelp("What stands for the list, as it was printed with it.", valueName: "code"))
    var list: String?

    @Flag(name: .long, help: "Past freezes, windows and other environments; with --reason.")
    var force = false

    @Option(
        name: .long, help: ArgumentHelp("For the record, and with --force for everybody to read.", valueName: "text"))
    var reason: String?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if force, reason?.isEmpty ?? true { throw ValidationError("--force needs --reason: say why it cannot wait") }
    }

    func run() async throws {
        try await control.confirmed(
            force ? "promote-forced" : "promote", gate.fields + [("reason", reason), ("list", list)], phrase: confirm)
    }
}
