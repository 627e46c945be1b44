// SPDX-License-Identifier: Apache-2.0

import Kustomize
import Manifests
import TestSupport
import Testing

@Suite struct BuildMetadataTests {
    /// The annotations and labels of the one object, by the options of the outermost kustomization.
    private func metadata(_ options: String, base: String = "[]") throws -> Object {
        let tree = MemoryTree([
            "top/kustomization.yaml": "resources: [../base]\nnamePrefix: p-\nbuildMetadata: \(options)\n",
            "base/kustomization.yaml": "resources: [sub/web.yaml]\nnameSuffix: -s\nbuildMetadata: \(base)\n",
            "base/sub/web.yaml": """
            apiVersion: v1
            kind: Service
            metadata:
              name: web
              labels: {app.kubernetes.io/managed-by: somebody}
              annotations: {internal.config.kubernetes.io/index: "0", config.kubernetes.io/origin: mine, kept: "yes"}

            """,
        ])
        let rendered = try Renderer.render(RenderRequest(path: "top"), from: tree)
        return try #require(rendered.manifests.first).object.metadata
    }

    @Test("Without options nothing is told, and kustomize's own notes are gone")
    func none() throws {
        let metadata = try metadata("[]", base: "[originAnnotations, transformerAnnotations, managedByLabel]")
        #expect(metadata["annotations"] == ["kept": "yes"])
        #expect(metadata["labels"] == ["app.kubernetes.io/managed-by": "somebody"])
    }

    @Test("An origin is the file, told from the folder that is built")
    func origin() throws {
        let metadata = try metadata("[originAnnotations, unknownOption]")
        #expect(
            metadata["annotations"] == ["kept": "yes", "config.kubernetes.io/origin": "path: ../base/sub/web.yaml\n"])
    }

    @Test("Transformations are told in their order, with the kustomization that asked for each")
    func transformations() throws {
        let metadata = try metadata("[transformerAnnotations]")
        #expect(
            metadata["annotations"]?["alpha.config.kubernetes.io/transformations"] == """
                - configuredIn: ../base/kustomization.yaml
                  configuredBy:
                    apiVersion: builtin
                    kind: SuffixTransformer
                - configuredIn: kustomization.yaml
                  configuredBy:
                    apiVersion: builtin
                    kind: PrefixTransformer

                """)
    }

    @Test("The manager's label takes the place of one that is there")
    func manager() throws {
        let metadata = try metadata("[managedByLabel]")
        #expect(metadata["labels"] == ["app.kubernetes.io/managed-by": "kustomize-v5.8.1"])
    }
}
