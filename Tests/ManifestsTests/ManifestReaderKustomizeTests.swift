// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("Manifests as kustomize reads them")
struct ManifestReaderKustomizeTests {
    private let object = "apiVersion: v1\nkind: Thing\nmetadata: {name: a, annotations: ~}\n"

    @Test("empty maps and lists are skipped, and null annotations left out")
    func emptyDocuments() throws {
        let text = object + "---\n{}\n---\n[]\n---\n# nothing\n"
        let manifests = try ManifestReader.manifests(Array(text.utf8), file: "f", dialect: .kustomize)
        #expect(manifests.map(\.object) == [["apiVersion": "v1", "kind": "Thing", "metadata": ["name": "a"]]])
    }

    @Test("kubectl takes neither")
    func kubectl() throws {
        let manifests = try ManifestReader.manifests(Array(object.utf8), file: "f")
        #expect(manifests.first?.object["metadata"]?["annotations"] == .null)
        #expect(throws: ManifestErrors.self) { try ManifestReader.manifests(Array("{}".utf8), file: "f") }
    }
}
