// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning

/// A plan as a comment on a pull request: a line that sums it up, a table of counts, and what changes, folded.
///
/// Bounded: GitHub takes 65,536 characters in a comment, others no fewer.
struct PlanMarkdown {
    static let limit = 60_000

    let report: PlanReport

    var text: String {
        var text = "### Mainstay: \(Self.escaped(report.summary))\n\n\(Self.escaped(report.subject))\n\n" + counts
        for note in report.notes { text += "\n> \(Self.escaped(note))\n" }
        for problem in report.problems { text += "\n> **Problem:** \(Self.escaped(problem))\n" }
        var omitted = 0
        for section in sections {
            // Room for the note, and for the end of it.
            if text.utf8.count + section.utf8.count > Self.limit - 500 { omitted += 1 } else { text += section }
        }
        if omitted > 0 {
            text +=
                "\n_\(omitted) more part\(omitted == 1 ? " is" : "s are") left out, for want of room: "
                + "`mainstay plan` shows all of it._\n"
        }
        return text
    }

    // MARK: Counts

    private static let columns: [PlanAction] = [
        .create, .configure, .replace, .prune, .orphan, .deferred, .refused, .leftAlone, .unchanged,
    ]

    private var counts: String {
        let shown = Self.columns.filter { report.count($0) > 0 || $0 == .unchanged }
        var rows = ["| application | " + shown.map(\.verb).joined(separator: " | ") + " |"]
        rows.append("| --- |" + shown.map { _ in " ---: |" }.joined())
        for target in report.targets.prefix(200) {
            let cells = shown.map { action -> String in
                let count = target.entries.count { $0.action == action }
                return count == 0 ? "" : String(count)
            }
            let cluster = target.cluster.map { " in \($0)" } ?? ""
            let name = "\(Self.escaped("\(target.target)\(cluster)"))\(target.problem == nil ? "" : " ❌")"
            rows.append("| \(name) | " + cells.joined(separator: " | ") + " |")
        }
        if report.targets.count > 200 { rows.append("| and \(report.targets.count - 200) more |") }
        return rows.joined(separator: "\n") + "\n"
    }

    // MARK: Details

    private var sections: [String] {
        var sections: [String] = []
        for target in report.targets {
            if let problem = target.problem {
                sections.append("\n❌ **\(Self.escaped("\(target.target)"))** \(Self.lines(of: "\(problem)"))\n")
            }
            if let held = target.held {
                sections.append(
                    "\n⏸ **\(Self.escaped("\(target.target)"))** held back: \(Self.escaped(held.message))\n")
            }
            // What a person must see first.
            let entries = target.entries.filter { $0.action != .unchanged }
            for entry in entries.filter({ $0.action == .refused }) + entries.filter({ $0.action != .refused }) {
                sections.append(section(of: entry, target.target))
            }
            for note in target.notes { sections.append("\n- \(Self.escaped("\(target.target): \(note)"))\n") }
        }
        if report.order.waves.count > 1 { sections.append(order) }
        return sections
    }

    private func section(of entry: PlanEntry, _ target: TargetID) -> String {
        var lines = entry.differences.map { difference -> String in
            switch (difference.old, difference.new) {
            case (let old?, let new?): "! \(difference.path)\n- \(old)\n+ \(new)"
            case (nil, let new?): "+ \(difference.path): \(new)"
            case (let old?, nil): "- \(difference.path): \(old)"
            case (nil, nil): "! \(difference.path)"
            }
        }
        if entry.omittedDifferences > 0 { lines.append("# and \(entry.omittedDifferences) more fields") }
        let summary =
            "\(entry.action.sign) <code>\(Self.html("\(entry.id)"))</code> \(Self.html(entry.action.verb))"
            + (entry.action == .refused ? " (\(Self.html(entry.code ?? "Refused")))" : "")
        let reason = entry.reason.isEmpty ? "" : "\n\(Self.escaped(entry.reason))\n"
        guard !lines.isEmpty else {
            return "\n- \(summary)\(entry.reason.isEmpty ? "" : ": \(Self.escaped(entry.reason))")\n"
        }
        let shown = lines.map { $0.split(separator: "\n").map { String($0).withoutControls }.joined(separator: "\n") }
        return "\n<details><summary>\(summary)</summary>\n\(reason)\n```diff\n"
            + Self.fenced(shown.joined(separator: "\n")) + "\n```\n\n</details>\n"
    }

    private var order: String {
        var lines: [String] = []
        for (number, wave) in report.order.waves.enumerated() {
            lines.append(
                "\(number + 1). " + wave.prefix(50).map { Self.escaped("\($0.object)") }.joined(separator: ", "))
            for step in wave.prefix(50) {
                for reason in step.after.prefix(3) {
                    lines.append("   - \(Self.escaped("\(step.object) after \(reason.text)"))")
                }
            }
        }
        return "\n<details><summary>Order</summary>\n\n" + lines.joined(separator: "\n") + "\n\n</details>\n"
    }

    // MARK: Escaping

    /// A text that means nothing to Markdown or HTML, on one line.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in html(text) {
            if "\\`*_{}[]()#+!|~".contains(character) { result.append("\\") }
            result.append(character)
        }
        // A name with an at sign would call somebody.
        return result.replacing("@", with: "@\u{200B}")
    }

    /// A text of several lines, each on its own.
    private static func lines(of text: String) -> String {
        text.split(whereSeparator: \.isNewline).map { escaped(String($0)) }.joined(separator: "<br>")
    }

    private static func html(_ text: String) -> String {
        text.withoutControls.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    /// What would end the fence, does not.
    private static func fenced(_ text: String) -> String { text.replacing("```", with: "`\u{200B}``") }
}
