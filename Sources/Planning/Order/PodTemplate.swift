// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The pods that a workload makes: their labels and their spec, wherever its kind keeps them.
struct PodTemplate {
    var labels: Object
    var spec: Object

    /// Nil for an object that makes no pods. Any kind with containers under `spec.template.spec` makes some.
    init?(of object: Object) {
        let template: Value?
        switch object.kind {
        case "Pod": template = .object(object)
        case "CronJob": template = object.value(at: "spec", "jobTemplate", "spec", "template")
        default: template = object.value(at: "spec", "template")
        }
        guard let spec = template?["spec"]?.object, spec["containers"]?.array != nil else { return nil }
        self.spec = spec
        labels = template?["metadata"]?["labels"]?.object ?? Object()
    }

    var containers: [Object] {
        (spec["initContainers"]?.array ?? []).compactMap(\.object)
            + (spec["containers"]?.array ?? []).compactMap(\.object)
    }

    var serviceAccount: String { spec["serviceAccountName"]?.string ?? spec["serviceAccount"]?.string ?? "default" }

    /// The ConfigMaps, Secrets and claims that pods mount or read, by kind and name, with where.
    var references: [(kind: String, name: String, place: String)] {
        var found: [(kind: String, name: String, place: String)] = []
        func add(_ kind: String, _ name: Value?, _ place: String) {
            if let name = name?.string, !name.isEmpty { found.append((kind, name, place)) }
        }
        for container in containers {
            let label = "container \(container["name"]?.string ?? "")"
            for variable in container["env"]?.array ?? [] {
                add("ConfigMap", variable["valueFrom"]?["configMapKeyRef"]?["name"], label)
                add("Secret", variable["valueFrom"]?["secretKeyRef"]?["name"], label)
            }
            for source in container["envFrom"]?.array ?? [] {
                add("ConfigMap", source["configMapRef"]?["name"], label)
                add("Secret", source["secretRef"]?["name"], label)
            }
        }
        for volume in spec["volumes"]?.array ?? [] {
            let label = "volume \(volume["name"]?.string ?? "")"
            add("ConfigMap", volume["configMap"]?["name"], label)
            add("Secret", volume["secret"]?["secretName"], label)
            add("PersistentVolumeClaim", volume["persistentVolumeClaim"]?["claimName"], label)
            for source in volume["projected"]?["sources"]?.array ?? [] {
                add("ConfigMap", source["configMap"]?["name"], label)
                add("Secret", source["secret"]?["name"], label)
            }
        }
        for secret in spec["imagePullSecrets"]?.array ?? [] { add("Secret", secret["name"], "imagePullSecrets") }
        return found
    }
}
