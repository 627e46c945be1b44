// SPDX-License-Identifier: Apache-2.0

import Manifests

extension TreeGenerator {
    /// An object of a kind at random, which may name others.
    mutating func makeObject() -> Value {
        let name = name()
        switch number(0...17) {
        case 0...3: return makeWorkload("apps/v1", "Deployment", name)
        case 4: return makeWorkload("apps/v1", "StatefulSet", name, extra: ["serviceName": .string(self.name())])
        case 5: return makeWorkload("apps/v1", pick(["DaemonSet", "ReplicaSet"]), name)
        case 6:
            let job: Value = ["spec": ["template": ["spec": makePod()]]]
            return object("batch/v1", "CronJob", name, ["schedule": "0 * * * *", "jobTemplate": job])
        case 7: return object("batch/v1", "Job", name, ["template": ["spec": makePod()]])
        case 8, 9:
            return object("v1", "Service", name, ["selector": ["app": .string(name)], "ports": [["port": 80]]])
        case 10:
            var map = metadata("v1", "ConfigMap", name)
            map["data"] = ["key": text("value", "5", "true", "a: b", "line\nline\n"), "size": "1"]
            return .object(map)
        case 11:
            var secret = metadata("v1", "Secret", name)
            secret["data"] = ["key": "dmFsdWU="]
            return .object(secret)
        case 12: return .object(metadata("v1", "ServiceAccount", name))
        case 13: return makeBinding(name)
        case 14:
            let backend: Value = ["service": ["name": .string(self.name()), "port": ["number": 80]]]
            let paths: Value = [["path": "/", "pathType": "Prefix", "backend": backend]]
            return object("networking.k8s.io/v1", "Ingress", name, ["rules": [["http": ["paths": paths]]]])
        case 15:
            let target: Value = [
                "apiVersion": "apps/v1", "kind": text("Deployment", "StatefulSet"), "name": .string(self.name()),
            ]
            return object(
                "autoscaling/v2", "HorizontalPodAutoscaler", name, ["scaleTargetRef": target, "maxReplicas": 3])
        case 16: return .object(metadata("v1", "Namespace", pick(Self.namespaces), isNamespaced: false))
        default: return makeCustomObject(name)
        }
    }

    private mutating func makeWorkload(_ version: String, _ kind: String, _ name: String, extra: Object = [:]) -> Value
    {
        var spec = extra
        if chance(2) { spec["replicas"] = .integer(Int64(number(0...3))) }
        if chance(2) { spec["selector"] = ["matchLabels": ["app": .string(name)]] }
        var template: Object = ["spec": makePod()]
        if chance(2) { template["metadata"] = ["labels": ["app": .string(name)]] }
        spec["template"] = .object(template)
        return object(version, kind, name, spec)
    }

    private mutating func makePod() -> Value {
        var pod: Object = ["containers": .array((0...number(0...1)).map { makeContainer("c\($0)") })]
        if chance(4) { pod["initContainers"] = [makeContainer("init")] }
        if chance(3) { pod["serviceAccountName"] = .string(name()) }
        if chance(4) { pod["imagePullSecrets"] = [["name": .string(name())]] }
        if chance(3) {
            let source: Value = pick([
                ["name": "v", "configMap": ["name": .string(name())]],
                ["name": "v", "secret": ["secretName": .string(name())]],
                ["name": "v", "projected": ["sources": [["configMap": ["name": .string(name())]]]]],
                ["name": "v", "persistentVolumeClaim": ["claimName": .string(name())]],
            ])
            pod["volumes"] = [source]
        }
        return .object(pod)
    }

    mutating func makeContainer(_ name: String) -> Value {
        var container: Object = ["name": .string(name)]
        let image = pick(Self.images)
        container["image"] = .string(image + pick(["", ":1.0", ":1.0", "@sha256:0123", ":1@sha256:0123"]))
        if chance(3) { container["args"] = ["--flag=$(VALUE)", text("a", "b")] }
        if chance(3) { container["ports"] = [["containerPort": .integer(Int64(pick([80, 8080])))]] }
        if chance(3) {
            let source: Value = chance(2) ? "configMapKeyRef" : "secretKeyRef"
            let reference: Value = ["name": .string(self.name()), "key": "key"]
            container["env"] = [
                ["name": "A", "value": text("1", "x", "")],
                ["name": "B", "valueFrom": .object(Object([(source.string ?? "", reference)]))],
            ]
        }
        if chance(3) {
            container["envFrom"] = [
                chance(2)
                    ? ["configMapRef": ["name": .string(self.name())]] : ["secretRef": ["name": .string(self.name())]]
            ]
        }
        return .object(container)
    }

    private mutating func makeBinding(_ name: String) -> Value {
        let group: Value = "rbac.authorization.k8s.io"
        let isOfCluster = chance(2)
        if chance(2) {
            var role = metadata(
                "rbac.authorization.k8s.io/v1", isOfCluster ? "ClusterRole" : "Role", name, isNamespaced: !isOfCluster)
            let rule: Value = [
                "apiGroups": [""], "resources": [text("configmaps", "secrets")],
                "resourceNames": [.string(self.name())], "verbs": ["get"],
            ]
            role["rules"] = [rule]
            return .object(role)
        }
        var binding = metadata(
            "rbac.authorization.k8s.io/v1", isOfCluster ? "ClusterRoleBinding" : "RoleBinding", name,
            isNamespaced: !isOfCluster)
        binding["roleRef"] = [
            "apiGroup": group, "kind": text("Role", "ClusterRole"), "name": .string(self.name()),
        ]
        var subject: Object = ["kind": "ServiceAccount", "name": .string(chance(4) ? "default" : self.name())]
        if chance(2) { subject["namespace"] = .string(pick(Self.namespaces)) }
        binding["subjects"] = [.object(subject)]
        return .object(binding)
    }

    /// A kind that nobody knows, with values that are easily taken for others.
    private mutating func makeCustomObject(_ name: String) -> Value {
        let values: [Value] = ["yes", "1", "null", "1.50", 7, true, "", "a\nb\n", .number("1.50"), [], [:], "~", "0x1"]
        return object(
            "example.com/v1", "Widget", name,
            [
                "size": .integer(Int64(number(0...9))), "odd": pick(values), "list": [pick(values), "b"],
                "items": [["name": "a", "value": pick(values)], ["name": "b", "value": "x"]],
                "image": .string(pick(Self.images)),
            ])
    }

    private mutating func object(_ version: String, _ kind: String, _ name: String, _ spec: Object) -> Value {
        var object = metadata(version, kind, name)
        object["spec"] = .object(spec)
        return .object(object)
    }

    private mutating func metadata(
        _ version: String, _ kind: String, _ name: String, isNamespaced: Bool = true
    ) -> Object {
        var metadata: Object = ["name": .string(name)]
        if isNamespaced, chance(5) { metadata["namespace"] = .string(pick(Self.namespaces)) }
        if chance(3) { metadata["labels"] = ["app": .string(name), "tier": text("front", "back")] }
        if chance(6) { metadata["annotations"] = ["note": text("a", "5", "x: y")] }
        return ["apiVersion": .string(version), "kind": .string(kind), "metadata": .object(metadata)]
    }
}
