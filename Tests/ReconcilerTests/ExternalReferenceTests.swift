// SPDX-License-Identifier: Apache-2.0

import Manifests
import Reconciler
import Testing

@Suite("References to what git does not hold")
struct ExternalReferenceTests {
    private static let pod: Value = [
        "initContainers": [
            ["name": "migrate", "env": [["name": "URL", "valueFrom": ["secretKeyRef": ["name": "a", "key": "u"]]]]]
        ],
        "containers": [
            [
                "name": "main",
                "env": [
                    ["name": "URL", "valueFrom": ["secretKeyRef": ["name": "a", "key": "u"]]],
                    ["name": "MODE", "valueFrom": ["configMapKeyRef": ["name": "b", "key": "m"]]],
                    ["name": "MAYBE", "valueFrom": ["secretKeyRef": ["name": "c", "key": "u", "optional": true]]],
                    ["name": "PLAIN", "value": "x"],
                ],
                "envFrom": [["secretRef": ["name": "d"]], ["configMapRef": ["name": "e", "optional": true]]],
            ]
        ],
        "volumes": [
            ["name": "certs", "secret": ["secretName": "f"]], ["name": "config", "configMap": ["name": "g"]],
            ["name": "none", "emptyDir": [:]], ["name": "data", "persistentVolumeClaim": ["claimName": "h"]],
            ["name": "all", "projected": ["sources": [["secret": ["name": "i"]], ["configMap": ["name": "j"]]]]],
        ],
        "serviceAccountName": "k", "priorityClassName": "l", "imagePullSecrets": [["name": "pull"]],
    ]

    private static func workload(_ kind: String, _ path: [String]) -> Manifest {
        let group = kind == "CronJob" || kind == "Job" ? "batch/v1" : kind == "Pod" ? "v1" : "apps/v1"
        var object: Object = [
            "apiVersion": .string(group), "kind": .string(kind), "metadata": ["name": "api", "namespace": "staging"],
        ]
        object.set(pod, at: path[...])
        return Manifest(object: object, origin: Origin(file: "a.yaml"))
    }

    private static let workloads: [(String, [String])] = [
        ("Deployment", ["spec", "template", "spec"]), ("StatefulSet", ["spec", "template", "spec"]),
        ("Job", ["spec", "template", "spec"]), ("CronJob", ["spec", "jobTemplate", "spec", "template", "spec"]),
        ("Pod", ["spec"]),
    ]

    @Test("Each object once, in the order found, with its place; the optional ones left out", arguments: workloads)
    func finds(kind: String, path: [String]) {
        let found = ExternalReference.all(in: [Self.workload(kind, path)]) { _ in false }
        #expect(found.map(\.object.name) == ["a", "b", "d", "f", "g", "h", "i", "j", "k", "l"])
        #expect(
            found.map(\.object.kind) == [
                "Secret", "ConfigMap", "Secret", "Secret", "ConfigMap", "PersistentVolumeClaim", "Secret", "ConfigMap",
                "ServiceAccount", "PriorityClass",
            ])
        #expect(
            found.map(\.place) == [
                "env URL", "env MODE", "envFrom", "volume certs", "volume config", "volume data", "volume all",
                "volume all", "serviceAccountName", "priorityClassName",
            ])
        #expect(found.dropLast().allSatisfy { $0.object.namespace == "staging" && $0.referrer.kind == kind })
        #expect(found.last?.object.namespace == "")
    }

    @Test("What git provides is no outside reference")
    func provided() {
        let found = ExternalReference.all(in: [Self.workload("Pod", ["spec"])]) { $0.kind == "Secret" }
        #expect(found.map(\.object.name) == ["b", "g", "h", "j", "k", "l"])
    }

    @Test("Objects without pods refer to nothing")
    func noPod() {
        let map = Manifest(object: Planet.configMap("x"), origin: Origin(file: "a.yaml"))
        #expect(ExternalReference.all(in: [map]) { _ in false }.isEmpty)
    }
}
