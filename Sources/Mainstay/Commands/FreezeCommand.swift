// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests

struct FreezeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: "Let no rollout begin in an environment, or of an application, until it is over.",
        discussion: """
            What is under way may finish, what fails is taken back, and drift is undone as before; to stop those too, \
            see `mainstay suspend`. Without an application, all of the environment; without an environment, everywhere.
            """)

    private static let expectation =
        "a moment such as 2027-01-02T08:00:00Z, a date such as 2027-01-02 (when it begins, in UTC), or a duration such as "
        + "48h"

    @Argument(help: "The application.")
    var application: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The environment.", valueName: "name"))
    var environment: String?

    @Option(name: .long, help: ArgumentHelp("Why, for the record and for `mainstay status`.", valueName: "text"))
    var reason: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "When it ends by itself: \(Self.expectation).", valueName: "moment"))
    var until: String?

    @Flag(name: .long, help: "End a freeze.")
    var end = false

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if end, reason != nil || until != nil { throw ValidationError("--end takes no --reason and no --until") }
        if !end, reason == nil { throw ValidationError("say why, with --reason") }
        if let until, Self.moment(until, now: SystemTime.now()) == nil {
            throw ValidationError("--until must be \(Self.expectation), not \"\(until)\"")
        }
    }

    func run() async throws {
        let scope = [("application", application), ("environment", environment)]
        if end { return try await control.post("unfreeze", scope) }
        try await control.post("freeze", scope + [("reason", reason), ("until", moment)])
    }

    private var moment: String? { until.flatMap { Self.moment($0, now: SystemTime.now()) }?.secondsDescription }

    /// A duration counts from now.
    static func moment(_ text: String, now: Timestamp) -> Timestamp? {
        DurationText.parse(text).map { now + $0 } ?? Timestamp(text) ?? Timestamp(text + "T00:00:00Z")
    }
}
