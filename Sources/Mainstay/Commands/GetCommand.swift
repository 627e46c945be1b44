// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests

struct GetCommand: AsyncParsableCommand {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case applications, rollouts, revisions, notifications
    }

    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "List applications, rollouts, revisions or notifications.")

    @Argument(help: "What to list.")
    var kind: Kind

    @Argument(help: ArgumentHelp("Only this application.", valueName: "application"))
    var application: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Only this environment.", valueName: "name"))
    var environment: String?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func validate() throws {
        let isOfNone = kind == .revisions || kind == .notifications
        guard !isOfNone || (application == nil && environment == nil) else {
            throw ValidationError(
                "\(kind.rawValue) are not listed by application; leave the name and --environment out")
        }
    }

    func run() async throws {
        var query = URLQuery()
        query.add("application", application)
        query.add("environment", environment)
        query.add("limit", String(limit.limit))
        let answer = try await server.get("/api/v1/\(kind.rawValue)\(query.text)")
        if kind == .applications, let application, answer["items"]?.array?.isEmpty != false {
            let place = environment.map { " in environment \"\($0)\"" } ?? ""
            throw CommandFailure.failed(
                "no application \"\(application)\"\(place); `mainstay get applications` lists them")
        }
        let now = SystemTime.now()
        server.print(answer) { terminal in
            switch kind {
            case .applications: Self.applications(answer, now: now, on: terminal)
            case .rollouts: RolloutTable(answer, now: now).text(on: terminal)
            case .revisions: Self.revisions(answer, now: now, on: terminal)
            case .notifications: Self.notifications(answer, now: now, on: terminal)
            }
        }
    }

    private static func applications(_ answer: Value, now: Timestamp, on terminal: Terminal) -> String {
        let items = answer["items"]?.array ?? []
        // The default cluster has no name that anybody gave it.
        let hasSeveral = items.contains { $0["cluster"]?.string != nil }
        var table = TextTable(
            (hasSeveral ? ["CLUSTER"] : []) + [
                "ENVIRONMENT", "NAME", "HEALTH", "PHASE", "REVISION", "TARGET", "QUARANTINED", "OBJECTS",
                "LAST ROLLOUT",
            ])
        for item in items {
            table.add(
                (hasSeveral ? [Display.cluster(item["cluster"])] : []) + [
                    Display.text(item["environment"]), Display.text(item["name"]), Display.health(item["health"]),
                    Display.phase(item["phase"]), Display.revision(item["revision"]),
                    Display.revision(item["targetRevision"]), Display.revision(item["quarantine"]?["revision"]),
                    Cell(item["objects"]?.integer.map(String.init) ?? ""),
                    Cell(Display.age(item["lastRolloutAt"], now: now)),
                ])
        }
        return table.isEmpty ? "No applications.\n" : table.text(on: terminal)
    }

    private static func notifications(_ answer: Value, now: Timestamp, on terminal: Terminal) -> String {
        var table = TextTable(["WHEN", "EVENT", "ENVIRONMENT", "APPLICATION", "REVISION", "RECEIVERS"])
        for item in answer["items"]?.array ?? [] {
            let deliveries = (item["deliveries"]?.array ?? []).map {
                "\($0["receiver"]?.string ?? "") \($0["outcome"]?.string ?? "")"
            }
            table.add([
                Cell(Display.age(item["time"], now: now)), Display.text(item["event"]),
                Display.text(item["environment"]), Display.text(item["application"]),
                Display.revision(item["revision"]), Cell(deliveries.joined(separator: ", ").withoutControls),
            ])
        }
        return table.isEmpty ? "No notifications.\n" : table.text(on: terminal)
    }

    private static func revisions(_ answer: Value, now: Timestamp, on terminal: Terminal) -> String {
        var table = TextTable(["SEEN", "BRANCH", "COMMIT", "AUTHOR", "SUBJECT"])
        for item in answer["items"]?.array ?? [] {
            table.add([
                Cell(Display.age(item["seenAt"], now: now)), Display.text(item["branch"]),
                Display.revision(item["commit"]), Display.text(item["author"]), Display.text(item["subject"]),
            ])
        }
        return table.isEmpty ? "No revisions yet.\n" : table.text(on: terminal)
    }
}
