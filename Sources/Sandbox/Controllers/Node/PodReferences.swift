// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a pod needs from other objects before it can run.
struct PodReferences {
    let pod: Object
    let cluster: any ClusterReader

    private enum Kind {
        case secret, configMap

        var groupKind: GroupKind { self == .secret ? .secret : .configMap }
        var word: String { self == .secret ? "secret" : "configmap" }
    }

    private struct Reference {
        var kind: Kind
        var name: String
        var key: String?
        var isOptional: Bool

        init?(_ kind: Kind, _ value: Value?, nameField: String = "name") {
            guard let name = value?[nameField]?.string else { return nil }
            self.kind = kind
            self.name = name
            key = value?["key"]?.string
            isOptional = value?["optional"]?.bool == true
        }
    }

    /// Why a container cannot be created, in the kubelet's words.
    func configurationProblem(of container: Object) -> String? {
        environment(of: container).lazy.compactMap(problem).first
    }

    /// Why a volume cannot be mounted, in the kubelet's words.
    var mountProblem: String? {
        for volume in pod.list(at: "spec", "volumes") {
            for reference in references(in: volume) {
                guard let problem = problem(with: reference) else { continue }
                return "MountVolume.SetUp failed for volume \"\(volume["name"]?.string ?? "")\" : \(problem)"
            }
        }
        return nil
    }

    var claims: [String] {
        pod.list(at: "spec", "volumes").compactMap { $0.string(at: "persistentVolumeClaim", "claimName") }
    }

    func mentions(_ object: Object) -> Bool {
        let containers = pod.list(at: "spec", "initContainers") + pod.list(at: "spec", "containers")
        let all = containers.flatMap(environment) + pod.list(at: "spec", "volumes").flatMap(references)
        return all.contains { $0.kind.groupKind.kind == object.kind && $0.name == object.name }
    }

    private func environment(of container: Object) -> [Reference] {
        let whole = container.list(at: "envFrom").flatMap { source in
            [Reference(.secret, source["secretRef"]), Reference(.configMap, source["configMapRef"])]
        }
        let single = container.list(at: "env").flatMap { variable in
            [
                Reference(.secret, variable.value(at: "valueFrom", "secretKeyRef")),
                Reference(.configMap, variable.value(at: "valueFrom", "configMapKeyRef")),
            ]
        }
        return (whole + single).compactMap { $0 }
    }

    private func references(in volume: Object) -> [Reference] {
        let projected = volume.list(at: "projected", "sources").flatMap { source in
            [Reference(.secret, source["secret"]), Reference(.configMap, source["configMap"])]
        }
        let own = [
            Reference(.secret, volume["secret"], nameField: "secretName"), Reference(.configMap, volume["configMap"]),
        ]
        return (own + projected).compactMap { $0 }
    }

    private func problem(with reference: Reference) -> String? {
        guard !reference.isOptional else { return nil }
        guard let object = cluster.object(reference.kind.groupKind.named(reference.name, in: pod.namespace)) else {
            return "\(reference.kind.word) \"\(reference.name)\" not found"
        }
        guard let key = reference.key, object.value(at: "data", key) == nil,
            object.value(at: "binaryData", key) == nil
        else { return nil }
        return "couldn't find key \(key) in \(object.kind) \(pod.namespace)/\(reference.name)"
    }
}
