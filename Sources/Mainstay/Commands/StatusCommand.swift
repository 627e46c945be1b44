// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what runs where, since when, whether it is well, and what is stuck and why.",
        discussion: "Exit status: 0 when every application is healthy, 1 when one is not or no daemon answers.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let status = try await server.get("/api/v1/status")
        let applications = try await server.get("/api/v1/applications")
        let items = applications["items"]?.array ?? []
        let answer: Value = ["status": status, "applications": .array(items)]
        server.print(answer) { StatusText(status: status, applications: items, now: SystemTime.now()).text }
        if items.contains(where: { $0["health"]?.string != "healthy" }) { throw ExitCode(1) }
    }
}

/// The status as people read it.
struct StatusText {
    let status: Value
    let applications: [Value]
    let now: Timestamp

    var text: String { header + problems + table }

    private var header: String {
        let source = status["source"]
        let cluster = status["cluster"]?["version"]?.string ?? "not reached yet"
        let url = source?["url"]?.string ?? ""
        let head = Display.revision(source?["head"])
        let polled = Display.age(source?["lastPollAt"], now: now)
        return "source   \(url) (\(source?["branch"]?.string ?? "")) at \(head.isEmpty ? "-" : head)"
            + "\(polled.isEmpty ? "" : ", polled \(polled)")\ncluster  \(cluster)\n"
    }

    private var problems: String {
        ["source", "pipeline", "cluster"].compactMap { part in
            status[part]?["error"]?.string.map { "problem  \(part): \($0)\n" }
        }.joined() + "\n"
    }

    private var table: String {
        guard !applications.isEmpty else { return "No applications: the pipeline was not read yet, or has none.\n" }
        var table = TextTable([
            "ENVIRONMENT", "APPLICATION", "PHASE", "HEALTH", "REVISION", "TARGET", "SINCE", "MESSAGE",
        ])
        for item in applications {
            let message = item["message"]?.string ?? ""
            table.add([
                item["environment"]?.string ?? "", item["name"]?.string ?? "", item["phase"]?.string ?? "",
                item["health"]?.string ?? "", Display.revision(item["revision"]),
                Display.revision(item["targetRevision"]), Display.age(item["lastRolloutAt"], now: now),
                message.isEmpty ? Display.cause(item["cause"]) : message,
            ])
        }
        return table.text
    }
}
