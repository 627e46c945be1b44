// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct SuspendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend",
        abstract: "Leave an application, an environment, or an object alone until `mainstay resume`.",
        discussion: """
            Nothing is applied, pruned or healed there; health is shown as before. A rollout under way stops where it \
            is, and goes on when it is resumed. Without an application, all of the environment; without an \
            environment, everywhere; without either, everything.
            """)

    @OptionGroup var scope: ScopeArguments

    @Option(name: .long, help: ArgumentHelp("Why, for the record and for `mainstay status`.", valueName: "text"))
    var reason: String

    @OptionGroup var control: ControlOptions

    func run() async throws { try await control.post("suspend", scope.fields + [("reason", reason)]) }
}

/// What to leave alone, or to take up again.
struct ScopeArguments: ParsableArguments {
    @Argument(help: "The application.")
    var application: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The environment.", valueName: "name"))
    var environment: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "One object of the application in the environment: KIND/NAME, or KIND/NAMESPACE/NAME.", valueName: "object")
    )
    var object: String?

    func validate() throws {
        guard object == nil || (application != nil && environment != nil) else {
            throw ValidationError("--object needs the application that it belongs to, and --environment")
        }
    }

    var fields: [(String, String?)] {
        [("application", application), ("environment", environment), ("object", object)]
    }
}
