// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Custom resources")
struct CustomResourceTests {
    let api = APIHarness()
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

    func definition(_ spec: Object, versions: [Value]? = nil, subresources: Object = [:]) -> Value {
        let version: Value = [
            "name": "v1", "served": true, "storage": true, "subresources": .object(subresources),
            "schema": [
                "openAPIV3Schema": [
                    "type": "object",
                    "properties": [
                        "spec": .object(spec),
                        "status": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                    ],
                ]
            ],
        ]
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "things.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced",
                "names": ["plural": "things", "kind": "Thing", "shortNames": ["th"], "categories": ["all"]],
                "versions": .array(versions ?? [version]),
            ],
        ]
    }

    func object(_ properties: Object) -> Object { ["type": "object", "properties": .object(properties)] }

    func thing(_ spec: Value, version: String = "v1") -> Value {
        ["apiVersion": .string("example.com/\(version)"), "kind": "Thing", "metadata": ["name": "t"], "spec": spec]
    }

    let things = "/apis/example.com/v1/namespaces/default/things"

    func created(_ spec: Value, query: String = "") async -> APIHarness.Answer {
        await api.send("POST", "\(things)?dryRun=All\(query)", thing(spec))
    }

    @Test("Unknown fields are pruned but where they are kept, nulls give way to defaults")
    func pruning() async {
        await api.define(
            definition(
                object([
                    "known": ["type": "string", "default": "d"],
                    "empty": ["type": "string", "nullable": true, "default": "e"],
                    "free": [
                        "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                        "properties": ["inner": ["type": "object", "properties": ["x": ["type": "string"]]]],
                    ],
                    "template": [
                        "type": "object", "x-kubernetes-embedded-resource": true,
                        "properties": ["spec": ["type": "object"]],
                    ],
                    "port": ["x-kubernetes-int-or-string": true],
                    "bare": ["type": "object"],
                ])))
        let answer = await created([
            "known": nil, "empty": nil, "gone": 1, "free": ["kept": 1, "inner": ["x": "1", "gone": 2]],
            "template": ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"], "spec": ["gone": 1]],
            "port": "http", "bare": ["gone": 1],
        ])
        #expect(answer.status == 201)
        #expect(
            answer.body["spec"] == [
                "known": "d", "empty": nil, "free": ["kept": 1, "inner": ["x": "1"]],
                "template": ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"], "spec": [:]], "port": "http",
                "bare": [:],
            ])
        #expect(answer.warnings.contains(#"299 - "unknown field \"spec.gone\"""#))
        let strict = await created(["known": "x", "gone": 1], query: "&fieldValidation=Strict")
        #expect(
            strict.message
                == #"Thing in version "v1" cannot be handled as a Thing: strict decoding error: unknown field "spec.gone""#
        )
    }

    @Test(
        "What a schema refuses is said in the server's words",
        arguments: [
            (["n": 0], #"spec.n: Invalid value: 0: spec.n in body should be greater than or equal to 1"#),
            (["n": 11], #"spec.n: Invalid value: 11: spec.n in body should be less than or equal to 10"#),
            (["n": "x"], #"spec.n: Invalid value: "string": spec.n in body must be of type integer: "string""#),
            (["s": "abcdef"], #"spec.s: Too long: may not be more than 5 bytes"#),
            (["s": ""], #"spec.s: Invalid value: "": spec.s in body should be at least 1 chars long"#),
            (["p": "B"], #"spec.p: Invalid value: "B": spec.p in body should match '^a+$'"#),
            (["e": "z"], #"spec.e: Unsupported value: "z": supported values: "x", "y""#),
            (
                ["time": "noon"],
                #"spec.time: Invalid value: "noon": spec.time in body must be of type date-time: "noon""#
            ),
            (["list": ["a", "b", "c"]], #"spec.list: Too many: 3: must have at most 2 items"#),
            (["list": []], #"spec.list: Invalid value: 0: spec.list in body should have at least 1 items"#),
            (
                ["map": ["a": 1]],
                #"spec.map.a: Invalid value: "integer": spec.map.a in body must be of type string: "integer""#
            ),
            (["map": ["a": "1", "b": "2"]], #"spec.map: Too many: 2: must have at most 1 item"#),
            (["set": ["a", "a"]], #"spec.set[1]: Duplicate value: "a""#),
            (["keyed": [["name": "a"], ["name": "a"]]], #"spec.keyed[1]: Duplicate value: {"name":"a"}"#),
            (["keyed": [["x": 1]]], #"spec.keyed[0].name: Required value"#),
            (
                ["port": true],
                #"spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean""#
            ),
            (["not": "no"], #"<nil>: Invalid value: "": "spec.not" must not validate the schema (not)"#),
        ] as [(Value, String)])
    func refusals(spec: Value, why: String) async {
        await api.define(
            definition(
                object([
                    "n": ["type": "integer", "minimum": 1, "maximum": 10],
                    "s": ["type": "string", "minLength": 1, "maxLength": 5],
                    "p": ["type": "string", "pattern": "^a+$"],
                    "e": ["type": "string", "enum": ["x", "y"]], "time": ["type": "string", "format": "date-time"],
                    "list": ["type": "array", "minItems": 1, "maxItems": 2, "items": ["type": "string"]],
                    "map": ["type": "object", "maxProperties": 1, "additionalProperties": ["type": "string"]],
                    "set": ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]],
                    "keyed": [
                        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                        "items": [
                            "type": "object", "required": ["name"],
                            "properties": ["name": ["type": "string"], "x": ["type": "integer"]],
                        ],
                    ],
                    "port": ["x-kubernetes-int-or-string": true],
                    "not": ["type": "string", "not": ["enum": ["no"]]],
                ])))
        let answer = await created(spec)
        #expect(answer.status == 422)
        #expect(answer.message == "Thing.example.com \"t\" is invalid: \(why)")
    }

    @Test("Alternatives name the combination, then the failure of the nearest one")
    func alternatives() async {
        var spec = object(["a": ["type": "string"], "b": ["type": "string"]])
        spec["oneOf"] = [["required": ["a"]], ["required": ["b"]]]
        await api.define(definition(spec))
        #expect(await created(["a": "1"]).status == 201)
        let none = await created([:])
        #expect(
            none.message
                == "Thing.example.com \"t\" is invalid: [<nil>: Invalid value: \"\": \"spec\" must validate one and only "
                + "one schema (oneOf). Found none valid, spec.a: Required value]")
        let both = await created(["a": "1", "b": "1"])
        #expect(both.message.hasSuffix("(oneOf). Found 2 valid alternatives"))
    }

    @Test("What an update leaves as it was is not held against it")
    func ratcheting() async {
        await api.define(definition(object(["a": ["type": "string"], "b": ["type": "string"]])))
        await api.send("POST", things, thing(["a": "long", "b": "1"]))
        await api.redefine(definition(object(["a": ["type": "string", "maxLength": 1], "b": ["type": "string"]])))
        #expect(await api.merge("\(things)/t", as: "m", ["spec": ["b": "2"]]).status == 200)
        #expect(await api.merge("\(things)/t", as: "m", ["spec": ["a": "longer"]]).status == 422)
    }

    @Test("The generation counts the status too where there is no status subresource", arguments: [true, false])
    func generation(hasStatus: Bool) async {
        await api.define(
            definition(object(["a": ["type": "string"]]), subresources: hasStatus ? ["status": [:]] : [:]))
        await api.send("POST", things, thing(["a": "1"]))
        let changed = await api.merge("\(things)/t", as: "m", ["status": ["x": 1]])
        #expect(changed.body["metadata"]?["generation"] == (hasStatus ? 1 : 2))
        #expect(changed.body["status"] == (hasStatus ? nil : ["x": 1]))
        let labelled = await api.merge("\(things)/t", as: "m", ["metadata": ["labels": ["l": "1"]]])
        #expect(labelled.body["metadata"]?["generation"] == (hasStatus ? 1 : 2))
    }

    func version(_ name: String, served: Bool = true, storage: Bool = false, _ properties: Object) -> Value {
        [
            "name": .string(name), "served": .bool(served), "storage": .bool(storage),
            "schema": [
                "openAPIV3Schema": [
                    "type": "object", "properties": ["spec": ["type": "object", "properties": .object(properties)]],
                ]
            ],
        ]
    }

    @Test("Versions differ in name and in what they know; entries keep the version they were made in")
    func versions() async {
        let both: Object = ["a": ["type": "string"], "b": ["type": "string"]]
        let old = version("v1", ["a": ["type": "string"]])
        await api.define(definition([:], versions: [old, version("v2", storage: true, both)]))
        let v2 = "/apis/example.com/v2/namespaces/default/things"
        await api.apply("\(v2)/t", as: "m", thing(["a": "1", "b": "1"], version: "v2"))
        let read = await api.send("GET", "\(things)/t")
        #expect(read.body["apiVersion"] == "example.com/v1")
        #expect(read.body["spec"] == ["a": "1"])
        #expect(read.body["metadata"]?["managedFields"]?[0]?["apiVersion"] == "example.com/v2")
        let conflict = await api.apply("\(things)/t", as: "n", thing(["a": "2"]))
        #expect(conflict.message == "Apply failed with 1 conflict: conflict with \"m\": .spec.a")
    }

    @Test("An entry of a version that the definition has no more refuses every apply, and no other write")
    func droppedVersion() async {
        let properties: Object = ["a": ["type": "string"]]
        await api.define(
            definition([:], versions: [version("v1", storage: true, properties), version("v1beta1", properties)]))
        let beta = "/apis/example.com/v1beta1/namespaces/default/things"
        await api.apply("\(beta)/t", as: "m", thing(["a": "1"], version: "v1beta1"))
        #expect(await api.redefine(definition([:], versions: [version("v1", storage: true, properties)])).status == 200)
        let refused = await api.apply("\(things)/t", as: "n", force: true, thing(["a": "2"]))
        #expect(refused.status == 500)
        #expect(refused.message == "request to convert CR to an invalid group/version: example.com/v1beta1")
        #expect(await api.send("GET", "\(things)/t").status == 200)
        let merged = await api.merge("\(things)/t", as: "n", ["spec": ["a": "3"]])
        #expect(merged.status == 200)
        #expect(merged.managers == ["m/Apply"])
        await api.merge("\(things)/t", as: "n", ["metadata": ["managedFields": [[:]]]])
        #expect(await api.apply("\(things)/t", as: "n", thing(["a": "3"])).status == 200)
    }

    @Test(
        "A definition that is not right is refused",
        arguments: [
            (
                ["spec", "group"], "example",
                #"spec.group: Invalid value: "example": should be a domain with at least one dot"#
            ),
            (
                ["spec", "scope"], "World",
                #"spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced""#
            ),
            (
                ["metadata", "name"], "x.example.com",
                #"metadata.name: Invalid value: "x.example.com": must be spec.names.plural+"."+spec.group"#
            ),
            (
                ["spec", "names", "listKind"], "Thing",
                #"spec.names.listKind: Invalid value: "Thing": kind and listKind may not be the same"#
            ),
            (
                ["spec", "versions"], [["name": "v1", "served": true, "storage": true]],
                "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"
            ),
            (
                ["spec", "versions"],
                [["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": ["type": "string"]]]],
                #"spec.validation.openAPIV3Schema.type: Invalid value: "string": must be object at the root"#
            ),
            (
                ["spec", "versions"],
                [
                    [
                        "name": "v1", "served": true, "storage": true,
                        "schema": ["openAPIV3Schema": ["type": "object", "properties": ["spec": [:]]]],
                    ]
                ],
                "spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields"
            ),
        ] as [([String], Value, String)])
    func definitions(path: [String], value: Value, why: String) async {
        var object = definition(object(["a": ["type": "string"]])).object ?? Object()
        object.set(value, at: path[...])
        let answer = await api.define(.object(object))
        #expect(answer.status == 422)
        #expect(answer.message.contains(why), "\(answer.message)")
    }

    @Test("Exactly one version is stored")
    func storage() async {
        let answer = await api.define(
            definition(
                [:], versions: [version("v1", ["a": ["type": "string"]]), version("v2", ["a": ["type": "string"]])]))
        #expect(answer.message.contains("must have exactly one version marked as storage version"))
    }

    @Test("A second definition of a kind waits until the name is free")
    func nameConflict() async {
        await api.define(definition(object(["a": ["type": "string"]])))
        var other = definition(object(["a": ["type": "string"]])).object ?? Object()
        other.set("others.example.com", at: "metadata", "name")
        other.set("others", at: "spec", "names", "plural")
        other.set("other", at: "spec", "names", "singular")
        await api.define(.object(other))
        let live = await api.send("GET", "\(definitions)/others.example.com")
        let conditions = live.body["status"]?["conditions"]?.array ?? []
        #expect(conditions.map { $0["status"]?.string } == ["False", "False"])
        #expect(conditions.first?["reason"] == "ListKindConflict")
        #expect(await api.send("GET", "/apis/example.com/v1/namespaces/default/others").status == 404)
    }

    @Test("Deleting a definition deletes its objects")
    func deletion() async {
        await api.define(definition(object(["a": ["type": "string"]])))
        await api.send("POST", things, thing(["a": "1"]))
        await api.send("DELETE", "\(definitions)/things.example.com")
        await api.cluster.settle()
        #expect(await api.send("GET", "\(things)/t").status == 404)
        #expect(await api.send("GET", "\(definitions)/things.example.com").status == 404)
    }

    @Test("A list changed from keyed to atomic leaves its owners the whole of it")
    func reconciledOwnership() async {
        func list(_ kind: String) -> Object {
            object([
                "l": [
                    "type": "array", "x-kubernetes-list-type": .string(kind), "items": ["type": "string"],
                ]
            ])
        }
        await api.define(definition(list("set")))
        let first = await api.apply("\(things)/t", as: "m", thing(["l": ["x"]]))
        #expect(first.owned("m") == [#".spec.l[="x"]"#])
        await api.redefine(definition(list("atomic")))
        let conflict = await api.apply("\(things)/t", as: "n", thing(["l": ["y"]]))
        #expect(conflict.message == "Apply failed with 1 conflict: conflict with \"m\": .spec.l")
    }
}

@Suite("JSONPath")
struct JSONPathTests {
    static let object: Object = [
        "spec": ["n": 3, "tags": ["x", "y"], "a.b": "dotted"],
        "status": ["conditions": [["type": "Ready", "status": "True"], ["type": "Old", "status": "False"]]],
    ]

    @Test(
        "Finds fields, items, every item, and items by what they hold",
        arguments: [
            (".spec.n", [3]), (".spec.tags[0]", ["x"]), (".spec.tags[-1]", ["y"]), (".spec.tags[*]", ["x", "y"]),
            (#".status.conditions[?(@.type=="Ready")].status"#, ["True"]),
            (".status.conditions[?(@.type != 'Ready')].status", ["False"]), (#".spec['a.b']"#, ["dotted"]),
            (#".spec.a\.b"#, ["dotted"]), (".spec.none", []), ("{.spec.n}", [3]),
        ] as [(String, [Value])])
    func values(path: String, expected: [Value]) throws {
        #expect(try #require(JSONPath(path)).values(in: .object(Self.object)) == expected)
    }

    @Test("Cells have the column's type, or nothing")
    func cells() {
        func cell(_ type: Value, _ path: Value) -> Value {
            JSONPath.cell(["type": type, "jsonPath": path], of: Self.object) { _ in "age" }
        }
        #expect(cell("integer", ".spec.n") == 3)
        #expect(cell("string", ".spec.n") == "3")
        #expect(cell("string", ".spec.tags") == "[\"x\",\"y\"]")
        #expect(cell("integer", ".spec.tags") == .null)
        #expect(cell("date", ".spec.tags[0]") == "<invalid>")
        #expect(cell("string", ".spec.none") == .null)
    }
}
