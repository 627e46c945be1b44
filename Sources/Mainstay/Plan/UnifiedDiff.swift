// SPDX-License-Identifier: Apache-2.0

/// Two texts as `diff -u` shows them: what changed, with three lines around it.
struct UnifiedDiff {
    private enum Line {
        case same(String)
        case removed(String)
        case added(String)

        var text: String {
            switch self {
            case .same(let text): " \(text)"
            case .removed(let text): "-\(text)"
            case .added(let text): "+\(text)"
            }
        }

        var isChange: Bool { if case .same = self { false } else { true } }
    }

    private static let context = 3
    /// Longer texts are told whole: finding the shortest way from one to the other takes the square of it.
    private static let comparedLines = 4000

    /// Empty where the texts are equal.
    ///
    /// - Parameters:
    ///   - old: empty where there is none.
    static func text(old: String, new: String, oldName: String, newName: String) -> String {
        guard old != new else { return "" }
        let lines = lines(Self.split(old), Self.split(new))
        var text = "--- \(oldName)\n+++ \(newName)\n"
        var oldLine = 1
        var newLine = 1
        var index = 0
        while index < lines.count {
            guard let first = lines[index...].firstIndex(where: \.isChange) else { break }
            let start = max(index, first - context)
            let skipped = start - index
            oldLine += skipped
            newLine += skipped
            var end = first + 1
            var next = first + 1
            // Hunks that would touch are one.
            while next < lines.count, next - end < 2 * context + 1 {
                if lines[next].isChange { end = next + 1 }
                next += 1
            }
            let stop = min(lines.count, end + context)
            let hunk = lines[start..<stop]
            let removed = hunk.count { if case .added = $0 { false } else { true } }
            let added = hunk.count { if case .removed = $0 { false } else { true } }
            text += "@@ -\(Self.range(oldLine, removed)) +\(Self.range(newLine, added)) @@\n"
            text += hunk.map { $0.text + "\n" }.joined()
            oldLine += removed
            newLine += added
            index = stop
        }
        return text
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// As GNU diff writes it: one line without its count, none after the line before.
    private static func range(_ line: Int, _ count: Int) -> String {
        switch count {
        case 0: "\(line - 1),0"
        case 1: "\(line)"
        default: "\(line),\(count)"
        }
    }

    private static func lines(_ old: [String], _ new: [String]) -> [Line] {
        guard old.count + new.count <= comparedLines else {
            return old.map(Line.removed) + new.map(Line.added)
        }
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count, removed.contains(left) {
                lines.append(.removed(old[left]))
                left += 1
            } else if right < new.count, added.contains(right) {
                lines.append(.added(new[right]))
                right += 1
            } else {
                lines.append(.same(old[left]))
                left += 1
                right += 1
            }
        }
        return lines
    }
}
