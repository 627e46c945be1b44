// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show past rollouts, newest first: what was tried, how it ended, and why.")

    @Argument(help: "Only this application.")
    var application: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Only this environment.", valueName: "name"))
    var environment: String?

    @Flag(help: "Show what hooks' runs, and what failed, wrote last.")
    var logs = false

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        var query = URLQuery()
        query.add("application", application)
        query.add("environment", environment)
        query.add("limit", String(limit.limit))
        let answer = try await server.get("/api/v1/rollouts\(query.text)")
        if (answer["items"]?.array ?? []).isEmpty, application != nil || environment != nil {
            let what = [application.map { "application \($0)" }, environment.map { "environment \($0)" }]
            throw CommandFailure.failed(
                "no rollout of \(what.compactMap { $0 }.joined(separator: " in ")); `mainstay get applications` lists them"
            )
        }
        server.print(answer) { RolloutTable(answer, now: SystemTime.now(), withLogs: logs).text(on: $0) }
    }
}

/// Rollouts as people read them: under each why it failed, and what its verdict says besides.
struct RolloutTable {
    private var table: TextTable

    init(_ answer: Value, now: Timestamp, withLogs: Bool = false) {
        let items = answer["items"]?.array ?? []
        let hasSeveral = items.contains { $0["cluster"]?.string != nil }
        table = TextTable(
            ["STARTED"] + (hasSeveral ? ["CLUSTER"] : [])
                + ["ENVIRONMENT", "APPLICATION", "PHASE", "REVISION", "FROM", "TRIGGER", "TOOK"])
        for item in items {
            // What an earlier version removed does not say where it was.
            let isUnknown = item["digest"]?.string?.isEmpty == true
            table.add(
                [Cell(Display.age(item["startedAt"], now: now))]
                    + (hasSeveral ? [isUnknown ? Cell("") : Display.cluster(item["cluster"])] : []) + [
                        Display.text(item["environment"]),
                        Display.text(item["application"]), Display.phase(item["phase"]),
                        Display.revision(item["revision"]), Display.revision(item["fromRevision"]),
                        Display.text(item["trigger"]), Cell(Self.duration(item)),
                    ],
                notes: [Display.cause(item["verdict"]?["cause"])] + (withLogs ? Self.logs(item) : [])
                    + Display.notes(item["verdict"]?["notes"]))
        }
    }

    func text(on terminal: Terminal) -> String { table.isEmpty ? "No rollouts yet.\n" : table.text(on: terminal) }

    /// A line each, marked where it was written by a container. What failed may be a hook, and is not quoted twice.
    private static func logs(_ item: Value) -> [String] {
        func lines(_ value: Value?) -> [String] {
            (value?["logLines"]?.array ?? []).compactMap(\.string).map { "| \($0)" }
        }
        let hooks = item["hooks"]?.array ?? []
        let cause = item["verdict"]?["cause"]
        let isTold = hooks.contains { $0["object"] == cause?["object"] && $0["logLines"] == cause?["logLines"] }
        return (isTold ? [] : lines(cause))
            + hooks.flatMap { ["\($0["object"]?.string ?? "") \($0["outcome"]?.string ?? "")"] + lines($0) }
    }

    private static func duration(_ item: Value) -> String {
        guard let start = item["startedAt"]?.string.flatMap({ Timestamp($0) }),
            let end = item["endedAt"]?.string.flatMap({ Timestamp($0) })
        else { return "" }
        return Display.duration(end - start)
    }
}

/// A query's text, escaped.
struct URLQuery {
    private var parts: [String] = []

    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        parts.append("\(name)=\(Self.escaped(value))")
    }

    var text: String { parts.isEmpty ? "" : "?" + parts.joined(separator: "&") }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(Unicode.Scalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
