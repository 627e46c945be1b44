// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("The sandbox answers as a recorded API server did")
struct TranscriptTests {
    struct Scenario: Sendable, CustomTestStringConvertible {
        var name: String
        /// Left by earlier scenarios on the recorded server.
        var namespaces: [String] = []
        /// Compares without statuses and fields of the recorded controllers, which ran at times of their own.
        var ignoresControllers = false
        var testDescription: String { name }
    }

    static let scenarios = [
        Scenario(name: "discovery"),
        Scenario(name: "namespaces"),
        Scenario(name: "configmap-crud"),
        Scenario(name: "server-side-apply-configmap"),
        Scenario(name: "server-side-apply-deployment", namespaces: ["t2"], ignoresControllers: true),
        Scenario(name: "watch"),
        Scenario(name: "custom-resources"),
        Scenario(name: "immutable-and-invalid", namespaces: ["t2"], ignoresControllers: true),
        Scenario(name: "defaults"),
        Scenario(name: "mistakes", namespaces: ["t7"]),
    ]

    @Test("Every exchange of a scenario", arguments: scenarios)
    func replay(scenario: Scenario) async throws {
        let transcript = try Transcript(named: scenario.name)
        let known = try KnownDifferences.read()[scenario.name] ?? []
        var replayer = Replayer()
        replayer.ignoresControllers = scenario.ignoresControllers
        let differences = try await replayer.play(transcript, namespaces: scenario.namespaces)
        for (index, list) in differences.enumerated() {
            let exchange = transcript.exchanges[index]
            let title = "\(scenario.name) \(index) \(exchange.method) \(exchange.path)"
            if known.contains(index) {
                #expect(!list.isEmpty, "\(title) matches now: take it off the list in docs/sandbox.md")
            } else {
                #expect(list.isEmpty, "\(title)\n\(list.prefix(10).joined(separator: "\n"))")
            }
        }
    }
}
