// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

/// Expected results are those of `kubectl kustomize` (kustomize 5.8) and `kubectl patch --local` 1.37.
@Suite("Strategic merge")
struct StrategicMergeTests {
    private let base = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: d, labels: {a: b}, finalizers: [x, yy]}
        spec:
          strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
          template:
            metadata: {annotations: {p: q}}
            spec:
              containers:
              - name: a
                image: a:1
                args: [x, yy]
                ports: [{containerPort: 80}, {containerPort: 81, name: b}]
                env: [{name: A, value: "1"}, {name: B, value: "2"}]
              - name: b
                image: b:1
              volumes: [{name: v, emptyDir: {}}, {name: w, configMap: {name: c}}]
              tolerations: [{key: k}]
        """

    private func merge(
        _ patch: String, into base: String, flavor: StrategicMerge.Flavor
    ) throws -> Value? {
        func value(_ text: String) throws -> Value {
            try YAML.documents(Array(text.utf8), file: "f").first?.value ?? .null
        }
        let object = try value(base)
        return try StrategicMerge.merge(
            patch: value(patch), into: object,
            groupVersionKind: object.object?.groupVersionKind ?? Object().groupVersionKind,
            flavor: flavor)
    }

    private func expect(
        _ patch: String, into base: String, flavor: StrategicMerge.Flavor, gives result: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let merged = try #require(try merge(patch, into: base, flavor: flavor))
        let expected = try #require(try YAML.documents(Array(result.utf8), file: "f").first?.value)
        #expect(YAML.text(merged.sortedByKey) == YAML.text(expected.sortedByKey), sourceLocation: location)
    }

    private let patch = """
        metadata: {labels: {$patch: delete}, finalizers: [z]}
        spec:
          strategy: {$retainKeys: [type], type: Recreate}
          template:
            metadata: {annotations: {$patch: replace, n1: m}}
            spec:
              containers:
              - {name: side, image: "s:1"}
              - {name: b, $patch: delete}
              - name: a
                args: [z]
                ports: [{containerPort: 82}, {containerPort: 81, name: c}]
                env: [{name: B, value: null}, {name: C, value: "3"}]
              volumes: [{name: v, secret: {secretName: s}}]
              tolerations: [{key: j}]
              nodeSelector: {q: null, r: s}
        """

    @Test("kustomize puts the patch's items first and removes deleted maps")
    func kustomize() throws {
        try expect(
            patch.replacing("$retainKeys: [type], ", with: ""), into: base, flavor: .kustomize,
            gives: """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: d, finalizers: [z, x, yy]}
                spec:
                  strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}
                  template:
                    metadata: {annotations: {n1: m}}
                    spec:
                      containers:
                      - {name: side, image: "s:1"}
                      - name: a
                        image: a:1
                        args: [z]
                        env: [{name: B}, {name: C, value: "3"}, {name: A, value: "1"}]
                        ports: [{containerPort: 82}, {containerPort: 81, name: c}, {containerPort: 80}]
                      volumes: [{name: v, emptyDir: {}, secret: {secretName: s}}, {name: w, configMap: {name: c}}]
                      tolerations: [{key: j}]
                      nodeSelector: {r: s}
                """)
    }

    @Test("the API server keeps the live order and leaves deleted maps empty")
    func apiServer() throws {
        try expect(
            patch, into: base, flavor: .apiServer,
            gives: """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: d, labels: {}, finalizers: [z, x, yy]}
                spec:
                  strategy: {type: Recreate}
                  template:
                    metadata: {annotations: {n1: m}}
                    spec:
                      containers:
                      - {name: side, image: "s:1"}
                      - name: a
                        image: a:1
                        args: [z]
                        env: [{name: A, value: "1"}, {name: B}, {name: C, value: "3"}]
                        ports: [{containerPort: 82}, {containerPort: 80}, {containerPort: 81, name: c}]
                      volumes: [{name: v, emptyDir: {}, secret: {secretName: s}}, {name: w, configMap: {name: c}}]
                      tolerations: [{key: j}]
                      nodeSelector: {r: s}
                """)
    }

    @Test("order, primitive deletion and kept keys are directives")
    func directives() throws {
        try expect(
            """
            metadata: {$setElementOrder/finalizers: [yy, w], finalizers: [w], $deleteFromPrimitiveList/finalizers: [x]}
            spec:
              template:
                spec:
                  $setElementOrder/containers: [{name: b}, {name: n1}, {name: a}]
                  containers: [{name: n1, image: i}, {name: a, image: aa}]
                  $setElementOrder/volumes: [{name: w}, {name: v}]
                  volumes: [{$retainKeys: [name, secret], name: v, secret: {secretName: s}}]
            """, into: base, flavor: .apiServer,
            gives: """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: d, labels: {a: b}, finalizers: [yy, w]}
                spec:
                  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
                  template:
                    metadata: {annotations: {p: q}}
                    spec:
                      containers:
                      - {name: b, image: "b:1"}
                      - {name: n1, image: i}
                      - name: a
                        image: aa
                        args: [x, yy]
                        ports: [{containerPort: 80}, {containerPort: 81, name: b}]
                        env: [{name: A, value: "1"}, {name: B, value: "2"}]
                      volumes: [{name: w, configMap: {name: c}}, {name: v, secret: {secretName: s}}]
                      tolerations: [{key: k}]
                """)
    }

    private let service = """
        apiVersion: v1
        kind: Service
        spec:
          ports:
          - {port: 80, protocol: TCP, name: x}
          - {port: 53, protocol: TCP, name: dt}
          - {port: 53, protocol: UDP, name: du}
        """

    /// `80/TCP:b0` is `{port: 80, protocol: TCP, b0: true}`.
    private func ports(_ text: String) -> Value {
        .array(
            text.split(separator: " ").map { item in
                let parts = item.split(separator: ":")
                let key = parts[0].split(separator: "/")
                var object = Object([("port", .integer(Int64(key[0]) ?? 0))])
                if key.count > 1 { object["protocol"] = .string(String(key[1])) }
                for mark in [0, 2] where parts[1].count > mark {
                    object[String(parts[1].dropFirst(mark).prefix(2))] = true
                }
                return .object(object)
            })
    }

    @Test(
        "with several keys an item that lacks one stands for all, and wins",
        arguments: [
            ("1:b0 1/UDP:b1", "2:p0 2:p1", "2:p0 1:b0 1/UDP:b1"),
            ("1:b0 1/TCP:b1", "1/UDP:p0 1:p1", "1:b0 1/TCP:b1"),
            ("2:b0 1/TCP:b1", "1:p0 2:p1", "2:b0p1 1/TCP:b1"),
            ("1:b0 1/UDP:b1", "1:p0 1/TCP:p1", "1:b0 1/UDP:b1"),
            ("2:b0 2:b1", "1/UDP:p0 1/UDP:p1", "1/UDP:p0 2:b1"),
            ("2:b0 2:b1", "2:p0 1/UDP:p1", "1/UDP:p1 2:b1"),
            ("2:b0 1:b1", "2:p0 2:p1", "2:b0p0 1:b1"),
            ("1/TCP:b0", "2:p0 1:p1", "2:p0 1/TCP:b0"),
            ("1:b0 2:b1", "2:p0 1:p1", "2:b1p0 1:b0p1"),
            ("1:b0 2:b1", "1:p0 2:p1", "1:b0p0 2:b1p1"),
            ("1:b0", "1/UDP:p0 2:p1", "2:p1 1:b0"),
            ("1/TCP:b0", "1:p0", "1/TCP:b0"),
            ("1/TCP:b0 1:b1", "1/TCP:p0 1/TCP:p1", "1:b1"),
            ("1:b0", "1/UDP:p0 1/TCP:p1", "1:b0"),
            ("1/TCP:b0 2:b1", "2:p0 1:p1", "1/TCP:b0 2:b1p0"),
            ("1/TCP:b0 1/UDP:b1", "1/UDP:p0 2:p1", "2:p1 1/TCP:b0 1/UDP:b1p0"),
            ("1/TCP:b0 2:b1", "2:p0 2:p1", "1/TCP:b0 2:b1p0"),
            ("1/TCP:b0 1/TCP:b1", "1/TCP:p0 1/UDP:p1", "1/UDP:p1 1/TCP:b1"),
            ("2:b0", "1:p0 1/TCP:p1", "1/TCP:p1 2:b0"),
            ("1:b0 1:b1", "2:p0 1:p1", "2:p0 1:b1"),
            ("1/UDP:b0", "1/UDP:p0 2:p1", "2:p1 1/UDP:b0p0"),
            ("1/UDP:b0 1/UDP:b1", "1/UDP:p0 1:p1", "1/UDP:b1"),
            ("1:b0 2:b1", "2:p0 1/UDP:p1", "1:b0 2:b1p0"),
            ("1/UDP:b0 2:b1", "1/UDP:p0 1:p1", "1/UDP:b0p0 2:b1"),
            ("2:b0", "1/TCP:p0", "1/TCP:p0 2:b0"),
            ("1/TCP:b0 1:b1", "1/TCP:p0", "1:b1"),
        ])
    func severalKeys(current: String, changes: String, result: String) throws {
        func service(_ ports: Value) -> Value { ["apiVersion": "v1", "kind": "Service", "spec": ["ports": ports]] }
        let merged = try StrategicMerge.merge(
            patch: service(ports(changes)), into: service(ports(current)),
            groupVersionKind: GroupVersionKind(apiVersion: "v1", kind: "Service"), flavor: .kustomize)
        #expect(merged == service(ports(result)))
    }

    @Test("the API server knows a port by its number alone")
    func serverPorts() throws {
        let merged = try merge("{spec: {ports: [{port: 53, targetPort: 2}]}}", into: service, flavor: .apiServer)
        #expect(merged?["spec"]?["ports"]?.array?.count == 3)
        #expect(merged?["spec"]?["ports"]?[1]?["targetPort"] == 2)
    }

    private let pods = """
        apiVersion: apps/v1
        kind: Deployment
        spec:
          paused: ~
          template:
            spec:
              containers:
              - {name: a, image: i, env: [{name: A, value: "8080"}, {name: B}, {name: A, value: "1"}], args: [x, x]}
              - {name: b, image: j}
        """

    private func containers(_ patch: String) throws -> Value? {
        try merge("{spec: {template: {spec: {containers: \(patch)}}}}", into: pods, flavor: .kustomize)?["spec"]?[
            "template"]?["spec"]?["containers"]
    }

    @Test("kustomize walks the whole object: of items with one key the last is left, nulls stay")
    func wholeObject() throws {
        try expect(
            "{spec: {replicas: 1, minReadySeconds: ~}}", into: pods, flavor: .kustomize,
            gives: """
                apiVersion: apps/v1
                kind: Deployment
                spec:
                  paused: ~
                  replicas: 1
                  template:
                    spec:
                      containers:
                      - {name: a, image: i, env: [{name: A, value: "1"}, {name: B}], args: [x, x]}
                      - {name: b, image: j}
                """)
    }

    @Test("in kustomize an item cannot be replaced, and one without its key empties the list")
    func itemDirectives() throws {
        #expect(
            try containers("[{name: b, $patch: replace, image: k}]")?.array?.map { $0["image"] } == ["j", "i"])
        #expect(try containers("[{image: k}]") == [])
        #expect(try containers("[{name: b, $patch: delete}, {name: c, $patch: delete}]")?.array?.count == 1)
        #expect(try containers("[{$patch: merge}, {name: c, $patch: merge}]")?[0] == ["name": "c"])
    }

    @Test("a number in the place of a string in quotes becomes one")
    func quotes() throws {
        let env = try containers(
            "[{name: a, env: [{name: A, value: 9090}, {name: B, value: 1}, {name: C, value: true}]}]")
        let numbers = try containers("[{name: a, env: [{name: A, value: 9090}]}]")
        #expect(numbers?[0]?["env"]?[0]?["value"] == "1")
        #expect(env?[0]?["env"]?[1]?["value"] == 1)
        let map = "apiVersion: v1\nkind: ConfigMap\ndata: {a: '8080', b: word, c: 'true'}"
        let merged = try merge("{data: {a: 9090, b: 1, c: false}}", into: map, flavor: .kustomize)
        #expect(merged?["data"] == ["a": "9090", "b": 1, "c": "false"])
    }

    @Test("a map, a list and a scalar cannot take each other's place in kustomize")
    func kinds() throws {
        let error = #expect(throws: PatchError.self) { try containers("{name: a}") }
        #expect(
            error?.description
                == "cannot patch spec.template.spec.containers: the resource has a list there, the patch a map")
        #expect(throws: PatchError.self) { try merge("{spec: 1}", into: pods, flavor: .kustomize) }
        #expect(throws: PatchError.self) {
            try merge("{spec: {template: {$patch: x}}}", into: pods, flavor: .kustomize)
        }
        #expect(
            try merge("{spec: {strategy: {$patch: x}}}", into: pods, flavor: .kustomize)?["spec"]?["strategy"] == [
                "$patch": "x"
            ])
    }

    @Test("a list can be replaced as a whole")
    func replacedList() throws {
        for flavor in [StrategicMerge.Flavor.kustomize, .apiServer] {
            let merged = try merge(
                "{spec: {ports: [{$patch: replace}, {port: 1, name: null}]}}", into: service, flavor: flavor)
            #expect(merged?["spec"]?["ports"] == [["port": 1]])
        }
    }

    @Test("a kind that is not built in merges as JSON does, with directives")
    func unknownKinds() throws {
        try expect(
            "{spec: {m: {$patch: replace, c: 3}, n: {$patch: delete}, l: [{name: y1}], z: {q: null, e: {}}, o: {b: null}}}",
            into:
                "{apiVersion: x.y/v1, kind: Foo, spec: {m: {a: 1}, n: {a: 1}, l: [{name: x, v: 1}], o: {a: 1, b: 2}}}",
            flavor: .kustomize,
            gives: "{apiVersion: x.y/v1, kind: Foo, spec: {l: [{name: y1}], m: {c: 3}, z: {e: {}}, o: {a: 1}}}")
    }

    @Test("in kustomize a list can be deleted, and maps merge whatever the type says")
    func kustomizeMaps() throws {
        try expect(
            "{spec: {ports: [{port: 1}, {$patch: delete}]}}", into: service, flavor: .kustomize,
            gives: "{apiVersion: v1, kind: Service, spec: {}}")
        let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nspec: {selector: {matchLabels: {a: b}}}"
        let patch = "{spec: {selector: {matchLabels: {c: d}}}}"
        func labels(_ flavor: StrategicMerge.Flavor) throws -> Value? {
            try merge(patch, into: budget, flavor: flavor)?["spec"]?["selector"]?["matchLabels"]
        }
        #expect(try labels(.kustomize) == ["a": "b", "c": "d"])
        #expect(try labels(.apiServer) == ["c": "d"])
    }

    @Test(
        "lists and kinds that kustomize does not know are replaced by it, and merged by the API server",
        arguments: [
            ("resource.k8s.io/v1", "ResourceClaim", "metadata: {finalizers: [%]}"),
            ("autoscaling/v2", "HorizontalPodAutoscaler", "metadata: {finalizers: [%]}"),
            ("v1", "Pod", "spec: {schedulingGates: [{name: %}]}"),
            (
                "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration",
                "webhooks: [{name: w, matchConditions: [{name: %}]}]"
            ),
        ])
    func newerTypes(apiVersion: String, kind: String, fields: String) throws {
        func object(_ name: String) -> String {
            "apiVersion: \(apiVersion)\nkind: \(kind)\n\(fields.replacing("%", with: name))"
        }
        let text = YAML.text(try #require(try merge(object("x"), into: object("old"), flavor: .kustomize)))
        #expect(!text.contains("old"))
        let merged = YAML.text(try #require(try merge(object("x"), into: object("old"), flavor: .apiServer)))
        #expect(merged.contains("old"))
    }

    @Test(
        "directives for the server are keys like any other to kustomize, and stay",
        arguments: ["$retainKeys", "$setElementOrder/env", "$deleteFromPrimitiveList/args"])
    func serverDirectives(directive: String) throws {
        #expect(try containers("[{name: a, \(directive): []}]")?[0]?[directive] == [])
        let patch = "{spec: {template: {spec: {containers: [{name: a, \(directive): [name]}]}}}}"
        let merged = try #require(try merge(patch, into: base, flavor: .apiServer))
        #expect(!YAML.text(merged).contains(directive))
    }

    @Test("merging a patch again changes nothing")
    func again() throws {
        let patch = patch.replacing("$retainKeys: [type], ", with: "")
        let once = try #require(try merge(patch, into: base, flavor: .kustomize))
        #expect(try merge(patch, into: YAML.text(once), flavor: .kustomize) == once)
    }

    @Test("$patch: delete at the top deletes the object")
    func deletion() throws {
        #expect(try merge("{$patch: delete, metadata: {name: d}}", into: base, flavor: .kustomize) == nil)
    }

    @Test(
        "what cannot be merged is refused with its path",
        arguments: [
            ("[1]", "cannot patch the root: a strategic merge patch is a map, not a list"),
            ("{spec: {$patch: remove}}", "cannot patch spec: $patch is delete, replace or merge"),
            (
                "{spec: {template: {spec: {containers: [{image: x}]}}}}",
                "cannot patch spec.template.spec.containers: an item has no \"name\", the key of this list"
            ),
            (
                "{spec: {strategy: {$retainKeys: [type], rollingUpdate: {}}}}",
                "cannot patch spec.strategy: $retainKeys does not list \"rollingUpdate\", which the patch sets"
            ),
            (
                "{metadata: {$setElementOrder/finalizers: x}}",
                "cannot patch metadata: $setElementOrder/finalizers is a list, not a string"
            ),
        ])
    func refusals(patch: String, message: String) {
        let error = #expect(throws: PatchError.self) { try merge(patch, into: base, flavor: .apiServer) }
        #expect(error?.description == message)
    }

    @Test("merging what is there already changes nothing")
    func idempotence() throws {
        for flavor in [StrategicMerge.Flavor.kustomize, .apiServer] {
            #expect(try merge(base, into: base, flavor: flavor) == merge("{}", into: base, flavor: flavor))
        }
    }
}
