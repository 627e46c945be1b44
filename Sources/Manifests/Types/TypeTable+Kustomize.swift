// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// What kustomize 5.8 knows of the types: it carries those of Kubernetes 1.21.2. Kinds that came later are custom
    /// resources to it, and kinds that are gone since then are not.
    ///
    /// The types themselves are today's: they differ in what merges only as said here.
    package static let kustomize = TypeTable(types: builtIn.allTypes.map(\.ofKustomize) + [podSecurityPolicy])

    /// A type that is gone altogether, of which only the metadata has lists that merge.
    private static let podSecurityPolicy = ObjectType(
        name: "policy.v1beta1.PodSecurityPolicy",
        kinds: [GroupVersionKind(apiVersion: "policy/v1beta1", kind: "PodSecurityPolicy")], isAtomic: false,
        fields: [
            ObjectType.Field(
                name: "metadata", shape: .type("meta.v1.ObjectMeta"), isRequired: false, listType: nil,
                isAtomicMap: false, patchStrategy: [], patchMergeKey: nil)
        ])
}

extension ObjectType {
    fileprivate var ofKustomize: ObjectType {
        var type = self
        type.kinds = kinds.filter { !Self.isNewer($0) } + kinds.flatMap(Self.olderKinds)
        for index in fields.indices where isNewerList(fields[index].name) { type.fields[index].patchStrategy = [] }
        return type
    }

    private static func isNewer(_ kind: GroupVersionKind) -> Bool {
        switch (kind.group, kind.kind) {
        case ("admissionregistration.k8s.io", let name): !name.hasSuffix("WebhookConfiguration")
        case ("autoscaling", "HorizontalPodAutoscaler"): kind.version != "v1"
        case ("flowcontrol.apiserver.k8s.io", _), ("resource.k8s.io", _): true
        case (_, "CSIStorageCapacity"), (_, "Eviction"), (_, "IPAddress"), (_, "SelfSubjectReview"),
            (_, "ServiceCIDR"), (_, "VolumeAttributesClass"):
            true
        default: false
        }
    }

    private static func olderKinds(_ kind: GroupVersionKind) -> [GroupVersionKind] {
        olderVersions.filter { $0.of == kind.apiVersion && $0.kinds.contains(kind.kind) }
            .map { GroupVersionKind(apiVersion: $0.version, kind: kind.kind) }
    }

    private static let olderVersions: [(version: String, of: String, kinds: [String])] = [
        (
            "admissionregistration.k8s.io/v1beta1", "admissionregistration.k8s.io/v1",
            ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]
        ),
        ("apiextensions.k8s.io/v1beta1", "apiextensions.k8s.io/v1", ["CustomResourceDefinition"]),
        ("apiregistration.k8s.io/v1beta1", "apiregistration.k8s.io/v1", ["APIService"]),
        ("authentication.k8s.io/v1beta1", "authentication.k8s.io/v1", ["TokenReview"]),
        (
            "authorization.k8s.io/v1beta1", "authorization.k8s.io/v1",
            [
                "LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview",
                "SubjectAccessReview",
            ]
        ),
        ("autoscaling/v2beta1", "autoscaling/v2", ["HorizontalPodAutoscaler"]),
        ("autoscaling/v2beta2", "autoscaling/v2", ["HorizontalPodAutoscaler"]),
        ("batch/v1beta1", "batch/v1", ["CronJob"]),
        ("certificates.k8s.io/v1beta1", "certificates.k8s.io/v1", ["CertificateSigningRequest"]),
        ("coordination.k8s.io/v1beta1", "coordination.k8s.io/v1", ["Lease"]),
        ("discovery.k8s.io/v1beta1", "discovery.k8s.io/v1", ["EndpointSlice"]),
        ("events.k8s.io/v1beta1", "events.k8s.io/v1", ["Event"]),
        ("extensions/v1beta1", "networking.k8s.io/v1", ["Ingress"]),
        (
            "flowcontrol.apiserver.k8s.io/v1beta1", "flowcontrol.apiserver.k8s.io/v1",
            ["FlowSchema", "PriorityLevelConfiguration"]
        ),
        ("networking.k8s.io/v1beta1", "networking.k8s.io/v1", ["Ingress", "IngressClass"]),
        ("node.k8s.io/v1beta1", "node.k8s.io/v1", ["RuntimeClass"]),
        ("policy/v1beta1", "policy/v1", ["Eviction", "PodDisruptionBudget"]),
        (
            "rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1",
            ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
        ),
        ("scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1", ["PriorityClass"]),
        (
            "storage.k8s.io/v1beta1", "storage.k8s.io/v1",
            ["CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment"]
        ),
    ]

    /// Lists that came to the types later, or merge only since then.
    private func isNewerList(_ field: String) -> Bool {
        switch field {
        case "hostIPs", "matchConditions", "resourceClaimStatuses", "resourceClaims", "schedulingGates": true
        case "conditions": name.hasPrefix("autoscaling.v2.") || name.hasPrefix("flowcontrol.v1.")
        case "ports": name == "core.v1.EphemeralContainer"
        default: false
        }
    }
}
