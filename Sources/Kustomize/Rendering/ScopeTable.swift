// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Which kinds belong to the cluster and not to a namespace: the built-in kinds of Kubernetes 1.36 by its discovery
/// documents, and kinds that older servers had.
package enum ScopeTable {
    private static let clusterScoped: [String: Set<String>] = [
        "": ["ComponentStatus", "Namespace", "Node", "PersistentVolume"],
        "admissionregistration.k8s.io": [
            "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
        ],
        "apiextensions.k8s.io": ["CustomResourceDefinition"],
        "apiregistration.k8s.io": ["APIService"],
        "authentication.k8s.io": ["SelfSubjectReview", "TokenReview"],
        "authorization.k8s.io": ["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"],
        "certificates.k8s.io": ["CertificateSigningRequest", "ClusterTrustBundle"],
        "flowcontrol.apiserver.k8s.io": ["FlowSchema", "PriorityLevelConfiguration"],
        "networking.k8s.io": ["IPAddress", "IngressClass", "ServiceCIDR"],
        "node.k8s.io": ["RuntimeClass"],
        "policy": ["PodSecurityPolicy"],
        "rbac.authorization.k8s.io": ["ClusterRole", "ClusterRoleBinding"],
        "resource.k8s.io": ["DeviceClass", "ResourceSlice"],
        "scheduling.k8s.io": ["PriorityClass"],
        "storage.k8s.io": ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
        "storagemigration.k8s.io": ["StorageVersionMigration"],
    ]

    /// True for built-in kinds without a namespace; false for all other kinds, known or not.
    package static func isClusterScoped(_ kind: GroupKind) -> Bool {
        groupsByKind[kind.kind]?.contains(kind.group) ?? false
    }

    /// Few kinds are in it at all, so that one look says no.
    private static let groupsByKind: [String: [String]] = clusterScoped.reduce(into: [:]) { groups, entry in
        for kind in entry.value { groups[kind, default: []].append(entry.key) }
    }

    /// The kinds that the CustomResourceDefinitions among these manifests declare as cluster-scoped.
    package static func clusterScopedKinds(declaredIn manifests: [Manifest]) -> Set<GroupKind> {
        var kinds: Set<GroupKind> = []
        for manifest in manifests where manifest.object.kind == "CustomResourceDefinition" {
            guard manifest.object.value(at: "spec", "scope")?.string == "Cluster",
                let group = manifest.object.value(at: "spec", "group")?.string,
                let kind = manifest.object.value(at: "spec", "names", "kind")?.string
            else { continue }
            kinds.insert(GroupKind(group: group, kind: kind))
        }
        return kinds
    }
}
