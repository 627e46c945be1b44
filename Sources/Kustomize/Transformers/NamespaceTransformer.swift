// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Moves all namespaced objects into one namespace, and what names that namespace with them.
struct NamespaceTransformer {
    var namespace: String

    func apply(to resource: inout Resource) {
        resource.rememberID()
        if !resource.isClusterScoped {
            resource.object.set(.string(namespace), at: "metadata", "namespace")
        }
        switch resource.object.kind {
        case "RoleBinding", "ClusterRoleBinding": setSubjects(in: &resource.object)
        default:
            for field in Self.fields { field.update(&resource.object) { $0 = .string(namespace) } }
        }
    }

    /// The account `default` is made by Kubernetes and never among the resources, so references cannot follow it.
    private func setSubjects(in object: inout Object) {
        guard var subjects = object["subjects"]?.array else { return }
        for index in subjects.indices where subjects[index]["name"]?.string == "default" {
            guard case .object(var subject) = subjects[index] else { continue }
            subject["namespace"] = .string(namespace)
            subjects[index] = .object(subject)
        }
        object["subjects"] = .array(subjects)
    }

    private static let fields = [
        FieldSpec("metadata/name", version: "v1", kind: "Namespace", create: true),
        FieldSpec("spec/service/namespace", group: "apiregistration.k8s.io", kind: "APIService", create: true),
        FieldSpec(
            "spec/conversion/webhook/clientConfig/service/namespace", group: "apiextensions.k8s.io",
            kind: "CustomResourceDefinition"),
    ]
}

/// Puts a prefix and a suffix on names. Some kinds' names mean something and stay.
struct AffixTransformer {
    var prefix: String
    var suffix: String

    func apply(to resource: inout Resource) {
        let kind = resource.originalID.groupVersionKind
        switch kind.kind {
        case "CustomResourceDefinition", "Namespace": return
        case "APIService" where kind.group == "apiregistration.k8s.io": return
        default: break
        }
        if !prefix.isEmpty { resource.addPrefix(prefix) }
        if !suffix.isEmpty { resource.addSuffix(suffix) }
    }
}
