// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The garbage collector: dependents follow their owners (Kubernetes manual, "Garbage Collection").
extension APIServer {
    mutating func enqueueInternalWork(_ change: Change) {
        guard let object = change.after ?? change.last else { return }
        enqueueAccessWork(change, object)
        if change.after == nil {
            refusals[object.uid] = nil
            for dependent in store.dependents(of: object.uid) { queue.add(.collect(dependent)) }
            for owner in object.ownerReferences {
                let namespaced = registry.resource(for: owner.groupKind)?.namespaced ?? true
                let key = StoreKey(
                    kind: owner.groupKind, namespace: namespaced ? change.key.namespace : "", name: owner.name)
                if store.object(key)?.isTerminating == true { queue.add(.finalize(key)) }
            }
            // A claim is protected as long as a pod uses it.
            for volume in object.value(at: "spec", "volumes")?.array ?? [] where change.key.kind.kind == "Pod" {
                guard let claim = volume["persistentVolumeClaim"]?["claimName"]?.string else { continue }
                let kind = GroupKind(group: "", kind: "PersistentVolumeClaim")
                queue.add(.finalize(StoreKey(kind: kind, namespace: change.key.namespace, name: claim)))
            }
            if !change.key.namespace.isEmpty { queue.add(.namespace(change.key.namespace)) }
        } else {
            if change.before == nil, !object.ownerReferences.isEmpty { queue.add(.collect(change.key)) }
            if object.isTerminating { queue.add(.finalize(change.key)) }
        }
        switch change.key.kind {
        case GroupKind(group: "", kind: "Namespace"): queue.add(.namespace(change.key.name))
        case GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"):
            queue.add(.definition(change.key.name))
        default: break
        }
        if let definition = registry.definitionName(of: change.key.kind) { queue.add(.definition(definition)) }
    }

    /// Deletes an object all of whose owners are gone; drops references to some that are.
    mutating func collect(_ key: StoreKey) {
        guard let object = store.object(key), !object.ownerReferences.isEmpty else { return }
        let alive = object.ownerReferences.filter { owner($0, of: key)?.uid == $0.uid }
        guard let type = registry.resource(for: key.kind) else { return }
        let request = WriteRequest(
            type: type, namespace: key.namespace, name: key.name, manager: "kube-controller-manager")
        if alive.isEmpty {
            guard !object.isTerminating else { return }
            var options = DeleteOptions()
            options.uid = object.uid
            options.propagation = .background
            _ = try? delete(request, options)
        } else if alive.count < object.ownerReferences.count {
            let uids = alive.map(\.uid)
            dropOwners(of: object, request) { !uids.contains($0) }
        }
    }

    /// Works the `foregroundDeletion` and `orphan` finalizers.
    mutating func finalizeDependents(of key: StoreKey) {
        guard let object = store.object(key), object.isTerminating else { return }
        releaseProtection(of: object, at: key)
        let dependents = store.dependents(of: object.uid)
        if object.finalizers.contains("orphan") {
            for dependent in dependents {
                guard let child = store.object(dependent), let type = registry.resource(for: dependent.kind) else {
                    continue
                }
                let request = WriteRequest(
                    type: type, namespace: dependent.namespace, name: dependent.name, manager: "kube-controller-manager"
                )
                dropOwners(of: child, request) { $0 == object.uid }
            }
            removeFinalizer("orphan", from: key)
        } else if object.finalizers.contains("foregroundDeletion") {
            var isBlocked = false
            for dependent in dependents {
                guard let child = store.object(dependent), let type = registry.resource(for: dependent.kind) else {
                    continue
                }
                if child.ownerReferences.contains(where: { $0.uid == object.uid && $0.blocksDeletion }) {
                    isBlocked = true
                }
                guard !child.isTerminating else { continue }
                var options = DeleteOptions()
                options.propagation = store.dependents(of: child.uid).isEmpty ? .background : .foreground
                let request = WriteRequest(
                    type: type, namespace: dependent.namespace, name: dependent.name, manager: "kube-controller-manager"
                )
                _ = try? delete(request, options)
            }
            isBlocked = isBlocked && store.dependents(of: object.uid).contains { store.object($0) != nil }
            if !isBlocked { removeFinalizer("foregroundDeletion", from: key) }
        }
    }

    /// The protection finalizers of claims and volumes: they go when nothing uses the object any more.
    private mutating func releaseProtection(of object: Object, at key: StoreKey) {
        switch key.kind {
        case GroupKind(group: "", kind: "PersistentVolumeClaim"):
            let pods = store.objects(GroupKind(group: "", kind: "Pod"), namespace: key.namespace)
            let isUsed = pods.contains { pod in
                (pod.value(at: "spec", "volumes")?.array ?? []).contains {
                    $0["persistentVolumeClaim"]?["claimName"] == .string(key.name)
                }
            }
            if !isUsed { removeFinalizer(Strategy.claimProtection, from: key) }
        case GroupKind(group: "", kind: "PersistentVolume"):
            if object.value(at: "status", "phase") != "Bound" {
                removeFinalizer(Strategy.volumeProtection, from: key)
            }
        default: break
        }
    }

    private func owner(_ reference: OwnerReference, of key: StoreKey) -> Object? {
        let namespaced = registry.resource(for: reference.groupKind)?.namespaced ?? true
        return store.object(
            StoreKey(kind: reference.groupKind, namespace: namespaced ? key.namespace : "", name: reference.name))
    }

    private mutating func dropOwners(of object: Object, _ request: WriteRequest, where isGone: (String) -> Bool) {
        var object = object
        let kept = (object.value(at: "metadata", "ownerReferences")?.array ?? [])
            .filter { !isGone($0["uid"]?.string ?? "") }
        object.setMetadata("ownerReferences", kept.isEmpty ? nil : .array(kept))
        _ = try? update(object, request)
    }

    mutating func removeFinalizer(_ name: String, from key: StoreKey) {
        guard var object = store.object(key), object.finalizers.contains(name) else { return }
        object.setFinalizers(object.finalizers.filter { $0 != name })
        if object.isTerminating, Strategy.isFinalized(object) {
            remove(key)
        } else {
            _ = put(object, at: key)
        }
    }
}
