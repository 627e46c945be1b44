// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// The status as people read it.
struct StatusText {
    private static let parts = ["source", "pipeline", "cluster"]

    let status: Value
    let applications: [Value]
    let now: Timestamp

    /// True where nothing needs a person: all was read, and every application is healthy.
    var isWell: Bool {
        status["ready"]?.bool == true && problems.isEmpty
            && applications.allSatisfy { application in
                let phase = application["phase"]?.string
                return application["health"]?.string == "healthy" && application["quarantine"]?.object == nil
                    && application["hold"]?.object == nil && (application["suspensions"]?.array ?? []).isEmpty
                    && phase != "failed" && phase != "blocked"
            }
    }

    func text(on terminal: Terminal) -> String { header + problems.joined() + "\n" + table(terminal) }

    private var header: String {
        let source = status["source"]
        let url = Display.text(source?["url"]).text
        let branch = Display.text(source?["branch"]).text
        let head = source?["head"]?.string == nil ? "not read yet" : "at \(Display.revision(source?["head"]).text)"
        let polled = Display.age(source?["lastPollAt"], now: now)
        let version = status["cluster"]?["version"]?.string.map { $0.withoutControls } ?? "not reached yet"
        return "source   \(url), branch \(branch), \(head)\(polled.isEmpty ? "" : ", polled \(polled)")\n"
            + "cluster  \(version)\n"
    }

    private var problems: [String] {
        Self.parts.compactMap { part in
            status[part]?["error"]?.string.map { "problem  \(part): \($0.withoutControls)\n" }
        } + notificationProblems.map { "problem  notifications: \($0.withoutControls)\n" }
    }

    private var notificationProblems: [String] {
        let receivers = (status["notifications"]?["receivers"]?.array ?? []).compactMap { receiver -> String? in
            guard let error = receiver["error"]?.string else { return nil }
            let waiting = receiver["pending"]?.integer.map { ", \($0) waiting" } ?? ""
            let since = receiver["failingSince"]?.string.map { " since \($0)" } ?? ""
            return "\(receiver["name"]?.string ?? "") fails\(since)\(waiting): \(error)"
        }
        return (status["notifications"]?["problems"]?.array ?? []).compactMap(\.string) + receivers
    }

    /// What others changed and stays, or comes back.
    private func drift(of application: Value) -> [String] {
        (application["drift"]?.array ?? []).compactMap { $0["message"]?.string }.map { "drift: \($0)" }
    }

    private func table(_ terminal: Terminal) -> String {
        guard !applications.isEmpty else {
            return status["pipeline"]?["revision"]?.string == nil
                ? "No applications: no pipeline is in force yet.\n" : "No applications: the pipeline names none.\n"
        }
        var table = TextTable(["ENVIRONMENT", "APPLICATION", "HEALTH", "PHASE", "REVISION", "TARGET", "LAST ROLLOUT"])
        for item in applications {
            let message = item["message"]?.string ?? ""
            let note = message.isEmpty ? Display.cause(item["cause"]) : message
            table.add(
                [
                    Display.text(item["environment"]), Display.text(item["name"]), Display.health(item["health"]),
                    Display.phase(item["phase"]), Display.revision(item["revision"]),
                    Display.revision(item["targetRevision"]), Cell(Display.age(item["lastRolloutAt"], now: now)),
                ],
                note: ([note].filter { !$0.isEmpty } + Self.setAside(item) + drift(of: item)).joined(separator: "; "))
        }
        return table.text(on: terminal)
    }

    /// Objects that people set aside; what is set aside whole says so in its message.
    private static func setAside(_ item: Value) -> [String] {
        (item["suspensions"]?.array ?? []).compactMap { suspension in
            guard let object = suspension["object"]?.string else { return nil }
            let texts = ["by", "since", "reason"].map { suspension[$0]?.string ?? "" }
            return "\(object) suspended by \(texts[0]) since \(texts[1]): \(texts[2])"
        }
    }
}
