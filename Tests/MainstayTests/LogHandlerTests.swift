// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Synchronization
import Testing

@testable import Mainstay

@Suite("Log lines")
struct LogHandlerTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private struct Trouble: Error, CustomStringConvertible {
        var description: String
    }

    /// What is written by loggers of a format.
    private static func lines(
        _ format: Configuration.Log.Format, level: Logger.Level = .info, _ body: (inout Logger) -> Void
    ) -> [String] {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in
            LineLogHandler(level: level, format: format, now: { Timestamp(secondsSinceEpoch: 1_795_255_200) }) {
                lines.add($0)
            }
        }
        body(&logger)
        return lines.all
    }

    @Test("Text has time, level, message, and the metadata by name")
    func text() {
        let lines = Self.lines(.text) { logger in
            logger[metadataKey: "rollout"] = "r1"
            logger.info("rollout began", metadata: ["target": "api in staging", "revision": "abc"])
            logger.warning("bare")
        }
        #expect(
            lines == [
                "2026-11-21T10:00:00.000Z info    rollout began revision=abc rollout=r1 target=\"api in staging\"\n",
                "2026-11-21T10:00:00.000Z warning bare rollout=r1\n",
            ])
    }

    @Test(
        "A value that would not read as one word is quoted",
        arguments: [
            ("plain", "plain"), ("", #""""#), ("two words", #""two words""#), (#"say "hi""#, #""say \"hi\"""#),
            ("a=b", #""a=b""#), ("a\nb", #""a\nb""#), ("a\r\nb", #""a\r\nb""#), ("tab\t", #""tab\t""#),
            ("\u{1B}[31m", #""\u001b[31m""#), ("\u{7F}", #""\u007f""#), ("\u{9B}x", #""\u009bx""#),
            ("\u{2028}", #""\u2028""#), ("äöü", "äöü"), ("http://a/b?c", "http://a/b?c"), (#"\"#, #"\"#),
        ])
    func quoting(value: String, written: String) {
        let lines = Self.lines(.text) { $0.info("m", metadata: ["key": "\(value)"]) }
        #expect(lines == ["2026-11-21T10:00:00.000Z info    m key=\(written)\n"])
    }

    @Test("A message is one line, whatever is in it", arguments: Configuration.Log.Format.allCases)
    func oneLine(format: Configuration.Log.Format) {
        let nasty = "a\nb\r\nc\u{2028}d\u{85}e\u{1B}[2J\u{0}"
        let lines = Self.lines(format) { $0.info("\(nasty)", metadata: ["k": "\(nasty)", "list": ["x\ny", "z"]]) }
        #expect(lines.count == 1)
        #expect(lines.first?.unicodeScalars.count { $0 == "\n" || $0 == "\r" } == 1)
        #expect(lines.first?.unicodeScalars.contains("\u{1B}") == false)
        #expect(lines.first?.hasSuffix("\n") == true)
    }

    @Test("JSON holds the same, and reads back")
    func json() throws {
        let lines = Self.lines(.json) { logger in
            logger.error("cannot \"apply\"\nit", metadata: ["target": "api in staging"])
        }
        let line = try #require(lines.first)
        #expect(
            try JSON.parse(line) == [
                "time": "2026-11-21T10:00:00.000Z", "level": "error", "message": "cannot \"apply\"\nit",
                "target": "api in staging",
            ])
    }

    @Test("Metadata does not pass for the line's own fields")
    func reserved() throws {
        let lines = Self.lines(.json) { $0.info("real", metadata: ["message": "false", "level": "error"]) }
        let line = try JSON.parse(try #require(lines.first))
        #expect(line["message"] == "real")
        #expect(line["level"] == "info")
        #expect(line["metadata.message"] == "false")
        #expect(line["metadata.level"] == "error")
    }

    @Test("What a call says of a key goes before what the logger says")
    func merging() {
        let lines = Self.lines(.text) { logger in
            logger[metadataKey: "k"] = "logger"
            logger.info("m", metadata: ["k": "call"])
        }
        #expect(lines == ["2026-11-21T10:00:00.000Z info    m k=call\n"])
    }

    @Test("Below its level nothing is written")
    func levels() {
        let lines = Self.lines(.text, level: .warning) { logger in
            logger.info("no")
            logger.notice("no")
            logger.warning("yes")
            logger.error("yes")
        }
        #expect(lines.count == 2)
    }
}
