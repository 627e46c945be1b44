// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct DestroyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy",
        abstract: "Delete all objects of an application, or of an environment, and do not make them again.",
        discussion: """
            Shows what would be deleted, and asks for the words that mean exactly this: on a terminal, or with \
            --confirm. Volumes, namespaces and definitions stay unless a mark on them lets them go. What git holds \
            is rolled out again after `mainstay resume`.
            """)

    @Argument(help: "The application; left out, all of the environment.")
    var application: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The environment.", valueName: "name"))
    var environment: String

    @Option(name: .long, help: ArgumentHelp("The words, as they were printed with the list.", valueName: "words"))
    var confirm: String?

    @Option(name: .long, help: ArgumentHelp("Why, for the record and for `mainstay status`.", valueName: "text"))
    var reason: String?

    @OptionGroup var control: ControlOptions

    func run() async throws {
        try await control.confirmed(
            "destroy", [("application", application), ("environment", environment), ("reason", reason)],
            phrase: confirm)
    }
}
