// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning

/// A plan for people at a terminal.
struct PlanText {
    let report: PlanReport

    func text(on terminal: Terminal) -> String {
        var lines = ["\(report.subject): \(report.summary)"]
        for target in report.targets {
            let section = self.lines(of: target, terminal)
            if !section.isEmpty { lines += [""] + section }
        }
        if report.order.waves.count > 1 { lines += [""] + orderLines }
        if !report.droppedEdges.isEmpty {
            lines += ["", "dependencies left out:"] + report.droppedEdges.map { "  \($0.withoutControls)" }
        }
        for problem in report.problems { lines += ["", "problem: \(problem.withoutControls)"] }
        for note in report.notes { lines += ["", "note: \(note.withoutControls)"] }
        return lines.map { $0 + "\n" }.joined()
    }

    private func lines(of target: TargetPlan, _ terminal: Terminal) -> [String] {
        var lines: [String] = []
        // A line for each thing that is wrong.
        for (index, line) in (target.problem?.description ?? "").split(whereSeparator: \.isNewline).enumerated() {
            lines.append(painted((index == 0 ? "  ! " : "    ") + line, .red, terminal))
        }
        if let held = target.held { lines.append(painted("  = held back: \(held.message)", .yellow, terminal)) }
        for entry in target.entries where entry.action != .unchanged {
            lines.append(painted("  \(entry.action.sign) \(entry.title)", entry.action.colour, terminal))
            lines += entry.differences.map { "      \($0.path): \($0.change)".withoutControls }
            if entry.omittedDifferences > 0 { lines.append("      … and \(entry.omittedDifferences) more fields") }
        }
        let notes = target.notes.map { "  note: \($0)".withoutControls }
        guard !lines.isEmpty || !notes.isEmpty else { return [] }
        let revision = target.revision.map { " at \($0.prefix(7))" } ?? ""
        let cluster = target.cluster.map { " in the cluster \($0)".withoutControls } ?? ""
        return ["\(target.target)\(cluster)\(revision)"] + lines + notes
    }

    private var orderLines: [String] {
        let actions = Dictionary(report.entries.map { ($0.id, $0.action) }) { first, _ in first }
        var lines = ["order:"]
        for (number, wave) in report.order.waves.enumerated() {
            for (index, step) in wave.enumerated() {
                let label = index == 0 ? "\(number + 1)" : ""
                lines.append("  \(label.padded(to: 3)) \(actions[step.object]?.sign ?? " ") \(step.object)")
                lines += step.after.map { "          after \($0.text)".withoutControls }
                if step.omitted > 0 { lines.append("          and after \(step.omitted) more") }
            }
        }
        return lines
    }

    private func painted(_ text: String, _ colour: Cell.Colour?, _ terminal: Terminal) -> String {
        Cell(text, colour).text(on: terminal)
    }
}

extension PlanAction {
    /// One character, as in a difference.
    var sign: String {
        switch self {
        case .create: "+"
        case .configure: "~"
        case .replace: "±"
        case .prune: "-"
        case .orphan: "o"
        case .deferred: ">"
        case .refused: "!"
        case .leftAlone: "="
        case .unchanged: " "
        }
    }

    var verb: String {
        switch self {
        case .configure: "change"
        case .leftAlone: "left alone"
        case .orphan: "let go of"
        default: rawValue
        }
    }

    var colour: Cell.Colour? {
        switch self {
        case .create: .green
        case .configure, .replace, .orphan, .deferred: .yellow
        case .prune, .refused: .red
        case .leftAlone, .unchanged: nil
        }
    }
}

extension PlanEntry {
    /// `Deployment staging/api: replace: .spec.selector cannot be changed in place`.
    var title: String {
        let what = action == .refused ? "refused (\(code ?? "Refused"))" : action.verb
        let place = action == .refused ? origin.map { " (\($0))" } ?? "" : ""
        return "\(id)\(place): \(what)" + (reason.isEmpty ? "" : ": \(reason)")
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
