// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests
internal import Testing

@testable internal import Mainstay

@Suite("Times as commands are given them")
struct CommandTimesTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)

    @Test(
        "A freeze ends at a moment, at a date's begin, or after a duration",
        arguments: [
            ("2027-01-02T08:00:00Z", "2027-01-02T08:00:00Z"), ("2027-01-02", "2027-01-02T00:00:00Z"),
            ("48h", "2027-01-17T08:00:00Z"),
        ])
    func moments(text: String, moment: String) {
        #expect(FreezeCommand.moment(text, now: Self.now)?.secondsDescription == moment)
    }

    @Test(
        "What is none is refused before anybody is asked, with all forms",
        arguments: ["soon", "5x", "2026-11-29T10:00"])
    func noMoments(text: String) {
        #expect {
            try FreezeCommand.parse(["api", "--reason", "x", "--until", text])
        } throws: { error in
            let message = FreezeCommand.message(for: error)
            return message.contains("a date such as") && message.contains("a duration such as 48h")
                && message.contains("\"\(text)\"")
        }
    }

    @Test("A report is of the last two years, which is said", arguments: ["5000d", "2030-01-01", "2001-01-01", "soon"])
    func periods(text: String) {
        #expect {
            try ReportCommand.parse(["--since", text])
        } throws: { ReportCommand.message(for: $0).contains("of the last two years (731d)") }
        #expect(throws: Never.self) { try ReportCommand.parse(["--since", "731d"]) }
    }
}
