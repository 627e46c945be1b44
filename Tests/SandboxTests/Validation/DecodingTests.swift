// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Bodies are decoded as Go decodes them")
struct DecodingTests {
    let harness = ValidationHarness()
    static let deployments = "/apis/apps/v1/namespaces/default/deployments"

    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var yaml: String
        var problem: String
    }

    static let examples = [
        Example(
            testDescription: "a number too large",
            yaml: ValidationHarness.deployment(spec: "replicas: 3000000000,"),
            problem:
                "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32"
        ),
        Example(
            testDescription: "a choice that is no text",
            yaml: ValidationHarness.deployment(container: "imagePullPolicy: 1"),
            problem:
                "json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.imagePullPolicy of type v1.PullPolicy"
        ),
        Example(
            testDescription: "a list that is a text",
            yaml: ValidationHarness.deployment(container: "args: x"),
            problem:
                "json: cannot unmarshal string into Go struct field Container.spec.template.spec.containers.args of type []string"
        ),
        Example(
            testDescription: "a struct that is a list",
            yaml: ValidationHarness.deployment(container: "livenessProbe: []"),
            problem:
                "json: cannot unmarshal array into Go struct field Container.spec.template.spec.containers.livenessProbe of type v1.Probe"
        ),
        Example(
            testDescription: "seconds of 64 bits",
            yaml: ValidationHarness.deployment(pod: "activeDeadlineSeconds: x,"),
            problem:
                "json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.activeDeadlineSeconds of type int64"
        ),
    ]

    @Test("What does not fit is refused:", arguments: examples)
    func mismatch(example: Example) async {
        let answer = await harness.create(example.yaml)
        #expect(answer.status == 400)
        #expect(
            answer.message == "Deployment in version \"v1\" cannot be handled as a Deployment: \(example.problem)")
    }

    @Test("A key that stands twice is an error when strict, a warning otherwise, and the last one counts")
    func duplicates() async {
        let body =
            #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","name":"d"},"data":{"a":"1","a":"2"}}"#
        let path = "/api/v1/namespaces/default/configmaps"
        let strict = await harness.send("POST", path + "?fieldValidation=Strict", body)
        #expect(strict.status == 400)
        #expect(
            strict.message
                == "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: duplicate field \"metadata.name\", duplicate field \"data.a\""
        )
        let lenient = await harness.send("POST", path, body)
        #expect(lenient.status == 201)
        #expect(
            lenient.warnings == [
                #"299 - "duplicate field \"metadata.name\"""#, #"299 - "duplicate field \"data.a\"""#,
            ])
        #expect(lenient.body["data"] == ["a": "2"])
        #expect(await harness.send("POST", path + "?fieldValidation=Ignore&dryRun=All", body).warnings == [])
    }

    @Test("A body that is no JSON is refused with Go's words")
    func syntax() async {
        let answer = await harness.send("POST", Self.deployments, #"{"kind":"Deployment", oops"#)
        #expect(
            answer.message
                == #"the object provided is unrecognized (must be of type Deployment): couldn't get version/kind; json parse error: invalid character 'o' looking for beginning of object key string ({"kind":"Deployment", oops)"#
        )
    }

    @Test("A patch whose result does not fit is refused as the patch")
    func patches() async {
        _ = await harness.create(ValidationHarness.deployment())
        let strategic = await harness.send(
            "PATCH", Self.deployments + "/d", #"{"spec":{"replicas":"x"}}"#,
            type: "application/strategic-merge-patch+json")
        #expect(strategic.status == 422)
        #expect(
            strategic.message
                == #" "" is invalid: patch: Invalid value: "map[spec:map[replicas:x]]": unrecognized type: int32"#)
    }

    static let twice = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: v,\n a: w}}"

    /// The decoder reads YAML with sigs.k8s.io/yaml's UnmarshalStrict; go-yaml words what it finds.
    @Test("A key that stands twice in YAML is one too")
    func yamlDuplicates() async {
        let path = "/api/v1/namespaces/default/configmaps"
        let told = #"line 2: key "a" already set in map"#
        for (method, path) in [("POST", path), ("PUT", path + "/c")] {
            let strict = await harness.send(
                method, path + "?fieldValidation=Strict", Self.twice, type: "application/yaml")
            #expect(strict.status == 400)
            #expect(
                strict.message
                    == "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  \(told)"
            )
            let lenient = await harness.send(method, path, Self.twice, type: "application/yaml")
            #expect(lenient.status < 300)
            #expect(lenient.body["data"] == ["a": "w"])
            #expect(lenient.warnings == [#"299 - "line 2: key \"a\" already set in map""#])
        }
    }

    /// patcher.applyPatchToCurrentObject of apiserver: a strict problem is one of the patch.
    @Test("A strict patch with unknown or repeated fields is refused as the patch")
    func strictPatches() async {
        _ = await harness.create(ValidationHarness.deployment())
        for type in ["application/merge-patch+json", "application/strategic-merge-patch+json"] {
            let unknown = await harness.send(
                "PATCH", Self.deployments + "/d?fieldValidation=Strict", #"{"spec":{"oops":1}}"#, type: type)
            #expect(unknown.status == 422)
            #expect(unknown.message.hasPrefix(#" "" is invalid: patch: Invalid value: "#))
            #expect(unknown.message.hasSuffix(#"strict decoding error: unknown field "spec.oops""#))
            let twice = #"{"spec":{"replicas":1,"replicas":2}}"#
            let repeated = await harness.send(
                "PATCH", Self.deployments + "/d?fieldValidation=Strict", twice, type: type)
            #expect(repeated.status == 422)
            #expect(repeated.message.hasSuffix(#"strict decoding error: duplicate field "spec.replicas""#))
            let warned = await harness.send("PATCH", Self.deployments + "/d", twice, type: type)
            #expect(warned.status == 200)
            #expect(warned.warnings == [#"299 - "duplicate field \"spec.replicas\"""#])
        }
    }

    /// ValidateCreateOptions and its neighbours of apimachinery's pkg/apis/meta/v1/validation.
    @Test("Options that do not exist are refused before the body is read")
    func options() async {
        let validation = await harness.send("POST", Self.deployments + "?fieldValidation=Very", "{}")
        #expect(validation.status == 422)
        #expect(
            validation.message
                == #"CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Very": supported values: "", "Ignore", "Strict", "Warn""#
        )
        let dryRun = await harness.send("PUT", Self.deployments + "/d?dryRun=some", "{}")
        #expect(
            dryRun.message
                == #"UpdateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["some"]: supported values: "All""#
        )
    }
}
