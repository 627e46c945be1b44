// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("The sandbox answers as a recorded API server did")
struct TranscriptTests {
    private struct Played: Sendable {
        var title: String
        var differences: [String]
    }

    /// All scenarios, played once in their order on one sandbox, as they were recorded.
    private static let played = Task { () -> [String: [Played]] in
        var replayer = Replayer()
        var result: [String: [Played]] = [:]
        let transcripts = try Transcript.scenarios.map { try Transcript(named: $0) }
        for (index, transcript) in transcripts.enumerated() {
            let later = transcripts[(index + 1)...].lazy.flatMap(\.exchanges).compactMap(\.recordedTime)
            let differences = try await replayer.play(transcript, until: later.first)
            let name = transcript.name
            result[name] = zip(transcript.exchanges, differences).enumerated().map { index, pair in
                Played(title: "\(name) \(index) \(pair.0.method) \(pair.0.path)", differences: pair.1)
            }
        }
        return result
    }

    @Test("Every exchange of a scenario", arguments: Transcript.scenarios)
    func replay(scenario: String) async throws {
        let exchanges = try #require(try await Self.played.value[scenario])
        let known = try KnownDifferences.read()[scenario] ?? []
        for (index, exchange) in exchanges.enumerated() {
            if known.contains(index) {
                #expect(
                    !exchange.differences.isEmpty, "\(exchange.title) matches now: take it off docs/sandbox.md")
            } else {
                let list = exchange.differences.prefix(10).joined(separator: "\n")
                #expect(exchange.differences.isEmpty, "\(exchange.title)\n\(list)")
            }
        }
    }

    @Test("The list of known differences names only exchanges that there are")
    func knownExchanges() async throws {
        let played = try await Self.played.value
        for (scenario, numbers) in try KnownDifferences.read() {
            let count = try #require(played[scenario]?.count, "there is no scenario \(scenario)")
            #expect(numbers.allSatisfy { $0 < count }, "\(scenario) has \(count) exchanges")
        }
    }
}
