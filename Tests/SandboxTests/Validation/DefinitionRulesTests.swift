// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

/// Held to apiextensions-apiserver: pkg/apis/apiextensions/validation and pkg/apiserver/schema/validation.go.
@Suite("Definitions, and what their versions tell")
struct DefinitionRulesTests {
    let api = APIHarness()

    static let schemas: [(schema: Value, why: String)] = [
        (
            ["properties": ["a": ["type": "string"]]],
            "properties[spec].type: Required value: must not be empty for specified object fields"
        ),
        (
            ["type": "array", "items": [:]],
            "properties[spec].items.type: Required value: must not be empty for specified array items"
        ),
        (
            ["type": "object", "anyOf": [["type": "object"]]],
            "properties[spec].anyOf[0].type: Forbidden: must be empty to be structural"
        ),
        (
            ["type": "object", "x-kubernetes-preserve-unknown-fields": false],
            "properties[spec].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined"
        ),
    ]

    @Test("A schema that is not structural is refused:", arguments: schemas.indices)
    func structural(index: Int) async {
        let example = Self.schemas[index]
        let answer = await api.define(SchemaRulesTests.definition(example.schema))
        #expect(answer.status == 422)
        let causes = (answer.body["details"]?["causes"]?.array ?? []).map {
            "\($0["field"]?.string ?? ""): \($0["message"]?.string ?? "")"
        }
        #expect(causes == ["spec.validation.openAPIV3Schema.\(example.why)"])
    }

    /// defaultDeprecationWarning of pkg/apiserver/customresource_handler.go.
    @Test("Whoever uses a deprecated version is told the one to use")
    func deprecation() async {
        var definition = SchemaRulesTests.definition(["type": "object"]).object ?? Object()
        let current = definition.value(at: "spec", "versions")?[0] ?? .null
        var old = current.object ?? Object()
        old["name"] = "v1beta1"
        old["storage"] = false
        old["deprecated"] = true
        definition.set(.array([current, .object(old)]), at: "spec", "versions")
        #expect(await api.define(.object(definition)).status == 201)
        let told = [#"299 - "example.com/v1beta1 Thing is deprecated; use example.com/v1 Thing""#]
        let thing: Value = ["apiVersion": "example.com/v1beta1", "kind": "Thing", "metadata": ["name": "t"]]
        let path = "/apis/example.com/v1beta1/namespaces/default/things"
        #expect(await api.send("POST", path, thing).warnings == told)
        #expect(await api.send("GET", path + "/t").warnings == told)
        #expect(await api.send("GET", "/apis/example.com/v1/namespaces/default/things/t").warnings == [])
    }

    /// generateWarningsFromObj of pkg/registry/customresource/strategy.go.
    @Test("A finalizer without a domain is warned of when it comes")
    func finalizers() async {
        await api.define(SchemaRulesTests.definition(["type": "object"]))
        let path = "/apis/example.com/v1/namespaces/default/things"
        let thing: Value = [
            "apiVersion": "example.com/v1", "kind": "Thing",
            "metadata": ["name": "t", "finalizers": ["mine", "a.b/c"]],
        ]
        let told =
            #"299 - "metadata.finalizers: \"mine\": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers""#
        #expect(await api.send("POST", path, thing).warnings == [told])
        #expect(await api.merge("\(path)/t", as: "m", ["metadata": ["labels": ["a": "b"]]]).warnings == [])
    }
}
