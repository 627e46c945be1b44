// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Moves all namespaced objects into one namespace, and what names that namespace with them.
struct NamespaceTransformer {
    /// Which subjects of role bindings follow by themselves; references to accounts among the resources always do.
    enum Subjects: String, StrictChoice {
        /// The account `default`: Kubernetes makes it, so it is never among the resources.
        case defaultOnly
        case allServiceAccounts
        case none

        static let placeholder = Subjects.defaultOnly
    }

    var namespace: String
    /// Beyond `metadata.namespace`.
    var fields: FieldSpecs
    var subjects = Subjects.defaultOnly
    /// Leaves every field that holds something as it is.
    var onlyUnset = false
    /// Kinds that an own schema puts outside namespaces.
    var clusterScoped: Set<GroupVersionKind> = []

    private static let ownField = FieldSpec("metadata/namespace", create: true)

    func apply(to resource: inout Resource) throws(FieldMismatch) {
        resource.rememberID()
        try apply(to: &resource.object)
    }

    func apply(to object: inout Object) throws(FieldMismatch) {
        let kind = object.groupVersionKind
        if !ScopeTable.isClusterScoped(kind.groupKind), !clusterScoped.contains(kind) {
            try set(Self.ownField, of: &object)
        }
        let isBinding = kind.kind == "RoleBinding" || kind.kind == "ClusterRoleBinding"
        if isBinding { setSubjects(in: &object) }
        for field in fields.matching(kind) {
            switch field.path {
            case ["metadata", "namespace"]: continue
            case ["metadata", "name"] where object.apiVersion != "v1": continue
            case ["subjects", "namespace"] where isBinding && field.selector.kind == kind.kind: continue
            default: try set(field, of: &object)
            }
        }
    }

    private func set(_ field: FieldSpec, of object: inout Object) throws(FieldMismatch) {
        try field.update(&object) { value throws(FieldMismatch) in
            if value.object != nil || value.array != nil {
                throw FieldMismatch(field: field, expected: "a namespace", found: value)
            }
            if !onlyUnset || value.isNull || value == "" { value = .string(namespace) }
        }
    }

    private func setSubjects(in object: inout Object) {
        guard subjects != .none, var list = object["subjects"]?.array else { return }
        for index in list.indices {
            guard case .object(var subject) = list[index] else { continue }
            switch subjects {
            case .none: continue
            case .defaultOnly: guard subject["name"]?.string == "default" else { continue }
            case .allServiceAccounts: guard subject["kind"]?.string == "ServiceAccount" else { continue }
            }
            let present = subject["namespace"]?.string ?? ""
            if onlyUnset, !present.isEmpty { continue }
            subject["namespace"] = .string(namespace)
            list[index] = .object(subject)
        }
        object["subjects"] = .array(list)
    }
}
