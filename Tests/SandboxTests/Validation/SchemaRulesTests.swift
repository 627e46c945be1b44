// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

/// `x-kubernetes-validations`, held to apiextensions-apiserver's pkg/apiserver/schema/cel: validation.go of objects,
/// compilation.go of definitions.
@Suite("The rules in CEL of a definition's schema")
struct SchemaRulesTests {
    let api = APIHarness()
    let things = "/apis/example.com/v1/namespaces/default/things"

    static func definition(_ spec: Value) -> Value {
        [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "things.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["plural": "things", "kind": "Thing"],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true,
                        "schema": ["openAPIV3Schema": ["type": "object", "properties": ["spec": spec]]],
                    ]
                ],
            ],
        ]
    }

    static func thing(_ spec: Value) -> Value {
        ["apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "t"], "spec": spec]
    }

    /// A spec with two numbers, a text, and what is given.
    static func spec(rule: Value? = nil, a: Value? = nil) -> Value {
        var number: Object = ["type": "integer"]
        if let a { number["x-kubernetes-validations"] = [a] }
        var schema: Object = [
            "type": "object",
            "properties": ["a": .object(number), "b": ["type": "integer"], "s": ["type": "string", "maxLength": 5]],
        ]
        if let rule { schema["x-kubernetes-validations"] = [rule] }
        return .object(schema)
    }

    static let refusals: [(schema: Value, object: Value, why: String)] = [
        (spec(a: ["rule": "self > 1", "message": "too few"]), ["a": 1], "spec.a: Invalid value: 1: too few"),
        (
            spec(rule: ["rule": "self.a < self.b"]), ["a": 2, "b": 1],
            "spec: Invalid value: failed rule: self.a < self.b"
        ),
        (
            spec(rule: ["rule": "self.a < self.b", "message": "m", "messageExpression": "'a is ' + string(self.a)"]),
            ["a": 2, "b": 1], "spec: Invalid value: a is 2"
        ),
        (
            spec(rule: ["rule": "!has(self.s)", "message": "no", "reason": "FieldValueForbidden", "fieldPath": ".s"]),
            ["s": "x"], "spec.s: Forbidden: no"
        ),
        (
            spec(rule: ["rule": "has(self.s)", "message": "wanted", "reason": "FieldValueRequired", "fieldPath": ".s"]),
            ["a": 1], "spec.s: Required value: wanted"
        ),
        (
            spec(rule: ["rule": "self.a / self.b == 1"]), ["a": 1, "b": 0],
            "spec: Invalid value: \"object\": division by zero evaluating rule: self.a / self.b == 1"
        ),
        (
            spec(rule: ["rule": "self.a < self.b"]), ["a": 1],
            "spec: Invalid value: \"object\": no such key: b evaluating rule: self.a < self.b"
        ),
    ]

    @Test("An object that a rule is false of is refused:", arguments: refusals.indices)
    func refusal(index: Int) async {
        let example = Self.refusals[index]
        #expect(await api.define(Self.definition(example.schema)).status == 201)
        let answer = await api.send("POST", things, Self.thing(example.object))
        #expect(answer.status == 422)
        #expect(answer.message == "Thing.example.com \"t\" is invalid: \(example.why)")
    }

    @Test("Rules wait until the object fits the schema")
    func blocked() async {
        await api.define(Self.definition(Self.spec(rule: ["rule": "self.a < self.b"])))
        let answer = await api.send("POST", things, Self.thing(["a": 2, "b": 1, "s": "too long"]))
        #expect(
            answer.message
                == "Thing.example.com \"t\" is invalid: [spec.s: Too long: may not be more than 5 bytes, <nil>: Invalid value: \"null\": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]"
        )
    }

    @Test("A rule that compares is asked of updates alone, on every way of writing")
    func transitions() async {
        await api.define(Self.definition(Self.spec(a: ["rule": "self == oldSelf", "message": "a is immutable"])))
        #expect(await api.send("POST", things, Self.thing(["a": 1])).status == 201)
        let refused = "Thing.example.com \"t\" is invalid: spec.a: Invalid value: 2: a is immutable"
        let merged = await api.merge("\(things)/t", as: "m", ["spec": ["a": 2]])
        #expect(merged.status == 422)
        #expect(merged.message == refused)
        #expect(await api.apply("\(things)/t", as: "m", force: true, Self.thing(["a": 2])).message == refused)
        #expect(await api.merge("\(things)/t", as: "m", ["spec": ["b": 2]]).status == 200)
    }

    @Test("With optionalOldSelf a rule that compares is asked of creations too")
    func optionalOldSelf() async {
        await api.define(
            Self.definition(
                Self.spec(a: [
                    "rule": "oldSelf.hasValue() ? self >= oldSelf.value() : self == 1", "optionalOldSelf": true,
                ])))
        #expect(await api.send("POST", things, Self.thing(["a": 2])).status == 422)
        #expect(await api.send("POST", things, Self.thing(["a": 1])).status == 201)
        #expect(await api.merge("\(things)/t", as: "m", ["spec": ["a": 3]]).status == 200)
        #expect(await api.merge("\(things)/t", as: "m", ["spec": ["a": 2]]).status == 422)
    }

    @Test("What an object had before the rule came stays until it changes")
    func ratcheting() async {
        await api.define(Self.definition(Self.spec()))
        #expect(await api.send("POST", things, Self.thing(["a": 1])).status == 201)
        await api.redefine(Self.definition(Self.spec(a: ["rule": "self > 1"])))
        #expect(await api.merge("\(things)/t", as: "m", ["spec": ["b": 1]]).status == 200)
        #expect(await api.merge("\(things)/t", as: "m", ["spec": ["a": 0]]).status == 422)
    }

    /// The internal struct of a rule, which has no names of its own for JSON.
    static func dumped(_ rule: String) -> String {
        "{\"Rule\":\"\(rule)\",\"Message\":\"\",\"MessageExpression\":\"\",\"Reason\":null,\"FieldPath\":\"\",\"OptionalOldSelf\":null}"
    }

    static let definitions: [(rule: Value, field: String, why: String)] = [
        (["rule": " "], "rule", "Required value: rule is not specified"),
        (
            ["rule": "self.a > 1", "message": "a\nb"], "message",
            "Invalid value: \"a\\nb\": must not contain line breaks"
        ),
        (
            ["rule": "self.a > 1", "reason": "Bad"], "reason",
            "Unsupported value: \"Bad\": supported values: \"FieldValueDuplicate\", \"FieldValueForbidden\", \"FieldValueInvalid\", \"FieldValueRequired\""
        ),
        (
            ["rule": "self.c > 1"], "rule",
            "Invalid value: \(dumped("self.c > 1")): compilation failed: ERROR: <input>:1:5: undefined field 'c'\n | self.c > 1\n | ....^"
        ),
        (
            ["rule": "self.a + 1"], "rule",
            "Invalid value: \(dumped("self.a + 1")): cel expression must evaluate to a bool"
        ),
        (
            ["rule": "self.a > 1", "optionalOldSelf": true], "optionalOldSelf",
            "Invalid value: true: may not be set if oldSelf is not used in rule"
        ),
    ]

    @Test("A definition whose rule cannot be is refused:", arguments: definitions.indices)
    func definition(index: Int) async {
        let example = Self.definitions[index]
        let answer = await api.define(Self.definition(Self.spec(rule: example.rule)))
        #expect(answer.status == 422)
        let causes = answer.body["details"]?["causes"]?.array ?? []
        #expect(
            causes.map { $0["field"]?.string ?? "" } == [
                "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].\(example.field)"
            ])
        #expect(causes.first?["message"]?.string == example.why)
    }

    @Test("A rule within a list that has no keys cannot compare")
    func uncorrelated() async {
        let list: Value = [
            "type": "array",
            "items": ["type": "integer", "x-kubernetes-validations": [["rule": "self == oldSelf"]]],
        ]
        let answer = await api.define(Self.definition(["type": "object", "properties": ["l": list]]))
        #expect(
            answer.body["details"]?["causes"]?[0]?["message"]?.string
                == "Invalid value: \"self == oldSelf\": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec].properties[l]"
        )
    }
}
