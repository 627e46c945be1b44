// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Where objects name other objects: kustomize's built-in reference rules
/// (`nameReference` in its default transformer configuration).
enum NameReferences {
    struct Rule {
        /// The kind that is referred to.
        var target: KindSelector
        var field: FieldSpec
    }

    /// The rules for one referring kind.
    static func rules(for kind: GroupVersionKind) -> [Rule] {
        (rulesByKind[kind.kind] ?? []).filter { $0.field.selector.selects(kind) }
    }

    private static let rulesByKind: [String: [Rule]] = Dictionary(grouping: all) { $0.field.selector.kind }

    /// A kind that holds a pod's specification, and where.
    private struct PodHolder {
        var kind: String
        var version = ""
        var path: String
    }

    private static let pod = PodHolder(kind: "Pod", version: "v1", path: "spec")
    private static let podTemplate = PodHolder(kind: "PodTemplate", path: "template/spec")
    private static let cronJob = PodHolder(kind: "CronJob", path: "spec/jobTemplate/spec/template/spec")
    private static func templates(_ kinds: String...) -> [PodHolder] {
        kinds.map { PodHolder(kind: $0, path: "spec/template/spec") }
    }

    private static let configurationHolders =
        [pod, podTemplate, cronJob] + templates("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job")
    private static let accountHolders =
        [pod, cronJob] + templates("StatefulSet", "Deployment", "ReplicationController", "Job", "DaemonSet")

    private static let all: [Rule] =
        scaling + configMaps + secrets + services + roles + serviceAccounts + storage + classes

    private static func rules(_ kind: String, group: String = "", version: String = "", _ fields: [FieldSpec]) -> [Rule]
    {
        fields.map { Rule(target: KindSelector(group: group, version: version, kind: kind), field: $0) }
    }

    private static func fields(in holders: [PodHolder], _ paths: String...) -> [FieldSpec] {
        holders.flatMap { holder in
            paths.map { FieldSpec("\(holder.path)/\($0)", version: holder.version, kind: holder.kind) }
        }
    }

    private static let scaling = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].flatMap {
        rules($0, [FieldSpec("spec/scaleTargetRef/name", kind: "HorizontalPodAutoscaler")])
    }

    private static let configMaps = rules(
        "ConfigMap", version: "v1",
        fields(
            in: configurationHolders, "volumes/configMap/name", "containers/env/valueFrom/configMapKeyRef/name",
            "initContainers/env/valueFrom/configMapKeyRef/name", "containers/envFrom/configMapRef/name",
            "initContainers/envFrom/configMapRef/name", "volumes/projected/sources/configMap/name") + [
                FieldSpec("spec/configSource/configMap", kind: "Node"),
                FieldSpec("rules/resourceNames", kind: "Role"),
                FieldSpec("rules/resourceNames", kind: "ClusterRole"),
                FieldSpec(
                    #"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap"#, kind: "Ingress"),
            ])

    private static let secrets = rules(
        "Secret", version: "v1",
        fields(
            in: configurationHolders, "volumes/secret/secretName", "containers/env/valueFrom/secretKeyRef/name",
            "initContainers/env/valueFrom/secretKeyRef/name", "containers/envFrom/secretRef/name",
            "initContainers/envFrom/secretRef/name", "imagePullSecrets/name", "volumes/projected/sources/secret/name")
            + [
                FieldSpec("spec/tls/secretName", kind: "Ingress"),
                FieldSpec(#"metadata/annotations/ingress.kubernetes.io\/auth-secret"#, kind: "Ingress"),
                FieldSpec(#"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret"#, kind: "Ingress"),
                FieldSpec(#"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret"#, kind: "Ingress"),
                FieldSpec("imagePullSecrets/name", kind: "ServiceAccount"),
                FieldSpec("parameters/secretName", kind: "StorageClass"),
                FieldSpec("parameters/adminSecretName", kind: "StorageClass"),
                FieldSpec("parameters/userSecretName", kind: "StorageClass"),
                FieldSpec("parameters/secretRef", kind: "StorageClass"),
                FieldSpec("rules/resourceNames", kind: "Role"),
                FieldSpec("rules/resourceNames", kind: "ClusterRole"),
                FieldSpec(
                    "spec/template/spec/containers/env/valueFrom/secretKeyRef/name", group: "serving.knative.dev",
                    version: "v1", kind: "Service"),
                FieldSpec("spec/azureFile/secretName", kind: "PersistentVolume"),
            ])

    private static let services = rules(
        "Service", version: "v1",
        [
            FieldSpec("spec/serviceName", group: "apps", kind: "StatefulSet"),
            FieldSpec("spec/rules/http/paths/backend/serviceName", kind: "Ingress"),
            FieldSpec("spec/backend/serviceName", kind: "Ingress"),
            FieldSpec("spec/rules/http/paths/backend/service/name", kind: "Ingress"),
            FieldSpec("spec/defaultBackend/service/name", kind: "Ingress"),
            FieldSpec("spec/service/name", group: "apiregistration.k8s.io", kind: "APIService"),
            FieldSpec(
                "webhooks/clientConfig/service", group: "admissionregistration.k8s.io",
                kind: "ValidatingWebhookConfiguration"),
            FieldSpec(
                "webhooks/clientConfig/service", group: "admissionregistration.k8s.io",
                kind: "MutatingWebhookConfiguration"),
            FieldSpec("spec/rules/backendRefs/name", kind: "HTTPRoute"),
        ])

    private static let rbac = "rbac.authorization.k8s.io"

    private static let roles =
        rules("Role", group: rbac, [FieldSpec("roleRef/name", group: rbac, kind: "RoleBinding")])
        + rules(
            "ClusterRole", group: rbac,
            [
                FieldSpec("roleRef/name", group: rbac, kind: "RoleBinding"),
                FieldSpec("roleRef/name", group: rbac, kind: "ClusterRoleBinding"),
            ])

    private static let serviceAccounts = rules(
        "ServiceAccount", version: "v1",
        [
            FieldSpec("subjects", group: rbac, kind: "RoleBinding"),
            FieldSpec("subjects", group: rbac, kind: "ClusterRoleBinding"),
        ] + fields(in: accountHolders, "serviceAccountName"))

    private static let storage =
        rules(
            "PersistentVolumeClaim", version: "v1",
            fields(in: accountHolders, "volumes/persistentVolumeClaim/claimName"))
        + rules(
            "PersistentVolume", version: "v1",
            [
                FieldSpec("spec/volumeName", kind: "PersistentVolumeClaim"),
                FieldSpec("rules/resourceNames", kind: "ClusterRole"),
            ])
        + rules(
            "StorageClass", group: "storage.k8s.io", version: "v1",
            [
                FieldSpec("spec/storageClassName", kind: "PersistentVolume"),
                FieldSpec("spec/storageClassName", kind: "PersistentVolumeClaim"),
                FieldSpec("spec/volumeClaimTemplates/spec/storageClassName", kind: "StatefulSet"),
            ])

    private static let classes = rules(
        "PriorityClass", group: "scheduling.k8s.io", version: "v1", fields(in: accountHolders, "priorityClassName"))
}
