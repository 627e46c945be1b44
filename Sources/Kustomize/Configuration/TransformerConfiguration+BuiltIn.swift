// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The notation of the built-in configuration: a line without indentation begins a list (`names KIND` the fields that name
/// that kind); an indented one is a path, a colon and the kinds that have it, or nothing for all. A kind is
/// `GROUP/VERSION:KIND` with what is needed of it; `+` before the path creates it. A path that begins with `{NAME}` stands for
/// one in the pod specification of each kind of that name.
extension TransformerConfiguration {
    init(parsing text: String) {
        self.init()
        var list = ""
        var target: KindSelector?
        var fields: [String: [FieldSpec]] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if !line.hasPrefix(" ") {
                list = words[0]
                target = words.count > 1 ? Self.kind(words[1]) : nil
                if let target { nameReferences.append(NameReferenceRule(target: target, referrers: FieldSpecs())) }
            } else if target == nil {
                fields[list, default: []] += Self.fields(words)
            } else if let last = nameReferences.indices.last {
                let known = nameReferences[last].referrers.all
                nameReferences[last].referrers = FieldSpecs(known + Self.fields(words))
            }
        }
        for (name, list) in Self.lists { self[keyPath: list] = FieldSpecs(fields[name] ?? []) }
    }

    private static func fields(_ words: [String]) -> [FieldSpec] {
        let create = words[0] == "+"
        let path = words[create ? 1 : 0]
        let kinds = words.dropFirst(create ? 3 : 2)
        if path.hasPrefix("{"), let end = path.firstIndex(of: "}") {
            let holders = holders[String(path[path.index(after: path.startIndex)..<end])] ?? []
            let rest = path[path.index(after: end)...]
            return holders.map { FieldSpec("\(podPath(of: $0.kind))\(rest)", selector: $0, create: create) }
        }
        let selectors = kinds.isEmpty ? [KindSelector()] : kinds.map(kind)
        return selectors.map { FieldSpec(path, selector: $0, create: create) }
    }

    private static func kind(_ text: String) -> KindSelector {
        var selector = KindSelector()
        var rest = text[...]
        if let colon = rest.lastIndex(of: ":") {
            selector.version = String(rest[..<colon])
            rest = rest[rest.index(after: colon)...]
            if let slash = selector.version.lastIndex(of: "/") {
                selector.group = String(selector.version[..<slash])
                selector.version = String(selector.version[selector.version.index(after: slash)...])
            }
        } else if let slash = rest.lastIndex(of: "/") {
            selector.group = String(rest[..<slash])
            rest = rest[rest.index(after: slash)...]
        }
        selector.kind = String(rest)
        return selector
    }

    /// Kinds with a pod specification, by the names that paths use.
    private static let holders: [String: [KindSelector]] = [
        "configured": [
            "v1:Pod", "PodTemplate", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "CronJob",
        ].map(kind),
        "account": ["Pod", "StatefulSet", "Deployment", "ReplicationController", "CronJob", "Job", "DaemonSet"].map(
            kind),
        "variable": ["CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet"].map(kind),
    ]

    private static func podPath(of kind: String) -> String {
        switch kind {
        case "Pod": "spec"
        case "PodTemplate": "template/spec"
        case "CronJob": "spec/jobTemplate/spec/template/spec"
        default: "spec/template/spec"
        }
    }

    static let builtInData = #"""
        namePrefix
          metadata/name
        nameSuffix
          metadata/name
        namespace
          + metadata/name : Namespace
          + spec/service/namespace : apiregistration.k8s.io/APIService
          spec/conversion/webhook/clientConfig/service/namespace : apiextensions.k8s.io/CustomResourceDefinition
        labels
          + metadata/labels
        templateLabels
          + metadata/labels
          + spec/template/metadata/labels : v1:ReplicationController Deployment ReplicaSet DaemonSet apps/StatefulSet batch/Job
          + spec/volumeClaimTemplates[]/metadata/labels : apps/StatefulSet
          + spec/jobTemplate/metadata/labels : batch/CronJob
          + spec/jobTemplate/spec/template/metadata/labels : batch/CronJob
        commonLabels
          + spec/selector : v1:Service v1:ReplicationController
          + spec/selector/matchLabels : Deployment ReplicaSet DaemonSet apps/StatefulSet
          spec/selector/matchLabels : batch/Job policy/PodDisruptionBudget
          spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels : apps/Deployment apps/StatefulSet
          spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels : apps/Deployment apps/StatefulSet
          spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels : apps/Deployment apps/StatefulSet
          spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels : apps/Deployment apps/StatefulSet
          spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels : apps/Deployment apps/StatefulSet
          spec/jobTemplate/spec/selector/matchLabels : batch/CronJob
          spec/podSelector/matchLabels : networking.k8s.io/NetworkPolicy
          spec/ingress/from/podSelector/matchLabels : networking.k8s.io/NetworkPolicy
          spec/egress/to/podSelector/matchLabels : networking.k8s.io/NetworkPolicy
          + metadata/labels
          + spec/template/metadata/labels : v1:ReplicationController Deployment ReplicaSet DaemonSet apps/StatefulSet batch/Job
          + spec/volumeClaimTemplates[]/metadata/labels : apps/StatefulSet
          + spec/jobTemplate/metadata/labels : batch/CronJob
          + spec/jobTemplate/spec/template/metadata/labels : batch/CronJob
        commonAnnotations
          + metadata/annotations
          + spec/template/metadata/annotations : v1:ReplicationController Deployment ReplicaSet DaemonSet StatefulSet batch/Job
          + spec/jobTemplate/metadata/annotations : batch/CronJob
          + spec/jobTemplate/spec/template/metadata/annotations : batch/CronJob
        images
          + spec/containers[]/image
          + spec/initContainers[]/image
          + spec/volumes[]/image/reference
          + spec/template/spec/containers[]/image
          + spec/template/spec/initContainers[]/image
          + spec/template/spec/volumes[]/image/reference
        replicas
          + spec/replicas : Deployment ReplicationController ReplicaSet StatefulSet
        varReference
          {variable}/containers/args
          {variable}/containers/command
          {variable}/containers/env/value
          {variable}/containers/volumeMounts/mountPath
          {variable}/initContainers/args
          {variable}/initContainers/command
          {variable}/initContainers/env/value
          {variable}/initContainers/volumeMounts/mountPath
          spec/volumes/nfs/server : Pod
          spec/template/spec/volumes/nfs/server : DaemonSet Deployment Job ReplicaSet
          spec/jobTemplate/spec/template/volumes/nfs/server : CronJob
          spec/volumeClaimTemplates/spec/nfs/server : StatefulSet
          spec/nfs/server : PersistentVolume
          spec/template/metadata/annotations : Deployment
          spec/rules/host : Ingress
          spec/tls/hosts : Ingress
          spec/tls/secretName : Ingress
          spec/ports/port : Service
          spec/ports/targetPort : Service
          metadata/labels
          metadata/annotations
        names Deployment
          spec/scaleTargetRef/name : HorizontalPodAutoscaler
        names ReplicationController
          spec/scaleTargetRef/name : HorizontalPodAutoscaler
        names ReplicaSet
          spec/scaleTargetRef/name : HorizontalPodAutoscaler
        names StatefulSet
          spec/scaleTargetRef/name : HorizontalPodAutoscaler
        names v1:ConfigMap
          {configured}/volumes/configMap/name
          {configured}/containers/env/valueFrom/configMapKeyRef/name
          {configured}/initContainers/env/valueFrom/configMapKeyRef/name
          {configured}/containers/envFrom/configMapRef/name
          {configured}/initContainers/envFrom/configMapRef/name
          {configured}/volumes/projected/sources/configMap/name
          spec/configSource/configMap : Node
          rules/resourceNames : Role ClusterRole
          metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap : Ingress
        names v1:Secret
          {configured}/volumes/secret/secretName
          {configured}/containers/env/valueFrom/secretKeyRef/name
          {configured}/initContainers/env/valueFrom/secretKeyRef/name
          {configured}/containers/envFrom/secretRef/name
          {configured}/initContainers/envFrom/secretRef/name
          {configured}/imagePullSecrets/name
          {configured}/volumes/projected/sources/secret/name
          spec/tls/secretName : Ingress
          metadata/annotations/ingress.kubernetes.io\/auth-secret : Ingress
          metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret : Ingress
          metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret : Ingress
          imagePullSecrets/name : ServiceAccount
          parameters/secretName : StorageClass
          parameters/adminSecretName : StorageClass
          parameters/userSecretName : StorageClass
          parameters/secretRef : StorageClass
          rules/resourceNames : Role ClusterRole
          spec/template/spec/containers/env/valueFrom/secretKeyRef/name : serving.knative.dev/v1:Service
          spec/azureFile/secretName : PersistentVolume
        names v1:Service
          spec/serviceName : apps/StatefulSet
          spec/rules/http/paths/backend/serviceName : Ingress
          spec/backend/serviceName : Ingress
          spec/rules/http/paths/backend/service/name : Ingress
          spec/defaultBackend/service/name : Ingress
          spec/service/name : apiregistration.k8s.io/APIService
          webhooks/clientConfig/service : admissionregistration.k8s.io/ValidatingWebhookConfiguration admissionregistration.k8s.io/MutatingWebhookConfiguration
        names rbac.authorization.k8s.io/Role
          roleRef/name : rbac.authorization.k8s.io/RoleBinding
        names rbac.authorization.k8s.io/ClusterRole
          roleRef/name : rbac.authorization.k8s.io/RoleBinding rbac.authorization.k8s.io/ClusterRoleBinding
        names v1:ServiceAccount
          subjects : rbac.authorization.k8s.io/RoleBinding rbac.authorization.k8s.io/ClusterRoleBinding
          {account}/serviceAccountName
        names v1:PersistentVolumeClaim
          {account}/volumes/persistentVolumeClaim/claimName
        names v1:PersistentVolume
          spec/volumeName : PersistentVolumeClaim
          rules/resourceNames : ClusterRole
        names storage.k8s.io/v1:StorageClass
          spec/storageClassName : PersistentVolume PersistentVolumeClaim
          spec/volumeClaimTemplates/spec/storageClassName : StatefulSet
        names scheduling.k8s.io/v1:PriorityClass
          {account}/priorityClassName
        names networking.k8s.io/v1/v1:IngressClass
          spec/ingressClassName : Ingress
        names admissionregistration.k8s.io/ValidatingAdmissionPolicy
          spec/policyName : admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding
        """#
}
