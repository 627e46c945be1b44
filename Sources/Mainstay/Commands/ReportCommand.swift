// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests
internal import Planning

struct ReportCommand: AsyncParsableCommand {
    enum Division: String, ExpressibleByArgument, CaseIterable {
        case week, total
    }

    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Show how often, how fast and how well was delivered.",
        discussion: """
            Of each application in each environment: deployments; of how many changes how many failed; the time from \
            commit to healthy, what the rollout took of it, and from a failure to healthy again (median, and what 90 of 100 do \
            not exceed); rollbacks. \
            Weeks are in UTC, from Monday. docs/delivery.md says exactly what counts.
            """)

    /// Of 500 lines each.
    private static let mostPages = 100

    @Argument(help: "Only this application.")
    var application: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Only this environment.", valueName: "name"))
    var environment: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "From when on: 90d, a date such as 2026-11-01, or a moment; from the Monday before.", valueName: "time"))
    var since: String?

    @Option(name: .long, help: ArgumentHelp("A line for each week, or one for all.", valueName: "division"))
    var by = Division.total

    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard since.map({ ReportPeriod($0)?.isPast(now: SystemTime.now()) ?? false }) ?? true else {
            throw ValidationError("--since must be \(ReportPeriod.expectation)")
        }
    }

    func run() async throws {
        let answer = try await Self.whole { try await page(after: $0) }
        if (answer["items"]?.array ?? []).isEmpty, application != nil || environment != nil {
            let what = [application.map { "application \($0)" }, environment.map { "environment \($0)" }]
            let since = answer["since"]?.string?.prefix(10) ?? ""
            throw CommandFailure.failed(
                "nothing happened in \(what.compactMap { $0 }.joined(separator: " in ")) since \(since); "
                    + "`mainstay get applications` lists them")
        }
        let status = try await server.get("/api/v1/status")
        let order = (status["pipeline"]?["environments"]?.array ?? []).compactMap(\.string)
        server.print(.object(answer)) { ReportText(.object(answer), by: by, order: order).text(on: $0) }
    }

    /// All pages as one.
    ///
    /// - Parameter page: what follows on the page whose `next` is given.
    static func whole(_ page: (String?) async throws -> Value) async throws -> Object {
        var answer = try await page(nil).object ?? Object()
        for _ in 1..<mostPages {
            guard let next = answer["next"]?.string else { break }
            let more = try await page(next)
            answer["items"] = .array((answer["items"]?.array ?? []) + (more["items"]?.array ?? []))
            answer["next"] = more["next"] ?? .null
        }
        return answer
    }

    private func page(after last: String?) async throws -> Value {
        var query = URLQuery()
        query.add("application", application)
        query.add("environment", environment)
        query.add("since", since)
        query.add("by", by.rawValue)
        query.add("before", last)
        return try await server.get("/api/v1/report\(query.text)")
    }
}

/// A report as people read it: under a line, what is not in its numbers.
struct ReportText {
    private var head: String
    private var table: TextTable

    /// - Parameter order: the pipeline's environments; those that it does not have any more come last.
    init(_ answer: Value, by division: ReportCommand.Division, order: [String] = []) {
        let since = answer["since"]?.string.flatMap { Timestamp($0) }
        head = since.map { "since Monday \(ReportWeek(of: $0)), in UTC\n\n" } ?? ""
        let isByWeek = division == .week
        table = TextTable(
            ["ENVIRONMENT", "APPLICATION"] + (isByWeek ? ["WEEK", "DEPLOYED"] : ["DEPLOYED", "A WEEK"])
                + ["FAILED", "LEAD TIME", "90%", "TOOK", "90%", "RESTORED", "IN", "90%", "ROLLBACKS"])
        let items = answer["items"]?.array ?? []
        let known = order.flatMap { name in items.filter { $0["environment"]?.string == name } }
        let others = items.filter { !order.contains($0["environment"]?.string ?? "") }
        for item in known + others {
            let begin = item["since"]?.string.flatMap { Timestamp($0) }
            var notes: [String] = []
            if let since, let begin, begin > since {
                notes.append("its history begins at \(begin.secondsDescription): what began before is not kept")
            }
            let place = [Display.text(item["environment"]), Display.text(item["application"])]
            guard isByWeek else {
                let total = item["total"] ?? .null
                let frequency = Self.frequency(
                    total, from: begin, until: answer["until"]?.string.flatMap { Timestamp($0) })
                table.add(
                    place + [Self.number(total["deployments"]), Cell(frequency)] + Self.cells(total),
                    notes: Self.notes(total) + notes)
                continue
            }
            for week in (item["weeks"]?.array ?? []).reversed() {
                table.add(
                    place + [Display.text(week["week"]), Self.number(week["deployments"])] + Self.cells(week),
                    notes: Self.notes(week))
            }
            table.note(notes)
        }
    }

    func text(on terminal: Terminal) -> String {
        head + (table.isEmpty ? "Nothing happened.\n" : table.text(on: terminal))
    }

    private static func cells(_ figures: Value) -> [Cell] {
        func number(_ name: String) -> Int64 { figures[name]?.integer ?? 0 }
        func part(_ name: String, of whole: String) -> String {
            number(whole) == 0 ? "" : "\(number(name)) of \(number(whole))"
        }
        let byPeople = number("rollbacksByPeople")
        return [
            Cell(part("failures", of: "changes"), number("failures") > 0 ? .yellow : nil),
            duration(figures["leadTime"]?["median"]), duration(figures["leadTime"]?["p90"]),
            duration(figures["duration"]?["median"]), duration(figures["duration"]?["p90"]),
            Cell(part("restored", of: "incidents"), number("openIncidents") > 0 ? .red : nil),
            duration(figures["timeToRestore"]?["median"]), duration(figures["timeToRestore"]?["p90"]),
            Cell("\(number("rollbacks"))" + (byPeople > 0 ? ", \(byPeople) by people" : "")),
        ]
    }

    private static func notes(_ figures: Value) -> [String] {
        let leadTimes = figures["leadTime"]?["leftOut"]?.integer ?? 0
        let durations = figures["duration"]?["leftOut"]?.integer ?? 0
        let restoreTimes = figures["timeToRestore"]?["leftOut"]?.integer ?? 0
        return [
            leadTimes > 0
                ? "\(leadTimes) lead times are left out: the commit is not known, or is of after its rollout" : "",
            durations > 0 ? "\(durations) durations are left out: the clock was set back" : "",
            restoreTimes > 0 ? "\(restoreTimes) times to restore are left out: the clock was set back" : "",
        ].filter { !$0.isEmpty }
    }

    /// Over the time that is looked at, whole weeks or not.
    private static func frequency(_ figures: Value, from begin: Timestamp?, until: Timestamp?) -> String {
        guard let begin, let until, until > begin, let deployments = figures["deployments"]?.integer else { return "" }
        let tenths =
            Double(deployments) * 10 * Double(ReportWeek.length.milliseconds)
            / Double((until - begin).milliseconds)
        let rounded = Int64(tenths.rounded())
        return "\(rounded / 10).\(rounded % 10)"
    }

    private static func number(_ value: Value?) -> Cell { Cell(value?.integer.map(String.init) ?? "") }

    private static func duration(_ value: Value?) -> Cell {
        Cell(value?.integer.map { Display.duration(.seconds($0)) } ?? "")
    }
}
