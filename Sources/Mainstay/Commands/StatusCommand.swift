// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what runs where, since when, whether it is well, and what is stuck and why.",
        discussion: """
            Exit status: 0 when every application that is listed is healthy and not held back, and the source, the \
            pipeline, the cluster and the receivers of notifications are well; 1 when something is not, or no daemon \
            answers.
            """)

    @Argument(help: "Only this application.")
    var application: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Only this environment.", valueName: "name"))
    var environment: String?

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let status = try await server.get("/api/v1/status")
        var query = URLQuery()
        query.add("application", application)
        query.add("environment", environment)
        let applications = try await server.get("/api/v1/applications\(query.text)")
        let items = applications["items"]?.array ?? []
        if items.isEmpty, application != nil || environment != nil {
            let what = [application.map { "application \"\($0)\"" }, environment.map { "environment \"\($0)\"" }]
            throw CommandFailure.failed(
                "there is no \(what.compactMap { $0 }.joined(separator: " in ")); `mainstay status` lists what there is"
            )
        }
        let text = StatusText(status: status, applications: items, now: SystemTime.now())
        server.print(["status": status, "applications": .array(items)]) { text.text(on: $0) }
        if !text.isWell { throw ExitCode(1) }
    }
}
