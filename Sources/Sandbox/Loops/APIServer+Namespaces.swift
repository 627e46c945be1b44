// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The namespace controllers: default content of a new one, deletion of the content of a terminating one.
extension APIServer {
    mutating func reconcileNamespace(_ name: String) {
        let key = StoreKey(kind: GroupKind(group: "", kind: "Namespace"), namespace: "", name: name)
        guard let namespace = store.object(key) else { return }
        if namespace.isTerminating {
            emptyNamespace(key)
        } else {
            fillNamespace(name)
        }
    }

    private mutating func fillNamespace(_ name: String) {
        for object in Self.defaultContent {
            guard let type = registry.resource(for: object.groupVersionKind) else { continue }
            guard store.object(StoreKey(kind: type.storage, namespace: name, name: object.name)) == nil else { continue }
            _ = try? create(object, WriteRequest(type: type, namespace: name, name: "", manager: "kcm"))
        }
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

    private static let defaultContent: [Object] = [
        ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default"]],
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": "kube-root-ca.crt",
                "annotations": [
                    "kubernetes.io/description":
                        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
                ],
            ],
            "data": ["ca.crt": ""],
        ],
    ]
}
