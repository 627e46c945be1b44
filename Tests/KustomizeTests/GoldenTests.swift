// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifests
import Testing

@Suite struct GoldenTests {
    @Test(
        "A build gives what kubectl kustomize gives, in its order, and refuses what that refuses",
        arguments: Golden.names)
    func build(name: String) async throws {
        var golden = try Golden(named: name)
        let built = Build(of: golden.target, in: golden.tree)
        if Self.isRecording {
            golden.outcome = try await Self.record(golden, built)
            try golden.write(named: name)
        }
        switch (golden.outcome, built) {
        case (.objects(let text), .objects(let given)):
            let difference = try Difference(given: given, expected: Build.objects(printed: text))
            if let difference { Issue.record("\(difference)") }
        case (.errors(let expected), .errors(let given)):
            #expect(given.map { $0 + "\n" }.joined() == expected)
        case (.objects, .errors(let errors)): Issue.record("refused: \(errors.joined(separator: "\n"))")
        case (.errors(let expected), .objects): Issue.record("built, where this is expected: \(expected)")
        }
    }

    /// `MAINSTAY_RECORD_GOLDENS=1` writes every golden again, from the kubectl that is installed.
    private static let isRecording = ProcessInfo.processInfo.environment["MAINSTAY_RECORD_GOLDENS"] == "1"

    private static func record(_ golden: Golden, _ built: Build) async throws -> Golden.Outcome {
        let kubectl = try #require(KubectlKustomize.installed, "goldens are recorded with \(KubectlKustomize.version)")
        switch (try await kubectl.build(golden.target, of: golden.files), built) {
        case (.printed(let text), _): return .objects(text)
        case (.refused, .errors(let lines)): return .errors(lines.map { $0 + "\n" }.joined())
        case (.refused(let message), .objects): return .errors("kubectl refuses: \(message)")
        }
    }
}
