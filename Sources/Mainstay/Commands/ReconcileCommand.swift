// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Have the daemon read the repository now, or with --force roll out again what runs.",
        discussion: """
            Waits until the repository was read. Exit status: 0 once it was; 1 where it could not be, its pipeline cannot \
            be used (with its mistakes, a line each), or no daemon answers. One application that is broken is told by \
            `mainstay status`.

            With --force, an application that runs what git asks for is rolled out again though nothing changed: \
            everything is applied and judged, and its checks are asked. What ran to its end once is not run again. It is no \
            deployment to reports, and no gate is asked. What waits, is held back or is set aside is refused, with the \
            command that fits.
            """)

    @Argument(help: "With --force: the application.")
    var application: String?

    @Option(name: [.short, .long], help: ArgumentHelp("With --force: the environment.", valueName: "name"))
    var environment: String?

    @Flag(name: .long, help: "Roll out again what runs; with --reason.")
    var force = false

    @Option(name: .long, help: ArgumentHelp("With --force: why, for everybody to read.", valueName: "text"))
    var reason: String?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        let isComplete = application != nil && environment != nil && !(reason ?? "").isEmpty
        if force, !isComplete { throw ValidationError("--force needs the application, --environment and --reason") }
        if !force, application != nil || environment != nil || reason != nil {
            throw ValidationError("the repository is read for all applications; one is rolled out again with --force")
        }
    }

    func run() async throws {
        guard force else { return try await control.post("reconcile") }
        try await control.post(
            "reconcile-forced", [("application", application), ("environment", environment), ("reason", reason)])
    }
}
