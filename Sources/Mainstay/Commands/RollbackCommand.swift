// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Bring an application back to an earlier revision, and keep it there.",
        discussion: """
            Without --to, to the revision that was healthy before the one that runs. It stays there until git asks for \
            something else, or until `mainstay release`. What only the newer revision had is pruned; what its hooks and \
            Jobs did is not undone. A revision whose digest is quarantined has to be released first.
            """)

    @OptionGroup var target: TargetArguments

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The revision to go back to: the beginning of a commit, or a rollout's id, of `mainstay history`.",
            valueName: "revision"))
    var to: String?

    @Option(name: .long, help: ArgumentHelp("Why, for the record and for `mainstay status`.", valueName: "text"))
    var reason: String?

    @OptionGroup var control: ControlOptions

    func run() async throws {
        try await control.post(
            "rollback",
            [
                ("application", target.application), ("environment", target.environment), ("to", to),
                ("reason", reason),
            ])
    }
}

/// Which application, and where: for what changes something nothing is guessed.
struct TargetArguments: ParsableArguments {
    @Argument(help: "The application.")
    var application: String

    @Option(name: [.short, .long], help: ArgumentHelp("The environment.", valueName: "name"))
    var environment: String
}
