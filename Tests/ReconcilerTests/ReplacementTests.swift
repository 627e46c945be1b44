// SPDX-License-Identifier: Apache-2.0

import Manifests
import Reconciler
import Testing

@Suite("What may be deleted to be made anew")
struct ReplacementTests {
    private func manifest(_ apiVersion: String, _ kind: String, _ mark: String?) -> Manifest {
        var object: Object = [
            "apiVersion": .string(apiVersion), "kind": .string(kind),
            "metadata": ["name": "x", "namespace": "staging"],
        ]
        if let mark { object.set(.string(mark), at: "metadata", "annotations", "mainstay.dev/replace") }
        return Manifest(object: object, origin: Origin(file: "a.yaml"))
    }

    private static let kinds: [(String, String, plain: Bool, allowed: Bool, withData: Bool)] = [
        ("apps/v1", "Deployment", false, true, true), ("batch/v1", "Job", true, true, true),
        ("example.com/v1", "Widget", false, true, true), ("apps/v1", "StatefulSet", false, false, true),
        ("v1", "PersistentVolumeClaim", false, false, true), ("v1", "PersistentVolume", false, false, true),
        ("v1", "Namespace", false, false, false),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", false, false, false),
    ]

    @Test("Jobs always, others where marked, data only where that is said, namespaces and definitions never")
    func kinds() {
        for (version, kind, plain, allowed, withData) in Self.kinds {
            #expect(manifest(version, kind, nil).isReplaceable == plain, "\(kind)")
            #expect(manifest(version, kind, "allowed").isReplaceable == allowed, "\(kind)")
            #expect(manifest(version, kind, "allowed-with-data").isReplaceable == withData, "\(kind)")
        }
    }
}
