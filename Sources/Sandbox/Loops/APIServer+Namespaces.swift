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
        var remaining = false
        for type in registry.storedKinds where type.namespaced {
            for object in store.objects(type.storage, namespace: key.name) {
                if !object.isTerminating {
                    var options = DeleteOptions()
                    options.propagation = .background
                    let request = WriteRequest(type: type, namespace: key.name, name: object.name, manager: "kcm")
                    _ = try? delete(request, options)
                }
                let left = StoreKey(kind: type.storage, namespace: key.name, name: object.name)
                remaining = remaining || store.object(left) != nil
            }
        }
        guard !remaining, var namespace = store.object(key) else { return }
        namespace.set(nil, at: "spec", "finalizers")
        if namespace.finalizers.isEmpty { remove(key) } else { _ = put(namespace, at: key) }
    }
}
