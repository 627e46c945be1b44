// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// Columns of text, as wide as they need to be; the last one is not padded.
struct TextTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row.map { $0.isEmpty ? "-" : $0 }) }

    var isEmpty: Bool { rows.count == 1 }

    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count + 2)
            }.joined() + "\n"
        }.joined()
    }
}

/// How times, revisions and causes are written for people.
enum Display {
    static func revision(_ value: Value?) -> String { String((value?.string ?? "").prefix(7)) }

    static func cause(_ value: Value?) -> String {
        guard let cause = value?.object else { return "" }
        return [cause["object"]?.string, cause["reason"]?.string, cause["message"]?.string]
            .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
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
