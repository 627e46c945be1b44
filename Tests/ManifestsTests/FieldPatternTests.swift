// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("Paths of fields, as people and the server write them")
struct FieldPatternTests {
    private static let matches: [(String, String)] = [
        ("spec.replicas", ".spec.replicas"), (".spec.replicas", ".spec.replicas"),
        ("spec", ".spec.template.spec.containers[name=\"api\"].image"),
        ("spec.template.spec.containers[name=api].image", ".spec.template.spec.containers[name=\"api\"].image"),
        ("spec.containers[name=\"api\"]", ".spec.containers[name=\"api\"].env[name=\"X\"].value"),
        ("spec.containers[*].env", ".spec.containers[name=\"api\"].env[name=\"X\"].value"),
        ("spec.ports[port=80]", ".spec.ports[port=80,protocol=\"TCP\"].targetPort"),
        ("metadata.annotations[\"example.com/x\"]", ".metadata.annotations.example.com/x"),
        ("metadata.annotations", ".metadata.annotations.example.com/x"), ("data.*", ".data.key"),
        ("spec.a[name=\"]\"].b", ".spec.a[name=\"]\"].b"),
    ]

    @Test("Match what they name, and what is below it", arguments: matches)
    func matching(pattern: String, path: String) throws {
        #expect(try #require(FieldPattern(pattern)).matches(serverPath: path))
    }

    private static let misses: [(String, String)] = [
        ("spec.replica", ".spec.replicas"), ("spec.replicas", ".spec"), ("replicas", ".spec.replicas"),
        ("spec.containers[name=api].image", ".spec.containers[name=\"app\"].image"),
        ("spec.ports[port=80,protocol=UDP]", ".spec.ports[port=80,protocol=\"TCP\"]"),
        ("metadata.annotations[\"example.com/x\"]", ".metadata.annotations.example.com/xy"),
    ]

    @Test("Do not match their neighbours", arguments: misses)
    func missing(pattern: String, path: String) throws {
        #expect(try #require(FieldPattern(pattern)).matches(serverPath: path) == false)
    }

    @Test(
        "A text of another form is none",
        arguments: [
            "", ".", "*", "[0]", "spec..x", "spec.x]", "spec[", "spec[]", "spec[x]", "spec[a=b", "a b", "spec.\"x\"",
        ])
    func malformed(text: String) { #expect(FieldPattern(text) == nil) }

    private static let object: Object = [
        "metadata": ["annotations": ["example.com/x": "1", "example.com/x.y": "2"]],
        "spec": [
            "replicas": 2, "args": ["a", "b"], "finalizers": ["f", "g"],
            "containers": [["name": "a", "image": "i"], ["name": "b", "image": "j"]],
            "ports": [["containerPort": 80, "name": "http"]],
        ],
    ]

    @Test("A field is removed by the path that the server prints, and everything else stays")
    func removing() throws {
        func removed(_ path: String) throws -> Object { try #require(Self.object.removing(serverPath: path)) }
        #expect(try removed(".spec.replicas").value(at: "spec", "replicas") == nil)
        #expect(try removed(".spec.replicas").value(at: "spec", "args") == ["a", "b"])
        #expect(
            try removed(".metadata.annotations.example.com/x").value(at: "metadata", "annotations")
                == ["example.com/x.y": "2"])
        #expect(
            try removed(".metadata.annotations.example.com/x.y").value(at: "metadata", "annotations")
                == ["example.com/x": "1"])
        #expect(
            try removed(".spec.containers[name=\"b\"].image").value(at: "spec", "containers")
                == [["name": "a", "image": "i"], ["name": "b"]])
        #expect(
            try removed(".spec.containers[name=\"a\"]").value(at: "spec", "containers")
                == [["name": "b", "image": "j"]])
        #expect(try removed(".spec.finalizers[=\"f\"]").value(at: "spec", "finalizers") == ["g"])
        #expect(
            try removed(".spec.ports[containerPort=80,protocol=\"TCP\"].name").value(at: "spec", "ports")
                == [["containerPort": 80]])
    }

    @Test(
        "A path that leads nowhere removes nothing",
        arguments: [
            ".spec.other", ".spec.containers[name=\"c\"].image", ".spec.replicas.x", "spec", "", ".spec.args.x",
        ])
    func nowhere(path: String) { #expect(Self.object.removing(serverPath: path) == nil) }
}
