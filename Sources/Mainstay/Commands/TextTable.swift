// SPDX-License-Identifier: Apache-2.0

/// Columns of text, as wide as they need to be, and under a row what is too long for a column.
struct TextTable {
    private struct Row {
        var cells: [Cell]
        var notes: [String]
    }

    private static let noteIndent = "    "
    private var rows: [Row]

    init(_ header: [String]) { rows = [Row(cells: header.map { Cell($0) }, notes: [])] }

    /// - Parameter notes: sentences that stand under the row, each on a line of its own; empty ones are left out.
    mutating func add(_ cells: [Cell], notes: [String] = []) {
        rows.append(
            Row(
                cells: cells.map { $0.text.isEmpty ? "-" : $0 },
                notes: notes.filter { !$0.isEmpty }.map(\.withoutControls)))
    }

    /// Under the row that came last, after its own.
    mutating func note(_ notes: [String]) {
        rows[rows.count - 1].notes += notes.filter { !$0.isEmpty }.map(\.withoutControls)
    }

    var isEmpty: Bool { rows.count == 1 }

    /// No line is wider than the terminal: rows are cut, notes are wrapped.
    ///
    /// - Parameter noteLines: how many lines of each note are shown at most.
    func text(on terminal: Terminal, noteLines: Int = .max) -> String {
        let columns = rows.map(\.cells.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.cells.count ? $0.cells[column].text.count : 0 }.max() ?? 0
        }
        return rows.map { row in
            Self.line(row.cells, widths, terminal)
                + row.notes.map { Self.note($0, noteLines, terminal) }.joined()
        }.joined()
    }

    private static func line(_ cells: [Cell], _ widths: [Int], _ terminal: Terminal) -> String {
        var left = terminal.size?.columns ?? .max
        var line = ""
        for (index, cell) in cells.enumerated() where left > 0 {
            let shown = Cell(TextWrap.cut(cell.text, to: left), cell.colour)
            left -= shown.text.count
            line += shown.text(on: terminal)
            guard index < cells.count - 1 else { break }
            let padding = min(left, widths[index] - cell.text.count + 2)
            left -= padding
            line += String(repeating: " ", count: padding)
        }
        return line + "\n"
    }

    private static func note(_ note: String, _ limit: Int, _ terminal: Terminal) -> String {
        guard !note.isEmpty, limit > 0 else { return "" }
        guard let width = terminal.size?.columns else { return "\(noteIndent)\(note)\n" }
        let room = max(20, width - noteIndent.count)
        var lines = TextWrap.lines(note, width: room)
        if lines.count > limit {
            lines = lines.prefix(limit - 1) + [TextWrap.cut(lines[(limit - 1)...].joined(separator: " "), to: room)]
        }
        return lines.map { "\(noteIndent)\($0)\n" }.joined()
    }
}

/// Fits text into a width, counted in characters.
enum TextWrap {
    /// Broken between words; a word that is longer than a line is broken where the line ends.
    static func lines(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
            while line.count > width {
                lines.append(String(line.prefix(width)))
                line = String(line.dropFirst(width))
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// A line that keeps its indentation where it is broken.
    static func hanging(_ line: some StringProtocol, width: Int) -> String {
        let indent = line.prefix { $0 == " " }
        guard line.count > width, indent.count + 10 < width else { return String(line) }
        return lines(String(line.dropFirst(indent.count)), width: width - indent.count).map { indent + $0 }
            .joined(separator: "\n")
    }

    /// With "…" at its end where something is missing.
    static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }
}
