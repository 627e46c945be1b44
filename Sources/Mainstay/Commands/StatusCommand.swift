// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what runs where, since when, whether it is well, and what is stuck and why.",
        discussion: """
            Exit status: 0 when every application is healthy and not held back, and the source, the pipeline, the \
            cluster and the receivers of notifications are well; 1 when something is not, or no daemon answers.
            """)

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let status = try await server.get("/api/v1/status")
        let applications = try await server.get("/api/v1/applications")
        let items = applications["items"]?.array ?? []
        let text = StatusText(status: status, applications: items, now: SystemTime.now())
        server.print(["status": status, "applications": .array(items)]) { text.text(on: $0) }
        if !text.isWell { throw ExitCode(1) }
    }
}
