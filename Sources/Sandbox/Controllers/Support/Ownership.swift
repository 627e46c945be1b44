// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Object {
    /// The reference to the controller that manages this object, if one does.
    var controllerReference: Object? {
        list(at: "metadata", "ownerReferences").first { $0["controller"]?.bool == true }
    }

    /// A reference that makes this object the controller of another one.
    var asController: Value {
        [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
            "controller": true, "blockOwnerDeletion": true,
        ]
    }

    /// The key of this object's controller, where it is of that kind.
    func controllerKey(of kind: GroupKind) -> ObjectID? {
        guard let reference = controllerReference, reference["kind"]?.string == kind.kind,
            GroupVersionKind(apiVersion: reference.apiVersion, kind: kind.kind).group == kind.group,
            let name = reference["name"]?.string
        else { return nil }
        return kind.named(name, in: namespace)
    }

    mutating func adopt(by owner: Object) {
        let others = value(at: "metadata", "ownerReferences")?.array ?? []
        set(.array(others + [owner.asController]), at: "metadata", "ownerReferences")
    }
}

extension ClusterReader {
    /// What `owner` controls, oldest first.
    func controlled(by owner: Object, kind: GroupKind) -> [Object] {
        owned(by: owner.uid, kind: kind)
            .filter { $0.controllerReference?["uid"]?.string == owner.uid }
            .sorted(by: Object.isOlder)
    }

    /// What nobody controls though `owner`'s selector matches it: left behind by an orphaning deletion.
    func orphans(for owner: Object, kind: GroupKind) -> [Object] {
        guard let selector = LabelSelector(selector: owner.value(at: "spec", "selector")), !selector.isEmpty else {
            return []
        }
        return objects(kind, namespace: owner.namespace)
            .filter { $0.controllerReference == nil && !$0.isTerminating && selector.matches($0.labels) }
    }
}
