// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Where an object lives.
struct StoreKey: Hashable, Comparable, Sendable {
    struct Key: Hashable, Comparable, Sendable {
        var namespace: String
        var name: String

        static func < (left: Key, right: Key) -> Bool { (left.namespace, left.name) < (right.namespace, right.name) }
    }

    var kind: GroupKind
    var key: Key

    var namespace: String { key.namespace }
    var name: String { key.name }

    init(kind: GroupKind, namespace: String, name: String) {
        self.kind = kind
        self.key = Key(namespace: namespace, name: name)
    }

    init(_ id: ObjectID) { self.init(kind: id.groupKind, namespace: id.namespace, name: id.name) }

    var id: ObjectID { ObjectID(group: kind.group, kind: kind.kind, namespace: namespace, name: name) }

    static func < (left: StoreKey, right: StoreKey) -> Bool { (left.kind, left.key) < (right.kind, right.key) }
}

/// An entry of `metadata.ownerReferences`.
struct OwnerReference: Sendable {
    var uid: String
    var groupKind: GroupKind
    var name: String
    var blocksDeletion: Bool
}

extension Object {
    var ownerReferences: [OwnerReference] {
        (value(at: "metadata", "ownerReferences")?.array ?? []).compactMap { entry in
            guard let uid = entry["uid"]?.string else { return nil }
            let kind = GroupVersionKind(
                apiVersion: entry["apiVersion"]?.string ?? "", kind: entry["kind"]?.string ?? "")
            return OwnerReference(
                uid: uid, groupKind: kind.groupKind, name: entry["name"]?.string ?? "",
                blocksDeletion: entry["blockOwnerDeletion"]?.bool ?? false)
        }
    }

    var finalizers: [String] { (value(at: "metadata", "finalizers")?.array ?? []).compactMap(\.string) }
    var isTerminating: Bool { value(at: "metadata", "deletionTimestamp") != nil }

    mutating func setMetadata(_ key: String, _ value: Value?) { set(value, at: "metadata", key) }

    mutating func setFinalizers(_ finalizers: [String]) {
        setMetadata("finalizers", finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) }))
    }
}
