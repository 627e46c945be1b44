// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Where an object lives.
struct StoreKey: Hashable, Comparable, Sendable {
    /// Ordered as etcd orders `namespace/name`.
    struct Key: Hashable, Comparable, Sendable {
        var namespace: String
        var name: String

        static func < (left: Key, right: Key) -> Bool {
            if left.namespace == right.namespace { return left.name < right.name }
            // `a-b/x` comes before `a/x`: of what a namespace may hold, only the hyphen is less than the slash.
            if right.namespace.hasPrefix(left.namespace) {
                return !right.namespace.utf8.dropFirst(left.namespace.utf8.count).starts(with: "-".utf8)
            }
            if left.namespace.hasPrefix(right.namespace) {
                return left.namespace.utf8.dropFirst(right.namespace.utf8.count).starts(with: "-".utf8)
            }
            return left.namespace < right.namespace
        }
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
