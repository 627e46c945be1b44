// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The namespace controller: a terminating namespace takes its content with it.
extension APIServer {
    mutating func reconcileNamespace(_ name: String) {
        let key = StoreKey(kind: GroupKind(group: "", kind: "Namespace"), namespace: "", name: name)
        guard let namespace = store.object(key), namespace.isTerminating else { return }
        emptyNamespace(key)
    }

    private mutating func emptyNamespace(_ key: StoreKey) {
        var left = NamespaceContent()
        for type in registry.storedKinds where type.namespaced {
            for object in store.objects(type.storage, namespace: key.name) {
                if !object.isTerminating {
                    var options = DeleteOptions()
                    options.propagation = .background
                    let request = WriteRequest(
                        type: type, namespace: key.name, name: object.name, manager: "kube-controller-manager")
                    _ = try? delete(request, options)
                }
                let remaining = StoreKey(kind: type.storage, namespace: key.name, name: object.name)
                if let object = store.object(remaining) { left.note(object, type) }
            }
        }
        guard var namespace = store.object(key) else { return }
        guard left.isEmpty else {
            var status = namespace["status"]?.object ?? Object()
            for condition in left.conditions { status.setCondition(condition, now: now()) }
            namespace["status"] = .object(status)
            guard let type = registry.resource(for: key.kind) else { return }
            let request = WriteRequest(
                type: type, namespace: "", name: key.name, subresource: "status", manager: "kube-controller-manager")
            _ = try? update(namespace, request)
            return
        }
        namespace.set(nil, at: "spec", "finalizers")
        if namespace.finalizers.isEmpty { remove(key) } else { _ = put(namespace, at: key) }
    }
}

/// What is left in a terminating namespace, as its conditions tell it (kubernetes, pkg/controller/namespace/deletion).
private struct NamespaceContent {
    private var resources: [String: Int] = [:]
    private var finalizers: [String: Int] = [:]

    var isEmpty: Bool { resources.isEmpty }

    mutating func note(_ object: Object, _ type: ResourceType) {
        resources["\(type.plural).\(type.group)", default: 0] += 1
        for name in object.finalizers { finalizers[name, default: 0] += 1 }
    }

    var conditions: [Condition] {
        [
            Condition(
                type: "NamespaceDeletionDiscoveryFailure", status: .isFalse, reason: "ResourcesDiscovered",
                message: "All resources successfully discovered"),
            Condition(
                type: "NamespaceDeletionGroupVersionParsingFailure", status: .isFalse, reason: "ParsedGroupVersions",
                message: "All legacy kube types successfully parsed"),
            Condition(
                type: "NamespaceDeletionContentFailure", status: .isFalse, reason: "ContentDeleted",
                message: "All content successfully deleted, may be waiting on finalization"),
            Condition(
                type: "NamespaceContentRemaining", status: .isTrue, reason: "SomeResourcesRemain",
                message: "Some resources are remaining: "
                    + list(resources) { "\($0) has \($1) resource instances" }),
            finalizers.isEmpty
                ? Condition(
                    type: "NamespaceFinalizersRemaining", status: .isFalse, reason: "ContentHasNoFinalizers",
                    message: "All content-preserving finalizers finished")
                : Condition(
                    type: "NamespaceFinalizersRemaining", status: .isTrue, reason: "SomeFinalizersRemain",
                    message: "Some content in the namespace has finalizers remaining: "
                        + list(finalizers) { "\($0) in \($1) resource instances" }),
        ]
    }

    private func list(_ counts: [String: Int], _ text: (String, Int) -> String) -> String {
        counts.sorted { $0.key < $1.key }.map { text($0.key, $0.value) }.joined(separator: ", ")
    }
}
