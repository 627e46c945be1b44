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
        /// Exchanges that still differ. One that starts to match fails the test too: take it off the list.
        var differing: Set<Int> = []

        var testDescription: String { name }
    }

    static let scenarios = [
        // 9: the OpenAPI index has no hashes and fewer paths.
        Scenario(name: "discovery", differing: [9]),
        Scenario(name: "namespaces"),
        Scenario(name: "configmap-crud"),
        Scenario(name: "server-side-apply-configmap"),
        Scenario(name: "server-side-apply-deployment", namespaces: ["t2"], ignoresControllers: true),
        // 15: the recorded etcd could not stream lists; the sandbox can. 16: counts what other scenarios left.
        Scenario(name: "watch", differing: [15, 16]),
        Scenario(name: "custom-resources"),
        Scenario(
            name: "immutable-and-invalid", namespaces: ["t2"], ignoresControllers: true,
            differing: [5, 9, 21]),
        Scenario(name: "defaults", differing: [23, 24]),
        Scenario(
            name: "mistakes", namespaces: ["t7"],
            differing: [
                1, 2, 11, 12, 13, 14, 16, 21, 22, 25, 26, 27, 30, 32, 33, 34, 38, 39, 52, 54, 55, 58, 59, 60, 61, 62,
                63,
            ]),
    ]

    @Test("Every exchange of a scenario", arguments: scenarios)
    func replay(scenario: Scenario) async throws {
        let transcript = try Transcript(named: scenario.name)
        var replayer = Replayer()
        replayer.ignoresControllers = scenario.ignoresControllers
        let differences = try await replayer.play(transcript, namespaces: scenario.namespaces)
        for (index, list) in differences.enumerated() {
            let exchange = transcript.exchanges[index]
            let title = "\(scenario.name) \(index) \(exchange.method) \(exchange.path)"
            if scenario.differing.contains(index) {
                #expect(!list.isEmpty, "\(title) matches now")
            } else {
                #expect(list.isEmpty, "\(title)\n\(list.prefix(10).joined(separator: "\n"))")
            }
        }
    }
}
