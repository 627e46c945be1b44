// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("JSON merge patch")
struct MergePatchTests {
    // RFC 7386, appendix A.
    @Test(
        "the RFC's examples",
        arguments: [
            (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
            (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
            (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
            (#"["a","b"]"#, #"["c"]"#, #"["c"]"#), (#"{"a":"b"}"#, "null", "null"),
            (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
            ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
            ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
        ])
    func examples(target: String, patch: String, result: String) throws {
        #expect(MergePatch.apply(try JSON.parse(patch), to: try JSON.parse(target)) == (try JSON.parse(result)))
    }
}

@Suite("JSON patch")
struct JSONPatchTests {
    private let document: Value = ["a": ["b": 1, "c/d": [1, 2]], "m~n": "x", "list": [["k": 1], ["k": 2]]]

    private func apply(_ operations: String) throws -> Value {
        try JSONPatch.apply(JSON.parse(operations), to: document)
    }

    private func refusal(_ operations: String) -> String {
        do {
            return "accepted: \(JSON.text(try apply(operations)))"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "every operation does what RFC 6902 says",
        arguments: [
            (#"[{"op":"add","path":"/a/e","value":{"f":null}}]"#, "/a/e", #"{"f":null}"#),
            (#"[{"op":"add","path":"/a/c~1d/1","value":9}]"#, "/a/c~1d", "[1,9,2]"),
            (#"[{"op":"add","path":"/list/-","value":9}]"#, "/list", #"[{"k":1},{"k":2},9]"#),
            (#"[{"op":"replace","path":"/list/1/k","value":7}]"#, "/list", #"[{"k":1},{"k":7}]"#),
            (#"[{"op":"remove","path":"/list/0"}]"#, "/list", #"[{"k":2}]"#),
            (#"[{"op":"move","from":"/a/b","path":"/list/0/b"}]"#, "/list/0", #"{"k":1,"b":1}"#),
            (#"[{"op":"copy","from":"/list/0","path":"/list/2"}]"#, "/list", #"[{"k":1},{"k":2},{"k":1}]"#),
            (
                #"[{"op":"test","path":"/m~0n","value":"x"},{"op":"replace","path":"/m~0n","value":"y"}]"#, "/m~0n",
                #""y""#
            ),
            (#"[{"op":"replace","path":"","value":[1]}]"#, "", "[1]"),
        ])
    func operations(patch: String, path: String, result: String) throws {
        let changed = try apply(patch)
        let test: Value = [["op": "test", "path": .string(path), "value": try JSON.parse(result)]]
        #expect(throws: Never.self) { try JSONPatch.apply(test, to: changed) }
    }

    // Recorded from kubectl kustomize 5.8.1.
    @Test(
        "kustomize takes what the RFC does not",
        arguments: [
            (#"[{"op":"replace","path":"/a/new","value":1}]"#, "/a/new", "1"),
            (#"[{"op":"add","path":"/a/b"}]"#, "/a/b", "null"),
            (#"[{"op":"test","path":"/a/none"},{"op":"test","path":"/a/none","value":null}]"#, "/a/b", "1"),
            (#"[{"op":"add","path":"/list/-1","value":9}]"#, "/list/2", "9"),
            (#"[{"op":"replace","path":"/list/-2","value":9},{"op":"remove","path":"/list/-1"}]"#, "/list", "[9]"),
            (#"[{"op":"add","path":"/list/01","value":9}]"#, "/list/1", "9"),
            (#"[{"op":"add","path":"a/q","value":9}]"#, "/q", "9"),
            (#"[{"op":"add","path":"/x~2y","value":9}]"#, "/x~2y", "9"),
        ])
    func kustomize(patch: String, path: String, result: String) throws {
        let operations = try JSON.parse(patch)
        let changed = try JSONPatch.apply(operations, to: document, flavor: .kustomize)
        let test: Value = [["op": "test", "path": .string(path), "value": try JSON.parse(result)]]
        #expect(throws: Never.self) { try JSONPatch.apply(test, to: changed, flavor: .kustomize) }
        #expect(throws: PatchError.self) { try JSONPatch.apply(operations, to: document) }
    }

    @Test(
        "kustomize refuses these too",
        arguments: [
            #"[{"op":"replace","path":"/none/deep","value":1}]"#, #"[{"op":"remove","path":"/a/none"}]"#,
            #"[{"op":"add","path":"/list/3","value":1}]"#, #"[{"op":"add","path":"/list/-4","value":1}]"#,
            #"[{"op":"replace","path":"/list/2","value":1}]"#, #"[{"op":"test","path":"/none/deep"}]"#,
            #"[{"op":"test","path":"/a/b"}]"#, #"[{"op":"copy","path":"/list/-"}]"#, #"[{"op":"merge","path":"/a"}]"#,
        ])
    func kustomizeRefuses(patch: String) throws {
        let operations = try JSON.parse(patch)
        #expect(throws: PatchError.self) { try JSONPatch.apply(operations, to: document, flavor: .kustomize) }
    }

    @Test(
        "a refusal names the operation and the path, and never a value",
        arguments: [
            (#"{"op":"add"}"#, "cannot patch the root: a JSON patch is a list of operations, not a map"),
            (#"[{"path":"/a"}]"#, #"cannot apply operation 0 at the root: "op" is missing"#),
            (#"[{"op":"add","path":"/a/x"}]"#, #"cannot apply operation 0 at /a/x: "value" is missing"#),
            (#"[{"op":"put","path":"/a"}]"#, #"cannot apply operation 0 at /a: unknown operation "put""#),
            (#"[{"op":"remove","path":"a"}]"#, "cannot apply operation 0 at a: a JSON pointer begins with /"),
            (
                #"[{"op":"remove","path":"/a~2"}]"#,
                "cannot apply operation 0 at a~2: ~ is written ~0 in a JSON pointer, and / as ~1"
            ),
            (#"[{"op":"add","path":"/z/y","value":1}]"#, #"cannot apply operation 0 at /z/y: there is no "z""#),
            (
                #"[{"op":"remove","path":"/list/0"},{"op":"remove","path":"/list/1"}]"#,
                "cannot apply operation 1 at /list/1: the list has 1 elements, so none at 1"
            ),
            (
                #"[{"op":"add","path":"/list/01","value":1}]"#,
                #"cannot apply operation 0 at /list/01: "01" is no index of a list"#
            ),
            (
                #"[{"op":"remove","path":"/list/-"}]"#,
                #"cannot apply operation 0 at /list/-: "-" is no index of a list"#
            ),
            (#"[{"op":"replace","path":"/a/x","value":1}]"#, #"cannot apply operation 0 at /a/x: there is no "x""#),
            (#"[{"op":"add","path":"/a/b/c","value":1}]"#, #"cannot apply operation 0 at /a/b/c: a number has no "c""#),
            (
                #"[{"op":"test","path":"/a/b","value":2}]"#,
                "cannot apply operation 0 at /a/b: the test failed: the value there is another"
            ),
            (
                #"[{"op":"move","from":"/a","path":"/a/b"}]"#,
                "cannot apply operation 0 at /a/b: a value cannot be moved into itself"
            ),
        ])
    func refusals(patch: String, message: String) {
        #expect(refusal(patch) == message)
    }
}

@Suite("The table of built-in types")
struct TypeTableTests {
    @Test("kinds lead to types, and fields say how they merge")
    func fields() throws {
        let table = TypeTable.builtIn
        let deployment = try #require(table.type(for: GroupVersionKind(apiVersion: "apps/v1", kind: "Deployment")))
        #expect(deployment.name == "apps.v1.Deployment")
        #expect(deployment.field("spec")?.shape == .type("apps.v1.DeploymentSpec"))
        let pod = try #require(table.type(named: "core.v1.PodSpec"))
        let containers = try #require(pod.field("containers"))
        #expect(containers.shape == .list(.type("core.v1.Container")))
        #expect(containers.isRequired && containers.listType == .map(keys: ["name"]))
        #expect(containers.patchStrategy == .merge && containers.patchMergeKey == "name")
        #expect(pod.field("volumes")?.patchStrategy == [.merge, .retainKeys])
        #expect(pod.field("nodeSelector")?.isAtomicMap == true)
        let service = try #require(table.type(named: "core.v1.ServiceSpec"))
        #expect(service.field("ports")?.listType == .map(keys: ["port", "protocol"]))
        #expect(service.field("ports")?.patchMergeKey == "port")
        let meta = try #require(table.type(named: "meta.v1.ObjectMeta"))
        #expect(meta.field("finalizers")?.listType == .set && meta.field("finalizers")?.patchStrategy == .merge)
        #expect(meta.field("creationTimestamp")?.shape == .time)
        #expect(table.type(named: "core.v1.ResourceRequirements")?.field("limits")?.shape == .map(.quantity))
        #expect(table.type(named: "meta.v1.LabelSelector")?.isAtomic == true)
        #expect(table.type(for: GroupVersionKind(apiVersion: "example.com/v1", kind: "Foo")) == nil)
        #expect(table.kinds.count == 137)
    }

    @Test("every type that a field names is in the table")
    func references() {
        func missing(_ shape: ObjectType.Shape) -> String? {
            switch shape {
            case .type(let name): TypeTable.builtIn.type(named: name) == nil ? name : nil
            case .list(let inner), .map(let inner): missing(inner)
            default: nil
            }
        }
        var seen: Set<String> = []
        var queue = TypeTable.builtIn.kinds.compactMap { TypeTable.builtIn.type(for: $0) }
        while let type = queue.popLast() {
            for field in type.fields {
                #expect(missing(field.shape) == nil, "\(type.name).\(field.name)")
                var shape = field.shape
                while true {
                    if case .list(let inner) = shape {
                        shape = inner
                    } else if case .map(let inner) = shape {
                        shape = inner
                    } else {
                        break
                    }
                }
                if case .type(let name) = shape, seen.insert(name).inserted,
                    let next = TypeTable.builtIn.type(named: name)
                {
                    queue.append(next)
                }
            }
        }
        #expect(seen.count > 300)
    }
}
