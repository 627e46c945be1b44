// SPDX-License-Identifier: Apache-2.0

import Kustomize
import Manifests
import TestSupport
import Testing

@Suite struct GoldenTests {
    @Test("A build gives the objects that kubectl kustomize gives, in its order", arguments: Golden.all)
    func build(_ golden: Golden) throws {
        var tree = MemoryTree(golden.files)
        for (path, bytes) in golden.binaryFiles { tree.setBytes(bytes, at: path) }
        let rendered = try Renderer.render(RenderRequest(path: golden.target), from: tree)
        let expected = try YAML.documents(Array(golden.expected.utf8), file: "expected", dialect: .kustomize)
            .compactMap(\.value.object)

        #expect(rendered.manifests.map(\.id) == expected.map(\.objectID))
        for (manifest, object) in zip(rendered.manifests, expected) where manifest.object != object {
            Issue.record(
                """
                \(manifest.id) differs
                given:    \(JSON.text(.object(manifest.object.sortedByKey)))
                expected: \(JSON.text(.object(object.sortedByKey)))
                """)
        }
    }
}
