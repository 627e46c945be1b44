// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Kustomize

@Suite struct PatchDocumentsTests {
    private func read(_ text: String, _ field: PatchRule.Field = .patches) throws(PatchDocuments.SyntaxError) -> String
    {
        switch try PatchDocuments(Array(text.utf8), file: "p.yaml", field: field) {
        case .operations(let operations): "operations \(JSON.text(operations))"
        case .merges(let patches): "patches of \(patches.map(\.name))"
        }
    }

    @Test(
        "A list is a JSON patch, maps are strategic merge patches",
        arguments: [
            (#"[{"op":"add","path":"/a","value":1,"value":2}]"#, #"operations [{"op":"add","path":"/a","value":2}]"#),
            ("# why\n[{op: add, value: yes}]", #"operations [{"op":"add","value":true}]"#),
            ("- op: add\n---\n- op: remove\n", #"operations [{"op":"add"}]"#), ("[]", "operations []"),
            ("kind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata: {name: b}\n", #"patches of ["a", "b"]"#),
            ("kind: List\nitems: [{kind: A, metadata: {name: a}}]", #"patches of ["a"]"#),
            ("# nothing", "patches of []"),
            ("", "patches of []"),
        ])
    func kinds(text: String, expected: String) throws { #expect(try read(text) == expected) }

    @Test(
        "What is neither is refused",
        arguments: [
            "[{op: add}]", "kind: A", "metadata: {name: a}", "word", "- word",
            "kind: A\nmetadata: {name: a}\n---\n- op: add\n",
            "a: [", #"[{"op":"add"}] x"#,
        ])
    func refused(text: String) {
        #expect(throws: PatchDocuments.SyntaxError.self) { try read(text) }
    }

    @Test("The older fields take one kind of patch each")
    func fields() throws {
        #expect(try read("- op: add", .json6902) == #"operations [{"op":"add"}]"#)
        #expect(throws: PatchDocuments.SyntaxError.self) { try read("{kind: A, metadata: {name: a}}", .json6902) }
        #expect(throws: PatchDocuments.SyntaxError.self) { try read("- op: add", .strategicMerge) }
    }
}
