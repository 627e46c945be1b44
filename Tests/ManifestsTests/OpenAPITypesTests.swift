// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite struct OpenAPITypesTests {
    private static let document: Value = [
        "definitions": [
            "com.example.v1.Shop": [
                "x-kubernetes-group-version-kind": [["group": "example.com", "version": "v1", "kind": "Shop"]],
                "properties": [
                    "spec": [
                        "properties": [
                            "shelves": [
                                "items": ["$ref": "#/definitions/com.example.v1.Shelf"],
                                "x-kubernetes-patch-merge-key": "id", "x-kubernetes-patch-strategy": "merge",
                            ],
                            "windows": ["$ref": "#/definitions/com.example.v1.Windows"],
                            "doors": ["items": ["properties": [:]], "x-kubernetes-patch-merge-key": "id"],
                        ]
                    ]
                ],
            ],
            "com.example.v1.Windows": [
                "items": ["type": "object"], "x-kubernetes-patch-merge-key": "id",
                "x-kubernetes-patch-strategy": "merge",
            ],
            "com.example.v1.Shelf": [
                "properties": [
                    "boxes": ["items": ["type": "string"], "x-kubernetes-patch-strategy": "merge"],
                    "rooms": ["additionalProperties": ["$ref": "#/definitions/com.example.v1.Shelf"]],
                ]
            ],
        ]
    ]

    private func merged(_ patch: Value, into spec: Value, kind: String = "Shop") throws -> Value? {
        try StrategicMerge.merge(
            patch: ["spec": patch], into: ["spec": spec],
            groupVersionKind: GroupVersionKind(apiVersion: "example.com/v1", kind: kind), flavor: .kustomize,
            types: TypeTable(openAPI: Self.document))?["spec"]
    }

    @Test("Lists merge by the keys of the document, in types that stand where they are used and in those it names")
    func keys() throws {
        let shelves: Value = [["id": "a", "boxes": ["x"]], ["id": "b"]]
        #expect(
            try merged(["shelves": [["id": "a", "boxes": ["y"]]]], into: ["shelves": shelves])
                == ["shelves": [["id": "a", "boxes": ["y", "x"]], ["id": "b"]]])
    }

    @Test("A list that a reference leads to merges as it says itself")
    func referredList() throws {
        #expect(
            try merged(["windows": [["id": "b"]]], into: ["windows": [["id": "a"]]])
                == ["windows": [["id": "b"], ["id": "a"]]])
    }

    @Test("Types are found through maps of them")
    func maps() throws {
        let old: Value = ["shelves": [["id": "a", "rooms": ["r": ["boxes": ["x"]]]]]]
        let patch: Value = ["shelves": [["id": "a", "rooms": ["r": ["boxes": ["y"]]]]]]
        #expect(
            try merged(patch, into: old) == ["shelves": [["id": "a", "rooms": ["r": ["boxes": ["y", "x"]]]]]])
    }

    @Test("A key without a strategy, and a kind that is not in the document, merge nothing")
    func unknown() throws {
        #expect(try merged(["doors": [["id": "b"]]], into: ["doors": [["id": "a"]]]) == ["doors": [["id": "b"]]])
        #expect(
            try merged(["shelves": [["id": "b"]]], into: ["shelves": [["id": "a"]]], kind: "Other")
                == ["shelves": [["id": "b"]]])
    }
}
