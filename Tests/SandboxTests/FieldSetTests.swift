// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("FieldSet and TypedValue")
struct FieldSetTests {
    static let pod = BuiltInSchemas.schema(for: GroupVersionKind(group: "", version: "v1", kind: "Pod")) ?? .deduced

    func pod(_ containers: Value...) -> Value { ["spec": ["containers": .array(containers)]] }

    @Test("A set reads back from its fieldsV1 form")
    func roundTrip() throws {
        let value = try JSON.parse(
            #"{"f:a":{".":{},"f:b":{},"k:{\"name\":\"x\",\"port\":1}":{".":{},"f:c":{}},"v:\"s\"":{},"i:3":{}},"f:d":{}}"#
        )
        #expect(FieldSet(fieldsV1: value).value == value)
        #expect(FieldSet(fieldsV1: value).paths.count == 7)
    }

    @Test("Items of keyed lists are named by their keys, a missing protocol by its default")
    func keyedLists() {
        let value = pod(["name": "c", "ports": [["containerPort": 80]]])
        let set = TypedValue.fieldSet(value, Self.pod)
        #expect(
            set.paths.map { $0.map(\.pathText).joined() } == [
                #".spec.containers[name="c"]"#, #".spec.containers[name="c"].name"#,
                #".spec.containers[name="c"].ports[containerPort=80,protocol="TCP"]"#,
                #".spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].containerPort"#,
            ])
    }

    @Test("Difference removes exact paths, subtree difference what is below them too")
    func differences() {
        var set = FieldSet()
        set.insert([.field("a")])
        set.insert([.field("a"), .field("b")])
        var other = FieldSet()
        other.insert([.field("a")])
        #expect(set.subtracting(other).paths == [[.field("a"), .field("b")]])
        #expect(set.subtractingSubtrees(other).isEmpty)
        #expect(set.subtracting(set).isEmpty)
        #expect(set.union(other) == set)
        #expect(set.intersection(other) == other)
    }

    @Test("Comparison tells added, modified and removed leaves")
    func comparison() {
        let before = pod(["name": "a", "image": "x:1"], ["name": "b", "image": "x"])
        let after = pod(["name": "a", "image": "x:2"], ["name": "c", "image": "x"])
        let result = TypedValue.compare(before, after, Self.pod)
        func texts(_ set: FieldSet) -> [String] { set.paths.map { $0.map(\.pathText).joined() } }
        #expect(texts(result.modified) == [#".spec.containers[name="a"].image"#])
        #expect(texts(result.removed).first == #".spec.containers[name="b"]"#)
        #expect(texts(result.added).first == #".spec.containers[name="c"]"#)
        #expect(TypedValue.compare(before, before, Self.pod).isSame)
    }

    @Test("Merging keeps live items where they stood and takes the applied order for shared ones")
    func mergeOrder() {
        func names(_ value: Value?) -> [String] {
            (value?["spec"]?["containers"]?.array ?? []).compactMap { $0["name"]?.string }
        }
        let live = pod(["name": "a"], ["name": "x"], ["name": "b"])
        let merged = TypedValue.merge(live, pod(["name": "b"], ["name": "a"], ["name": "n"]), Self.pod)
        #expect(names(merged).sorted() == ["a", "b", "n", "x"])
        let indices = ["b", "a", "n"].compactMap { names(merged).firstIndex(of: $0) }
        #expect(indices == indices.sorted())
    }

    @Test("Unknown fields, wrong types and duplicate keys are problems")
    func problems() {
        let value = pod(["name": "a", "image": 5, "nope": 1], ["name": "a"])
        #expect(
            TypedValue.problems(value, Self.pod) == [
                #".spec.containers[name="a"].image: expected string, got &value.valueUnstructured{Value:5}"#,
                #".spec.containers[name="a"].nope: field not declared in schema"#,
                #".spec.containers: duplicate entries for key [name="a"]"#,
            ])
    }

    @Test("Applying twice changes nothing; giving a field up removes it unless another owns it")
    func apply() throws {
        let registry = ResourceRegistry()
        let type = try #require(registry.resource(for: GroupKind(group: "", kind: "ConfigMap")))
        let versions = FieldVersions(type: type, types: [type], subresource: "")
        func manager(_ name: String) -> ManagedFields.Manager {
            ManagedFields.Manager(name: name, operation: "Apply", apiVersion: "v1", subresource: "")
        }
        func configuration(_ data: Object) -> Object {
            ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"], "data": .object(data)]
        }
        var fields = ManagedFields()
        var live: Object = ["apiVersion": "v1", "kind": "ConfigMap"]
        func apply(_ name: String, _ data: Object) throws {
            let merged = try fields.apply(
                configuration(data), to: live, versions: versions, manager: manager(name), force: false, time: "now")
            if let merged { live = merged }
        }
        try apply("one", ["a": "1", "b": "1"])
        let once = live
        try apply("one", ["a": "1", "b": "1"])
        #expect(live == once)
        try apply("two", ["a": "1"])
        #expect(throws: StatusError.self) { try apply("two", ["a": "2"]) }
        try apply("one", [:])
        #expect(live["data"] == ["a": "1"])
    }
}
