// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests

struct GetCommand: AsyncParsableCommand {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case applications, rollouts, revisions
    }

    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "List applications, rollouts or revisions.")

    @Argument(help: "applications, rollouts or revisions.")
    var kind: Kind

    @Argument(help: "Only this application (applications and rollouts).")
    var application: String?

    @Option(name: [.short, .long], help: "Only this environment (applications and rollouts).")
    var environment: String?

    @Option(name: [.short, .long], help: "How many.")
    var limit = 50

    @OptionGroup var server: ServerOptions

    func run() async throws {
        var query = URLQuery()
        query.add("limit", String(limit))
        if kind == .revisions {
            guard application == nil, environment == nil else {
                throw ValidationError("revisions belong to no application; leave the name and --environment out")
            }
        } else {
            query.add("application", application)
            query.add("environment", environment)
        }
        let answer = try await server.get("/api/v1/\(kind.rawValue)\(query.text)")
        let now = SystemTime.now()
        server.print(answer) {
            switch kind {
            case .applications: Self.applications(answer, now: now)
            case .rollouts: RolloutTable(answer, now: now).text
            case .revisions: Self.revisions(answer, now: now)
            }
        }
    }

    private static func applications(_ answer: Value, now: Timestamp) -> String {
        var table = TextTable(
            ["ENVIRONMENT", "NAME", "PHASE", "HEALTH", "REVISION", "TARGET", "QUARANTINE", "LAST ROLLOUT"])
        for item in answer["items"]?.array ?? [] {
            table.add([
                item["environment"]?.string ?? "", item["name"]?.string ?? "", item["phase"]?.string ?? "",
                item["health"]?.string ?? "", Display.revision(item["revision"]),
                Display.revision(item["targetRevision"]), Display.revision(item["quarantine"]?["revision"]),
                Display.age(item["lastRolloutAt"], now: now),
            ])
        }
        return table.isEmpty ? "No applications.\n" : table.text
    }

    private static func revisions(_ answer: Value, now: Timestamp) -> String {
        var table = TextTable(["SEEN", "BRANCH", "COMMIT", "AUTHOR", "SUBJECT"])
        for item in answer["items"]?.array ?? [] {
            table.add([
                Display.age(item["seenAt"], now: now), item["branch"]?.string ?? "", Display.revision(item["commit"]),
                item["author"]?.string ?? "", item["subject"]?.string ?? "",
            ])
        }
        return table.isEmpty ? "No revisions yet.\n" : table.text
    }
}
