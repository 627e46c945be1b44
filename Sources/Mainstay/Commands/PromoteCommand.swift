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
            """)

    @OptionGroup var gate: GateArguments

    @Option(name: .long, help: ArgumentHelp("The environment's phrase.", valueName: "phrase"))
    var confirm: String?

    @Option(
        name: .long, help: ArgumentHelp("What stands for the list, as it was printed with it.", valueName: "code"))
    var list: String?

    @Option(name: .long, help: ArgumentHelp("For the record.", valueName: "text"))
    var reason: String?

    @OptionGroup var control: ControlOptions

    func run() async throws {
        try await control.confirmed("promote", gate.fields + [("reason", reason), ("list", list)], phrase: confirm)
    }
}
