// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Mainstay

@Suite("Text tables")
struct TextTableTests {
    private static func terminal(_ columns: Int, colours: Bool = false) -> Terminal {
        Terminal(size: Terminal.Size(columns: columns, rows: 24), hasColours: colours)
    }

    private static func table() -> TextTable {
        var table = TextTable(["NAME", "HEALTH", "SINCE"])
        table.add(["api", Cell("healthy", .green), "3s ago"])
        let note = "container postgres exits with code 1 after a second"
        table.add(["postgres", Cell("degraded", .red), ""], notes: [note])
        return table
    }

    @Test("Columns are as wide as their widest cell; an empty cell is a dash; a note stands under its row")
    func plain() {
        #expect(
            Self.table().text(on: .none) == """
                NAME      HEALTH    SINCE
                api       healthy   3s ago
                postgres  degraded  -
                    container postgres exits with code 1 after a second

                """)
    }

    @Test("Colours take no room")
    func colours() {
        #expect(
            Self.table().text(on: Self.terminal(80, colours: true)) == """
                NAME      HEALTH    SINCE
                api       \u{1B}[32mhealthy\u{1B}[0m   3s ago
                postgres  \u{1B}[31mdegraded\u{1B}[0m  -
                    container postgres exits with code 1 after a second

                """)
    }

    @Test("On a terminal rows are cut and notes wrapped")
    func narrow() {
        #expect(
            Self.table().text(on: Self.terminal(24)) == """
                NAME      HEALTH    SIN…
                api       healthy   3s …
                postgres  degraded  -
                    container postgres
                    exits with code 1
                    after a second

                """)
    }

    @Test("No line is wider than the terminal", arguments: [24, 25, 30, 40, 79, 80, 200])
    func widths(columns: Int) {
        for line in Self.table().text(on: Self.terminal(columns)).split(separator: "\n") {
            #expect(line.count <= columns)
        }
    }

    @Test("A note can be held to so many lines")
    func noteLimit() {
        #expect(
            Self.table().text(on: Self.terminal(24), noteLines: 2).hasSuffix(
                """
                    container postgres
                    exits with code 1 a…

                """))
        #expect(!Self.table().text(on: Self.terminal(24), noteLines: 0).contains("container"))
    }

    @Test("What others wrote cannot steer the terminal or break a row")
    func control() {
        var table = TextTable(["SUBJECT"])
        table.add([Cell("a\u{1B}[2Jb\r\nc\td\u{9B}e\u{7F}\u{2028}f")], notes: ["x\u{1B}]0;title\u{7}\ny"])
        #expect(table.text(on: .none) == "SUBJECT\na [2Jb  c d e  f\n    x ]0;title  y\n")
    }

    @Test("A table without rows is empty")
    func empty() {
        #expect(TextTable(["NAME"]).isEmpty)
        #expect(!Self.table().isEmpty)
    }

    @Test("Words longer than a line are broken", arguments: [1, 2, 3, 7, 50])
    func wrapping(width: Int) {
        let text = "registry.example.com/planet/worker:1.2.0 is not there"
        let lines = TextWrap.lines(text, width: width)
        #expect(lines.allSatisfy { !$0.isEmpty && $0.count <= width })
        #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
    }

    @Test("A broken line keeps its indentation")
    func hanging() {
        #expect(TextWrap.hanging("   one two three", width: 14) == "   one two\n   three")
        #expect(TextWrap.hanging("   one two three", width: .max) == "   one two three")
        #expect(TextWrap.hanging("", width: 5) == "")
        #expect(TextWrap.hanging("  yes  one two three", width: 15) == "  yes  one two\n  three")
    }

    @Test("Standard output of a test is no terminal, or one that has a size; NO_COLOR and TERM=dumb turn colours off")
    func environment() {
        let terminal = Terminal.standardOutput(environment: [:])
        #expect(terminal == .none || terminal.size != nil)
        for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
            #expect(!Terminal.standardOutput(environment: environment).hasColours)
        }
    }
}
