// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the admission plugins that are on by default add to new objects. Nobody owns it.
extension APIServer {
    func complete(_ object: inout Object, _ request: WriteRequest) throws(StatusError) {
        guard request.subresource.isEmpty else { return }
        switch (request.type.group, request.type.kind) {
        case ("", "Pod"):
            try resolvePriority(&object, request)
            try checkRuntimeClass(object, request)
            applyLimitDefaults(&object, request)
        case ("", "PersistentVolumeClaim"): setDefaultStorageClass(&object)
        case ("networking.k8s.io", "Ingress"): try setDefaultIngressClass(&object, request)
        case ("scheduling.k8s.io", "PriorityClass"): try checkOnlyDefault(object, request)
        default: break
        }
    }

    /// Source: plugin/pkg/admission/runtimeclass.
    private func checkRuntimeClass(_ pod: Object, _ request: WriteRequest) throws(StatusError) {
        guard let name = pod.value(at: "spec", "runtimeClassName")?.string, !name.isEmpty,
            !objects("node.k8s.io", "RuntimeClass").contains(where: { $0.name == name })
        else { return }
        throw .forbidden(request.type, request.name, "pod rejected: RuntimeClass \"\(name)\" not found")
    }

    /// Source: plugin/pkg/admission/priority.
    func checkOnlyDefault(_ object: Object, _ request: WriteRequest) throws(StatusError) {
        guard object["globalDefault"] == true,
            let other = objects("scheduling.k8s.io", "PriorityClass").first(where: {
                $0["globalDefault"] == true && $0.name != object.name
            })
        else { return }
        throw .forbidden(
            request.type, request.name,
            "PriorityClass \(other.name) is already marked as default. Only one default can exist")
    }

    private func resolvePriority(_ pod: inout Object, _ request: WriteRequest) throws(StatusError) {
        let classes = objects("scheduling.k8s.io", "PriorityClass")
        var name = pod.value(at: "spec", "priorityClassName")?.string ?? ""
        let fallback = classes.filter { $0["globalDefault"] == true }
            .min { ($0["value"]?.integer ?? 0) < ($1["value"]?.integer ?? 0) }
        if name.isEmpty, let fallback {
            name = fallback.name
            pod.set(.string(name), at: "spec", "priorityClassName")
        }
        var priority: Int64 = 0
        var preemption: Value = "PreemptLowerPriority"
        if !name.isEmpty {
            let builtIn: [String: Int64] = [
                "system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000,
            ]
            let chosen = classes.first { $0.name == name }
            guard let value = chosen?["value"]?.integer ?? builtIn[name] else {
                throw .forbidden(request.type, request.name, "no PriorityClass with name \(name) was found")
            }
            priority = value
            preemption = chosen?["preemptionPolicy"] ?? preemption
        }
        if let given = pod.value(at: "spec", "priority")?.integer, given != priority {
            throw .forbidden(
                request.type, request.name,
                "the integer value of priority (\(given)) must not be provided in pod spec; priority admission controller computed \(priority) from the given PriorityClass name"
            )
        }
        if let given = pod.value(at: "spec", "preemptionPolicy"), given != preemption {
            throw .forbidden(
                request.type, request.name,
                "the string value of PreemptionPolicy (\(given.string ?? "")) must not be provided in pod spec; priority admission controller computed \(preemption.string ?? "") from the given PriorityClass name"
            )
        }
        pod.set(.integer(priority), at: "spec", "priority")
        pod.set(preemption, at: "spec", "preemptionPolicy")
    }

    /// Requests and limits of containers that state none, from the namespace's LimitRanges; an annotation says so.
    private func applyLimitDefaults(_ pod: inout Object, _ request: WriteRequest) {
        let limits = objects("", "LimitRange", namespace: request.namespace)
            .flatMap { $0.value(at: "spec", "limits")?.array ?? [] }.filter { $0["type"] == "Container" }
        guard !limits.isEmpty else { return }
        var notes: [String] = []
        for (list, word) in [("containers", "container"), ("initContainers", "init container")] {
            pod.editEach("spec", list) { container in
                for (kind, source) in [("requests", "defaultRequest"), ("limits", "default")] {
                    var set: [String] = []
                    for pair in limits.flatMap({ $0[source]?.object?.pairs ?? [] })
                    where container.value(at: "resources", kind, pair.key) == nil {
                        container.set(pair.value, at: "resources", kind, pair.key)
                        set.append(pair.key)
                    }
                    guard !set.isEmpty else { continue }
                    let name = container["name"]?.string ?? ""
                    notes.append("\(set.sorted().joined(separator: ", ")) \(kind.dropLast()) for \(word) \(name)")
                }
            }
        }
        guard !notes.isEmpty else { return }
        pod.set(
            .string("LimitRanger plugin set: \(notes.joined(separator: "; "))"), at: "metadata", "annotations",
            "kubernetes.io/limit-ranger")
    }

    private func setDefaultStorageClass(_ claim: inout Object) {
        guard claim.value(at: "spec", "storageClassName") == nil,
            claim.annotations["volume.beta.kubernetes.io/storage-class"] == nil
        else { return }
        let defaults = objects("storage.k8s.io", "StorageClass").filter {
            $0.annotations["storageclass.kubernetes.io/is-default-class"] == "true"
                || $0.annotations["storageclass.beta.kubernetes.io/is-default-class"] == "true"
        }
        if let chosen = Self.newest(defaults) { claim.set(.string(chosen.name), at: "spec", "storageClassName") }
    }

    /// Of two of one second the first by name.
    private static func newest(_ objects: [Object]) -> Object? {
        objects.max { left, right in
            let times = [left, right].map { $0.value(at: "metadata", "creationTimestamp")?.string ?? "" }
            return times[0] == times[1] ? left.name > right.name : times[0] < times[1]
        }
    }

    private func setDefaultIngressClass(_ ingress: inout Object, _ request: WriteRequest) throws(StatusError) {
        guard ingress.value(at: "spec", "ingressClassName") == nil,
            ingress.annotations["kubernetes.io/ingress.class"] == nil
        else { return }
        let defaults = objects("networking.k8s.io", "IngressClass").filter {
            $0.annotations["ingressclass.kubernetes.io/is-default-class"] == "true"
        }
        if let chosen = Self.newest(defaults) { ingress.set(.string(chosen.name), at: "spec", "ingressClassName") }
    }

    func objects(_ group: String, _ kind: String, namespace: String? = nil) -> [Object] {
        store.objects(GroupKind(group: group, kind: kind), namespace: namespace)
    }
}
