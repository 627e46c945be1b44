// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a strategic merge has to know about a type: which of its lists are merged, and by what.
/// Lists that are not named here are replaced as a whole. From the `patchMergeKey` and `x-kubernetes-list-map-keys` of
/// the Kubernetes API's published schema; a type that is not built in has no such lists.
struct MergeSchema: Sendable {
    struct ListRule: Sendable {
        /// The fields that say which element is which; empty for a list of plain values.
        var keys: [String]
        var element: MergeSchema?

        init(_ keys: String..., element: MergeSchema? = nil) {
            self.keys = keys
            self.element = element
        }
    }

    var lists: [String: ListRule] = [:]
    var maps: [String: MergeSchema] = [:]

    /// The schema of a kind's objects.
    static func of(_ kind: GroupVersionKind) -> MergeSchema {
        guard builtInGroups.contains(kind.group) else { return MergeSchema() }
        var schema = kinds[kind.groupKind] ?? MergeSchema()
        schema.maps["metadata"] = metadata
        return schema
    }

    private static let builtInGroups: Set<String> = [
        "", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling",
        "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
        "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io",
        "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
    ]

    private static let metadata = MergeSchema(lists: ["finalizers": ListRule(), "ownerReferences": ListRule("uid")])

    private static let container = MergeSchema(lists: [
        "env": ListRule("name"), "ports": ListRule("containerPort", "protocol"),
        "volumeDevices": ListRule("devicePath"), "volumeMounts": ListRule("mountPath"),
    ])

    private static let pod = MergeSchema(lists: [
        "containers": ListRule("name", element: container), "initContainers": ListRule("name", element: container),
        "ephemeralContainers": ListRule("name", element: container), "hostAliases": ListRule("ip"),
        "imagePullSecrets": ListRule("name"), "resourceClaims": ListRule("name"), "schedulingGates": ListRule("name"),
        "topologySpreadConstraints": ListRule("topologyKey", "whenUnsatisfiable"), "volumes": ListRule("name"),
    ])

    private static let podTemplate = MergeSchema(maps: ["metadata": metadata, "spec": pod])
    private static let workload = MergeSchema(maps: ["spec": MergeSchema(maps: ["template": podTemplate])])
    private static let cronJob = MergeSchema(maps: ["spec": MergeSchema(maps: ["jobTemplate": workload])])
    private static let service = MergeSchema(maps: [
        "spec": MergeSchema(lists: ["ports": ListRule("port", "protocol")])
    ])
    private static let matchConditions = ["matchConditions": ListRule("name")]
    private static let webhooks = MergeSchema(lists: [
        "webhooks": ListRule("name", element: MergeSchema(lists: matchConditions))
    ])
    private static let admissionPolicy = MergeSchema(maps: [
        "spec": MergeSchema(lists: matchConditions.merging(["variables": ListRule("name")]) { old, _ in old })
    ])

    private static let kinds: [GroupKind: MergeSchema] = {
        var kinds: [GroupKind: MergeSchema] = [
            GroupKind(group: "", kind: "Pod"): MergeSchema(maps: ["spec": pod]),
            GroupKind(group: "", kind: "PodTemplate"): MergeSchema(maps: ["template": podTemplate]),
            GroupKind(group: "", kind: "ReplicationController"): workload,
            GroupKind(group: "", kind: "Service"): service,
            GroupKind(group: "", kind: "ServiceAccount"): MergeSchema(lists: ["secrets": ListRule("name")]),
            GroupKind(group: "batch", kind: "Job"): workload,
            GroupKind(group: "batch", kind: "CronJob"): cronJob,
        ]
        for kind in ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"] {
            kinds[GroupKind(group: "apps", kind: kind)] = workload
        }
        for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
            kinds[GroupKind(group: "admissionregistration.k8s.io", kind: kind)] = webhooks
        }
        for kind in ["MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"] {
            kinds[GroupKind(group: "admissionregistration.k8s.io", kind: kind)] = admissionPolicy
        }
        return kinds
    }()
}
