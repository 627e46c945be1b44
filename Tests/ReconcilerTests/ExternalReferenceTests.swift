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

    @Test("A pod may print every Secret that it is given, those too that it starts without", arguments: workloads)
    func printable(kind: String, path: [String]) {
        let workload = Self.workload(kind, path)
        let found = ExternalReference.secrets(givenTo: workload.object, as: workload.id)
        #expect(found.sorted().map(\.name) == ["a", "c", "d", "f", "i"])
        #expect(found.allSatisfy { $0.kind == "Secret" && $0.namespace == "staging" })
    }

    @Test("An application's Secrets are its own, those that its pods are given, and those that are made of its objects")
    func application() {
        let certificate: Object = [
            "apiVersion": "cert-manager.io/v1", "kind": "Certificate",
            "metadata": ["name": "web", "namespace": "other"], "spec": ["secretName": "z-made"],
        ]
        let manifests = [Planet.secret("z-own"), certificate].map {
            Manifest(object: $0, origin: Origin(file: "a.yaml"))
        }
        let secrets = ApplicationSecrets(of: [Self.workload("Pod", ["spec"])] + manifests)
        #expect(
            secrets.ids.map { "\($0.namespace)/\($0.name)" } == [
                "other/z-made", "staging/a", "staging/c", "staging/d", "staging/f", "staging/i", "staging/z-own",
            ])
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
