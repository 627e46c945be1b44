// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("The sandbox answers as a recorded API server did")
struct TranscriptTests {
    @Test(
        "Scenario",
        arguments: [
            "discovery", "namespaces", "configmap-crud", "server-side-apply-configmap", "server-side-apply-deployment",
            "watch", "custom-resources", "immutable-and-invalid", "defaults", "mistakes",
        ])
    func scenario(name: String) async throws {
        let transcript = try Transcript(named: name)
        var replayer = Replayer()
        let differences = try await replayer.play(transcript, namespaces: ["t2", "t4", "t7"].filter { _ in name != "server-side-apply-configmap" && name != "custom-resources" && name != "defaults" })
        var n = 0
        for (index, list) in differences.enumerated() {
            if list.isEmpty { n += 1; continue }
            print("\(name) \(index) \(transcript.exchanges[index].method) \(transcript.exchanges[index].path)")
            for line in list.prefix(6) { print("      ", line) }
        }
        print("RESULT", name, n, "of", differences.count)
    }
}
