// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Manifests

struct FreezeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: "Let no rollout begin in an environment, or of an application, until it is over.",
        discussion: """
            What is under way may finish, what fails is taken back, and drift is undone as before; to stop those too, \
            see `mainstay suspend`. Without an application, all of the environment; without an environment, everywhere.
            """)

    @Argument(help: "The application.")
    var application: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The environment.", valueName: "name"))
    var environment: String?

    @Option(name: .long, help: ArgumentHelp("Why, for the record and for `mainstay status`.", valueName: "text"))
    var reason: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "When it ends by itself: a moment such as 2027-01-02T08:00:00Z, or a duration such as 48h.",
            valueName: "moment"))
    var until: String?

    @Flag(name: .long, help: "End a freeze.")
    var end = false

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if end, reason != nil || until != nil { throw ValidationError("--end takes no --reason and no --until") }
        if !end, reason == nil { throw ValidationError("say why, with --reason") }
    }

    func run() async throws {
        let scope = [("application", application), ("environment", environment)]
        if end { return try await control.post("unfreeze", scope) }
        try await control.post("freeze", scope + [("reason", reason), ("until", moment)])
    }

    /// A duration counts from now.
    private var moment: String? {
        guard let until, let duration = DurationText.parse(until) else { return until }
        return (Timestamp(secondsSinceEpoch: Int64(Date.now.timeIntervalSince1970)) + duration).description
    }
}
