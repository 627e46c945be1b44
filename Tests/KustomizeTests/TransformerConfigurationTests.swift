// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Kustomize

@Suite struct TransformerConfigurationTests {
    /// The digest is over the specifications that kubectl 1.37.1 carries, less the one that it lists twice.
    @Test("The built-in specifications are those of kustomize, each of them")
    func builtIn() {
        var lines: [String] = []
        func note(_ list: String, _ field: FieldSpec) {
            let path = field.path.map { $0.split(separator: "/").joined(separator: "\\/") }.joined(separator: "/")
            let kind = field.selector
            lines.append("\(list)|\(path)|\(kind.group)|\(kind.version)|\(kind.kind)|\(field.create)")
        }
        for (name, list) in TransformerConfiguration.lists {
            for field in TransformerConfiguration.builtIn[keyPath: list].all { note(name, field) }
        }
        for rule in TransformerConfiguration.builtIn.nameReferences {
            let target = "names \(rule.target.group)|\(rule.target.version)|\(rule.target.kind)"
            for field in rule.referrers.all { note(target, field) }
        }

        #expect(lines.count == 305)
        let digest = ContentDigest.sha256Hex(lines.sorted().joined(separator: "\n").utf8)
        #expect(digest == "f05f4970c4fd72a5955f753ffe647d297e4eb48dee36656d85b3b6fcc9931d35")
    }

    @Test("What names objects goes by the order of kinds: where two kinds fit, the earlier one counts")
    func ruleOrder() {
        let kinds = TransformerConfiguration.builtIn.nameReferences.map(\.target.kind)
        #expect(kinds.prefix(6) == ["StorageClass", "ServiceAccount", "Role", "ClusterRole", "ConfigMap", "Secret"])
        #expect(
            kinds.suffix(4) == ["ValidatingAdmissionPolicy", "IngressClass", "ReplicaSet", "ReplicationController"])
    }

    @Test("A specification for all kinds is left out where one for a single kind is there already")
    func wildcard() throws {
        var fields = FieldSpecs([FieldSpec("metadata/labels", kind: "Foo", create: true)])
        try fields.merge(FieldSpec("metadata/labels", create: true))
        #expect(fields.all.count == 1)
        try fields.merge(FieldSpec("metadata/labels", kind: "Bar", create: true))
        #expect(fields.all.map(\.selector.kind) == ["Foo", "Bar"])
    }

    @Test("The same field with another `create` is a conflict that names list, field and kind")
    func conflict() throws {
        var additions = TransformerConfiguration()
        additions.commonLabels = FieldSpecs([FieldSpec("spec/selector/matchLabels", kind: "Deployment")])
        var configuration = TransformerConfiguration.builtIn
        let error = #expect(throws: ConfigurationConflict.self) { try configuration.merge(additions) }
        #expect(
            error?.description
                == "commonLabels: spec/selector/matchLabels of Deployment is both created where it is missing and not")
    }

    @Test("Rules about the same kind become one, in the order of kinds")
    func rules() throws {
        var additions = TransformerConfiguration()
        additions.nameReferences = [
            NameReferenceRule(
                target: KindSelector(kind: "Namespace"),
                referrers: FieldSpecs([FieldSpec("a", kind: "My")])),
            NameReferenceRule(
                target: KindSelector(version: "v1", kind: "Secret"), referrers: FieldSpecs([FieldSpec("b", kind: "My")])
            ),
        ]
        var configuration = TransformerConfiguration.builtIn
        try configuration.merge(additions)

        #expect(configuration.nameReferences.count == TransformerConfiguration.builtIn.nameReferences.count + 1)
        let rules = ReferenceRules(configuration).rules(for: GroupVersionKind(apiVersion: "v1", kind: "My"))
        #expect(rules.map(\.target.kind) == ["Namespace", "Secret"])
        #expect(!configuration.isBuiltIn)
    }

    @Test("A field of the wrong shape is an error, and the object stays whole")
    func mismatch() {
        var object: Object = ["kind": "My", "spec": ["items": [["a": 1], ["a": ["b": 2]], "text"]]]
        let unchanged = object
        let field = FieldSpec("spec/items/a/b")
        let error = #expect(throws: FieldMismatch.self) { try field.update(&object) { _ in } }
        #expect(error?.path == "spec/items/a/b")
        #expect(object == unchanged)
    }
}
