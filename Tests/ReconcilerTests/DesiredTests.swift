// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What should run")
struct DesiredTests {
    private static let manifests = (1...3).map { number in
        Manifest(
            object: ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("c\(number)")]],
            origin: Origin(file: "c.yaml", document: number, line: number * 4))
    }

    private func desired() -> Desired {
        Desired(
            commit: "one", inputs: Inputs(reads: [], digest: "i"), digest: "d", manifests: Self.manifests,
            application: Application(name: "api", environments: ["staging"], path: "api"),
            environment: Environment(name: "staging", namespace: "staging"))
    }

    @Test("Packed and unpacked it is the same, in every copy")
    func packing() {
        let first = desired()
        let copy = first
        first.pack()
        #expect(first.manifests == Self.manifests)
        #expect(copy == desired())
        copy.unpack()
        #expect(first.manifests == Self.manifests)
    }

    @Test("A copy whose manifests are others leaves the first as it was, packed or not", arguments: [false, true])
    func copies(isPacked: Bool) {
        let first = desired()
        if isPacked { first.pack() }
        var copy = first
        copy.manifests = [Self.manifests[1]]
        #expect(first.manifests == Self.manifests)
        #expect(copy.manifests == [Self.manifests[1]])
        #expect(copy != first)
    }
}
