// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Kustomize

@Suite struct FieldPathTests {
    private let object: Object = [
        "spec": [
            "list": [["name": "a", "v": 1], ["name": "b", "v": 2]], "words": ["one", "two"],
            "a.b": "dotted", "n": nil, "7": "seven",
        ]
    ]

    @Test(
        "A path is parts joined by dots, brackets hold together what has dots",
        arguments: [
            ("a.b", ["a", "b"]), (#"a.b\.c"#, ["a", "b.c"]), ("a.[b.c/d]", ["a", "b.c/d"]),
            ("a.[name=b.c].d", ["a", "[name=b.c]", "d"]), ("a.[name=b]", ["a", "[name=b]"]), ("a..b", ["a", "", "b"]),
        ])
    func parts(text: String, expected: [String]) { #expect(FieldPath(text).parts == expected) }

    @Test("The paths of vars may write an index behind its list")
    func indices() {
        #expect(FieldPath("a.b[0].c").splittingIndices.parts == ["a", "b", "0", "c"])
        #expect(FieldPath("a.b[x]").splittingIndices.parts == ["a", "b[x]"])
    }

    @Test(
        "Reading leads to one value, or to none",
        arguments: [
            ("spec.list.1.name", "b"), ("spec.list.-.name", "b"), ("spec.list.[name=a].v", 1),
            ("spec.words.[=two]", "two"),
            (#"spec.a\.b"#, "dotted"), ("spec..words.0", "one"), ("spec.none.deeper", nil), ("spec.n.deeper", nil),
            ("spec.list.9.name", nil), ("spec.list.[name=zz]", nil),
        ] as [(String, Value?)])
    func reads(path: String, expected: Value?) throws {
        #expect(try FieldPath(path).value(in: object) == expected)
    }

    @Test(
        "A path through something of another shape is refused",
        arguments: ["spec.words.name", "spec.list.*", "spec.0", "spec.list.-1", "spec.list.[name]", "spec.words.0.x"])
    func refusesReading(path: String) {
        #expect(throws: FieldPath.Mismatch.self) { try FieldPath(path).value(in: object) }
    }

    private func updated(_ path: String, _ creation: FieldPath.Creation? = nil) throws -> (Value, Int) {
        var value = Value.object(object)
        let count = try FieldPath(path).update(&value, creation: creation) { value, _ in value = "new" }
        return (value, count)
    }

    @Test("A star and a pattern lead to every element that fits, and elements without the field are passed over")
    func several() throws {
        #expect(try updated("spec.list.*.v").1 == 2)
        #expect(try updated("spec.list.[name=a|b].v").1 == 2)
        #expect(try updated("spec.list.*.none").1 == 0)
        #expect(try updated("spec.words.[=^t]").0["spec"]?["words"] == ["one", "new"])
    }

    @Test("What is missing is made where that is asked for: maps, lists, and elements with the field they are found by")
    func creates() throws {
        #expect(try updated("spec.x.y", .scalar).0["spec"]?["x"] == ["y": "new"])
        #expect(try updated("spec.x.0.y", .scalar).0["spec"]?["x"] == [["y": "new"]])
        #expect(try updated("spec.x.[name=q].y", .scalar).0["spec"]?["x"] == [["name": "q", "y": "new"]])
        #expect(try updated("spec.words.2", .scalar).0["spec"]?["words"] == ["one", "two", "new"])
        #expect(try updated("spec.x.y").1 == 0)
        // What is put in what is null is lost, and kustomize does not say so.
        for path in ["spec.n.x", "spec.n.0.x", "spec.n.[name=a].x"] {
            let (value, count) = try updated(path, .scalar)
            #expect(value == .object(object) && count == 1)
        }
        #expect(throws: FieldPath.Mismatch.self) { try updated("spec.words.3", .scalar) }
        #expect(throws: FieldPath.Mismatch.self) { try updated("spec.x.*", .scalar) }
        #expect(throws: FieldPath.Mismatch.self) { try updated("spec.list.[name=(].v") }
    }
}
