// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What a pod cannot start without, and git does not hold: a Secret, a ConfigMap, a claim, a ServiceAccount or a class.
///
/// A missing pull secret or certificate stops nothing: images are pulled without it, and controllers serve one of their
/// own until another is issued.
package struct ExternalReference: Sendable, Hashable {
    package var object: ObjectID
    /// The workload that refers to it.
    package var referrer: ObjectID
    /// How it refers: `env DATABASE_URL`, `volume config`.
    package var place: String

    package init(object: ObjectID, referrer: ObjectID, place: String) {
        self.object = object
        self.referrer = referrer
        self.place = place
    }
}

extension ExternalReference {
    /// The references of the manifests' pods to what is not `isProvided`; the optional ones are left out. Each
    /// object once, in the order found.
    package static func all(in manifests: [Manifest], isProvided: (ObjectID) -> Bool) -> [ExternalReference] {
        var found: [ExternalReference] = []
        var seen: Set<ObjectID> = []
        for manifest in manifests {
            guard let pod = manifest.object.podSpecification else { continue }
            for (reference, isOptional) in references(of: pod, in: manifest.id)
            where !isOptional && !isProvided(reference.object) && seen.insert(reference.object).inserted {
                found.append(reference)
            }
        }
        return found
    }

    /// The Secrets that an object's pod is given, the optional ones too: it may print any of them.
    package static func secrets(givenTo object: Object, as id: ObjectID) -> Set<ObjectID> {
        guard let pod = object.podSpecification else { return [] }
        return Set(references(of: pod, in: id).map(\.reference.object).filter { $0.groupKind == secret })
    }

    private static let secret = GroupKind(group: "", kind: "Secret")

    /// Without them the API server takes no pod.
    private static func classes(of pod: Object, in referrer: ObjectID) -> [ExternalReference] {
        let kinds = [
            ("priorityClassName", "scheduling.k8s.io", "PriorityClass"),
            ("runtimeClassName", "node.k8s.io", "RuntimeClass"),
        ]
        return kinds.compactMap { field, group, kind in
            guard let name = pod[field]?.string, !name.isEmpty, !name.hasPrefix("system-") else { return nil }
            return ExternalReference(
                object: ObjectID(group: group, kind: kind, name: name), referrer: referrer, place: field)
        }
    }

    /// All of them, with whether the pod starts without.
    private static func references(
        of pod: Object, in referrer: ObjectID
    ) -> [(reference: ExternalReference, isOptional: Bool)] {
        var found: [(reference: ExternalReference, isOptional: Bool)] = []
        func add(_ kind: String, _ reference: Value?, name: String = "name", place: String) {
            guard let reference, let name = reference[name]?.string else { return }
            let object = ObjectID(group: "", kind: kind, namespace: referrer.namespace, name: name)
            found.append(
                (
                    ExternalReference(object: object, referrer: referrer, place: place),
                    reference["optional"]?.bool == true
                ))
        }
        let containers = (pod["initContainers"]?.array ?? []) + (pod["containers"]?.array ?? [])
        for container in containers {
            for variable in container["env"]?.array ?? [] {
                let place = "env \(variable["name"]?.string ?? "")"
                add("Secret", variable["valueFrom"]?["secretKeyRef"], place: place)
                add("ConfigMap", variable["valueFrom"]?["configMapKeyRef"], place: place)
            }
            for source in container["envFrom"]?.array ?? [] {
                add("Secret", source["secretRef"], place: "envFrom")
                add("ConfigMap", source["configMapRef"], place: "envFrom")
            }
        }
        for volume in pod["volumes"]?.array ?? [] {
            let place = "volume \(volume["name"]?.string ?? "")"
            add("Secret", volume["secret"], name: "secretName", place: place)
            add("ConfigMap", volume["configMap"], place: place)
            add("PersistentVolumeClaim", volume["persistentVolumeClaim"], name: "claimName", place: place)
            for source in volume["projected"]?["sources"]?.array ?? [] {
                add("Secret", source["secret"], place: place)
                add("ConfigMap", source["configMap"], place: place)
            }
        }
        // Every namespace has its own.
        if pod["serviceAccountName"]?.string != "default" {
            add("ServiceAccount", .object(pod), name: "serviceAccountName", place: "serviceAccountName")
        }
        found += classes(of: pod, in: referrer).map { ($0, false) }
        return found
    }
}

extension Object {
    /// The pod that a workload makes, or a Pod is.
    package var podSpecification: Object? {
        switch (groupVersionKind.group, kind) {
        case ("", "Pod"): self["spec"]?.object
        case ("batch", "CronJob"): value(at: "spec", "jobTemplate", "spec", "template", "spec")?.object
        default: value(at: "spec", "template", "spec")?.object
        }
    }
}
