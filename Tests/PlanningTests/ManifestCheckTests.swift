// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("Mistakes in manifests")
struct ManifestCheckTests {
    private func problems(_ text: String, with more: String = "") throws -> [String] {
        let manifests = try ManifestReader.manifests(Array(text.utf8), file: "a.yaml")
        let others = more.isEmpty ? [] : try ManifestReader.manifests(Array(more.utf8), file: "b.yaml")
        let check = ManifestCheck(manifests: manifests + others)
        return manifests.flatMap { check.problems(of: $0) }.map {
            "\($0.path): \($0.message)\($0.isCertain ? "" : " (maybe)")"
        }
    }

    private func deployment(_ container: String, _ pod: String = "") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api}
        spec:
          selector: {matchLabels: {app: api}}
          template:
            metadata: {labels: {app: api}}
            spec: {containers: [{name: api, image: x\(container)}]\(pod)}
        """
    }

    private static let place = "spec.template.spec.containers[0]"
    private static let mistakes: [(String, String)] = [
        (", imagee: y", "\(place).imagee: there is no such field; did you mean \"image\"?"),
        (", ports: [{containerPort: \"80\"}]", "\(place).ports[0].containerPort: must be a whole number, not a string"),
        (", env: [{name: A, value: 5}]", "\(place).env[0].value: must be a text, not a number; put it in quotes"),
        (", env: [{name: A}, {name: A}]", "\(place).env[1]: has the same name as item 0"),
        (", env: [{value: x}]", "\(place).env[0].name: is missing (maybe)"),
        (
            ", ports: [{containerPort: 80}, {containerPort: 80, protocol: TCP}]",
            "\(place).ports[1]: has the same containerPort and protocol as item 0"
        ),
        (", tty: \"yes\"", "\(place).tty: must be true or false, not a string"),
        (
            ", resources: {limits: {cpu: lots}}",
            "\(place).resources.limits.cpu: must be a quantity such as 500m or 1Gi (maybe)"
        ),
        (", command: sh", "\(place).command: must be a list, not a string"),
        (", livenessProbe: {httpGet: {path: /}}", "\(place).livenessProbe.httpGet.port: is missing (maybe)"),
    ]

    @Test("Are named by the field's path, with what was expected", arguments: mistakes)
    func named(container: String, problem: String) throws {
        #expect(try problems(deployment(container)).contains(problem))
    }

    @Test(
        "What the server takes is none",
        arguments: [
            "", ", ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}]", ", resources: {limits: {cpu: 1}}",
            ", env: null", ", livenessProbe: {tcpSocket: {port: http}}", ", args: [a, a]",
            ", resources: {requests: {memory: 1.5Gi, \"nvidia.com/gpu\": 1}}", ", securityContext: {}",
        ])
    func accepted(container: String) throws { #expect(try problems(deployment(container)) == []) }

    @Test("A Secret's values are in no message")
    func secrets() throws {
        let text = """
            apiVersion: v1
            kind: Secret
            metadata: {name: x}
            data: {password: "hunter two!", "tls.key": 12345}
            stringData: {pin: 98765}
            """
        let found = try problems(text)
        #expect(
            found == [
                "data.password: must be base64 (a text goes under stringData)",
                "data[\"tls.key\"]: must be base64 text, not a number",
                "stringData.pin: must be a text, not a number; put it in quotes",
            ])
    }

    private static let definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {plural: widgets, kind: Widget}
          versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema:
                type: object
                required: [spec]
                properties:
                  spec:
                    type: object
                    required: [size]
                    properties:
                      size: {type: integer}
                      port: {x-kubernetes-int-or-string: true}
                      free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                      labels: {type: object, additionalProperties: {type: string}}
                      items:
                        type: array
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [name]
                        items: {type: object, properties: {name: {type: string}, on: {type: boolean}}}
        """

    private func widget(_ spec: String) throws -> [String] {
        try problems(
            "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: \(spec)\nstatus: {any: 1}\n",
            with: Self.definition)
    }

    @Test("A custom resource is held against the definition among the manifests")
    func custom() throws {
        #expect(
            try widget("{size: 1, port: http, free: {a: {b: 1}}, labels: {a: b}, items: [{name: a, on: true}]}") == [])
        #expect(try widget("{size: x}") == ["spec.size: must be a whole number, not a string"])
        #expect(try widget("{size: 1, colour: red}") == ["spec.colour: there is no such field"])
        #expect(try widget("{port: 1}") == ["spec.size: is missing (maybe)"])
        #expect(try widget("{size: 1, labels: {a: 1}}").count == 1)
        #expect(
            try widget("{size: 1, items: [{name: a}, {name: a}]}") == ["spec.items[1]: has the same name as item 0"])
    }

    @Test("Kinds that nobody here knows are not looked at")
    func unknown() throws {
        #expect(try problems("apiVersion: example.com/v1\nkind: Other\nmetadata: {name: w}\nspec: {x: 1}\n") == [])
    }

    @Test("A message names file and line, object, field and expectation")
    func description() throws {
        let text = "---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: s}\ndata: {a: 1}\n"
        let manifest = try #require(try ManifestReader.manifests(Array(text.utf8), file: "k8s/a.yaml").first)
        let problem = try #require(ManifestCheck(manifests: [manifest]).problems(of: manifest).first)
        #expect(
            problem.description
                == "k8s/a.yaml:3: ConfigMap s/x: data.a: must be a text, not a number; put it in quotes")
    }
}
