// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning

/// How times, revisions, health and causes are written for people.
enum Display {
    static func revision(_ value: Value?) -> Cell { Cell(String((value?.string ?? "").prefix(7))) }

    static func text(_ value: Value?) -> Cell { Cell(value?.string ?? "") }

    static func cluster(_ value: Value?) -> Cell { Cell(value?.string ?? "(default)") }

    static func cause(_ value: Value?) -> String {
        guard let cause = value?.object else { return "" }
        return [cause["object"]?.string, cause["reason"]?.string, cause["message"]?.string]
            .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
    }

    /// What a verdict says besides, as far as a table has room for it; what asks for a person's word first.
    static func notes(_ value: Value?, limit: Int = 5) -> [String] {
        let all = (value?.array ?? []).compactMap(\.string)
        let asking = all.filter { $0.contains("mainstay approve ") }
        let notes = asking + all.filter { !asking.contains($0) }
        guard notes.count > limit else { return notes }
        return notes.prefix(limit - 1) + ["and \(notes.count - limit + 1) more notes: mainstay history -o json"]
    }

    static func health(_ value: Value?) -> Cell {
        let word = value?.string ?? ""
        return Cell(word, HealthStatus(rawValue: word).map(colour))
    }

    static func colour(_ health: HealthStatus) -> Cell.Colour {
        switch health {
        case .healthy: .green
        case .degraded, .missing: .red
        case .progressing, .suspended, .unknown: .yellow
        }
    }

    static func phase(_ value: Value?) -> Cell {
        let word = value?.string ?? ""
        return Cell(word, RolloutPhase(rawValue: word) == .failed ? .red : nil)
    }

    /// `42s ago`, `5m ago`, `3h ago`, `2d ago`.
    static func age(_ value: Value?, now: Timestamp) -> String {
        guard let text = value?.string, let then = Timestamp(text) else { return "" }
        return duration(now - then) + " ago"
    }

    static func duration(_ duration: Duration) -> String {
        let seconds = max(0, duration.milliseconds / 1000)
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<7200: return "\(seconds / 60)m"
        case ..<172_800: return "\(seconds / 3600)h"
        default: return "\(seconds / 86_400)d"
        }
    }
}
