// SPDX-License-Identifier: Apache-2.0

import Manifests

/// How kustomize identifies a resource: the version counts, and no namespace means `default`.
struct ResourceID: Hashable {
    var groupVersionKind: GroupVersionKind
    /// The effective namespace: empty for a cluster-scoped kind, `default` where none is written.
    var namespace: String
    var name: String

    init(groupVersionKind: GroupVersionKind, namespace: String, name: String) {
        self.groupVersionKind = groupVersionKind
        self.namespace = Self.effective(namespace, of: groupVersionKind.groupKind)
        self.name = name
    }

    init(_ object: Object) {
        self.init(groupVersionKind: object.groupVersionKind, namespace: object.namespace, name: object.name)
    }

    /// What patterns for namespaces are held against: kustomize's word for cluster-scoped kinds is one too.
    var namespaceInPatterns: String { namespace.isEmpty ? "_non_namespaceable_" : namespace }

    /// Group and version tell hardly any two apart that these do not.
    func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(namespace)
        hasher.combine(groupVersionKind.kind)
    }

    var isClusterScoped: Bool { namespace.isEmpty }

    static func effective(_ namespace: String, of kind: GroupKind) -> String {
        if ScopeTable.isClusterScoped(kind) { return "" }
        return namespace.isEmpty ? "default" : namespace
    }
}

/// Selects kinds; an empty part selects all.
struct KindSelector: Hashable {
    var group = ""
    var version = ""
    var kind = ""

    func selects(_ other: GroupVersionKind) -> Bool {
        (kind.isEmpty || kind == other.kind) && (group.isEmpty || group == other.group)
            && (version.isEmpty || version == other.version)
    }
}
