// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite struct OwnerLabelTests {
    private let target = TargetID(application: "api", environment: "staging")
    private let id = ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "api")

    @Test("A value is a valid label and parses back")
    func roundTrip() throws {
        let value = OwnerLabel.value(target: target, id: id)
        #expect(value.hasPrefix("api.staging."))
        #expect(value.utf8.count <= 63)
        let parsed = try #require(OwnerLabel.parse(value))
        #expect(parsed.application == "api")
        #expect(parsed.environment == "staging")
        #expect(parsed.identityHash == OwnerLabel.identityHash(of: id))
    }

    @Test("The hash is FNV-1a 64, and so the same on every machine")
    func hashIsStable() {
        // Of "apps/Deployment/staging/api", worked out apart: 45e856720addead4.
        #expect(OwnerLabel.identityHash(of: id) == "45e856720a")
        #expect(
            OwnerLabel.identityHash(of: id)
                != OwnerLabel.identityHash(of: ObjectID(group: "apps", kind: "Deployment", namespace: "x", name: "api"))
        )
    }

    @Test("The longest names that the pipeline may use still make a valid label")
    func longestNames() {
        let half = OwnerLabel.longestNames / 2
        let long = TargetID(
            application: String(repeating: "a", count: half),
            environment: String(repeating: "e", count: OwnerLabel.longestNames - half))
        #expect(OwnerLabel.value(target: long, id: id).utf8.count == 63)
    }

    @Test(
        "Values that we did not write are refused",
        arguments: [
            "", "api", "api.staging", "api.staging.xyz", "api.staging.0123456789a", "api.staging.012345678G",
            ".staging.0123456789", "api..0123456789", "api.staging.ABCDEF0123",
        ])
    func foreign(value: String) {
        #expect(OwnerLabel.parse(value) == nil)
    }
}
