// SPDX-License-Identifier: Apache-2.0

/// A group and a kind, as in `apps` and `Deployment`; the core group is empty.
package struct GroupKind: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var group: String
    package var kind: String

    package init(group: String, kind: String) {
        self.group = group
        self.kind = kind
    }

    package static func < (left: GroupKind, right: GroupKind) -> Bool {
        (left.group, left.kind) < (right.group, right.kind)
    }

    /// Whether a text means it, as people write kinds: `Deployment`, or with its group, `Deployment.apps`.
    package func isMeant(by text: String) -> Bool { text == kind || text == description }

    /// `Deployment.apps`, or `Service` for the core group.
    package var description: String { group.isEmpty ? kind : "\(kind).\(group)" }
}

/// A group, version and kind.
package struct GroupVersionKind: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var group: String
    package var version: String
    package var kind: String

    package init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    /// From `apps/v1` or `v1`.
    package init(apiVersion: String, kind: String) {
        guard let slash = apiVersion.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            self.init(group: "", version: apiVersion, kind: kind)
            return
        }
        let version = apiVersion[apiVersion.utf8.index(after: slash)...]
        self.init(group: String(apiVersion[..<slash]), version: String(version), kind: kind)
    }

    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    package var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

    package static func < (left: GroupVersionKind, right: GroupVersionKind) -> Bool {
        (left.group, left.version, left.kind) < (right.group, right.version, right.kind)
    }

    package var description: String { "\(apiVersion) \(kind)" }
}

/// What an object is, whatever version it is read or written in: group, kind, namespace and name.
package struct ObjectID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var group: String
    package var kind: String
    /// Empty for a cluster-scoped object.
    package var namespace: String
    package var name: String

    package init(group: String, kind: String, namespace: String = "", name: String) {
        self.group = group
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    package var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

    package static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.namespace, left.group, left.kind, left.name) < (right.namespace, right.group, right.kind, right.name)
    }

    /// `Deployment staging/api`, or `Namespace staging` for a cluster-scoped object: how messages name objects.
    package var description: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }

    /// `group/kind/namespace/name`, empty parts kept: the stable form that the ledger stores.
    package var key: String { "\(group)/\(kind)/\(namespace)/\(name)" }

    /// The inverse of `key`.
    package init?(key: String) {
        let parts = key.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4 else { return nil }
        self.init(group: parts[0], kind: parts[1], namespace: parts[2], name: parts[3])
    }
}

extension Object {
    package var apiVersion: String { Self.identifier(self["apiVersion"]) }
    package var kind: String { Self.identifier(self["kind"]) }
    package var metadata: Object { self["metadata"]?.object ?? Object() }
    package var name: String { Self.identifier(self["metadata"]?["name"]) }
    package var namespace: String { Self.identifier(self["metadata"]?["namespace"]) }
    package var uid: String { value(at: "metadata", "uid")?.string ?? "" }
    package var resourceVersion: String { value(at: "metadata", "resourceVersion")?.string ?? "" }
    package var generation: Int64? { value(at: "metadata", "generation")?.integer }
    package var labels: Object { value(at: "metadata", "labels")?.object ?? Object() }
    package var annotations: Object { value(at: "metadata", "annotations")?.object ?? Object() }
    package var groupVersionKind: GroupVersionKind { GroupVersionKind(apiVersion: apiVersion, kind: kind) }

    /// A number that stands for a name counts as its text, as in kustomize; no server takes it.
    private static func identifier(_ value: Value?) -> String {
        guard let value, !value.isNull else { return "" }
        return value.scalarText ?? ""
    }

    /// The identity that the object itself states.
    package var objectID: ObjectID {
        ObjectID(group: groupVersionKind.group, kind: kind, namespace: namespace, name: name)
    }
}
