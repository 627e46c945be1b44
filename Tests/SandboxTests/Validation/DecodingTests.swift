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
}
