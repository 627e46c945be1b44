// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let go of what is held back: a quarantined revision, or an application that was rolled back.",
        discussion: """
            Without a digest or revision, of whatever keeps the revision that git asks for from running; it is rolled \
            out at once. A quarantine of another revision is lifted by naming it.
            """)

    @OptionGroup var target: TargetArguments

    @Argument(help: ArgumentHelp("The beginning of the digest or revision.", valueName: "digest|revision"))
    var revision: String?

    @OptionGroup var control: ControlOptions

    func run() async throws {
        try await control.post(
            "release",
            [
                ("application", target.application), ("environment", target.environment), ("revision", revision),
            ])
    }
}
