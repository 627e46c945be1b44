// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the server fills in, per kind. Recorded from Kubernetes 1.36.
enum Defaults {
    static func apply(to object: inout Object, _ type: ResourceType) {
        object.setDefault([:], at: "metadata")
        switch (type.group, type.kind) {
        case ("", "Pod"): pod(&object)
        case ("", "ReplicationController"): replicationController(&object)
        case ("", "PodTemplate"): object.edit("template") { podTemplate(&$0) }
        case ("", "Service"): service(&object)
        case ("", "Namespace"):
            object.setDefault(.string(object.name), at: "metadata", "labels", "kubernetes.io/metadata.name")
        case ("", "Secret"): secret(&object)
        case ("", "PersistentVolumeClaim"): claim(&object)
        case ("", "PersistentVolume"): volume(&object)
        case ("", "LimitRange"): object.editEach("spec", "limits") { limitRange(&$0) }
        case ("", "Endpoints"):
            object.editEach("subsets") { $0.editEach("ports") { $0.setDefault("TCP", at: "protocol") } }
        case ("apps", _): workload(&object, type.kind)
        case ("batch", "Job"): job(&object)
        case ("batch", "CronJob"): cronJob(&object)
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): definition(&object)
        default: other(&object, type)
        }
    }

    private static func workload(_ object: inout Object, _ kind: String) {
        // The Go types hold these by value: they exist even when empty, and validation says what is missing in them.
        object.edit("spec") { spec in
            if kind != "ControllerRevision" { spec.setDefault(["metadata": [:], "spec": [:]], at: "template") }
            spec.edit("template") { podTemplate(&$0) }
            switch kind {
            case "Deployment":
                spec.setDefault(1, at: "replicas")
                spec.setDefault("RollingUpdate", at: "strategy", "type")
                if spec.value(at: "strategy", "type") == "RollingUpdate" {
                    spec.setDefault("25%", at: "strategy", "rollingUpdate", "maxUnavailable")
                    spec.setDefault("25%", at: "strategy", "rollingUpdate", "maxSurge")
                }
                spec.setDefault(10, at: "revisionHistoryLimit")
                spec.setDefault(600, at: "progressDeadlineSeconds")
            case "ReplicaSet": spec.setDefault(1, at: "replicas")
            case "StatefulSet": statefulSet(&spec)
            case "DaemonSet":
                spec.setDefault("RollingUpdate", at: "updateStrategy", "type")
                if spec.value(at: "updateStrategy", "type") == "RollingUpdate" {
                    spec.setDefault(1, at: "updateStrategy", "rollingUpdate", "maxUnavailable")
                    spec.setDefault(0, at: "updateStrategy", "rollingUpdate", "maxSurge")
                }
                spec.setDefault(10, at: "revisionHistoryLimit")
            default: break
            }
        }
        if kind == "DaemonSet" {
            object.setDefault("1", at: "metadata", "annotations", "deprecated.daemonset.template.generation")
        }
    }

    private static func replicationController(_ object: inout Object) {
        let labels = object.value(at: "spec", "template", "metadata", "labels")
        object.edit("spec") { spec in
            spec.setDefault(1, at: "replicas")
            spec.edit("template") { podTemplate(&$0) }
            if spec["selector"] == nil { spec["selector"] = labels }
        }
        if object.labels.isEmpty, let labels { object.setMetadata("labels", labels) }
    }

    private static func statefulSet(_ spec: inout Object) {
        spec.setDefault(1, at: "replicas")
        spec.editEach("volumeClaimTemplates") { template in
            template.setDefault("PersistentVolumeClaim", at: "kind")
            template.setDefault("v1", at: "apiVersion")
            claim(&template)
            template.setDefault("Pending", at: "status", "phase")
        }
        spec.setDefault("OrderedReady", at: "podManagementPolicy")
        spec.setDefault("RollingUpdate", at: "updateStrategy", "type")
        if spec.value(at: "updateStrategy", "type") == "RollingUpdate" {
            spec.setDefault(0, at: "updateStrategy", "rollingUpdate", "partition")
        }
        spec.setDefault(10, at: "revisionHistoryLimit")
        spec.setDefault("Retain", at: "persistentVolumeClaimRetentionPolicy", "whenDeleted")
        spec.setDefault("Retain", at: "persistentVolumeClaimRetentionPolicy", "whenScaled")
    }

    private static func job(_ object: inout Object) {
        object.edit("spec") { spec in
            let isFixed = spec["completions"] == nil && spec["parallelism"] == nil
            if isFixed { spec.setDefault(1, at: "completions") }
            spec.setDefault(1, at: "parallelism")
            // Each index has a limit of its own then.
            spec.setDefault(spec["backoffLimitPerIndex"] == nil ? 6 : 2_147_483_647, at: "backoffLimit")
            spec.setDefault("NonIndexed", at: "completionMode")
            spec.setDefault(false, at: "suspend")
            spec.setDefault(false, at: "manualSelector")
            spec.setDefault(
                spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed", at: "podReplacementPolicy")
            spec.edit("podFailurePolicy") { policy in
                policy.editEach("rules") { rule in
                    rule.editEach("onPodConditions") { $0.setDefault("True", at: "status") }
                }
            }
            spec.edit("template") { podTemplate(&$0) }
        }
        // A Job without labels takes its template's.
        if object.labels.isEmpty, let labels = object.value(at: "spec", "template", "metadata", "labels") {
            object.setMetadata("labels", labels)
        }
    }

    private static func cronJob(_ object: inout Object) {
        object.edit("spec") { spec in
            spec.setDefault("Allow", at: "concurrencyPolicy")
            spec.setDefault(false, at: "suspend")
            spec.setDefault(3, at: "successfulJobsHistoryLimit")
            spec.setDefault(1, at: "failedJobsHistoryLimit")
            spec.setDefault([:], at: "jobTemplate", "metadata")
            spec.edit("jobTemplate", "spec") { $0.edit("template") { podTemplate(&$0) } }
        }
    }

    private static func service(_ object: inout Object) {
        object.edit("spec") { spec in
            spec.setDefault("ClusterIP", at: "type")
            spec.setDefault("None", at: "sessionAffinity")
            if spec["sessionAffinity"] == "ClientIP" {
                spec.setDefault(10800, at: "sessionAffinityConfig", "clientIP", "timeoutSeconds")
            }
            spec.editEach("ports") { port in
                port.setDefault("TCP", at: "protocol")
                let target = port["targetPort"]
                if target == nil || target == 0 || target == "" { port["targetPort"] = port["port"] ?? 0 }
            }
            let type = spec["type"]
            if spec["sessionAffinity"] == "None" { spec["sessionAffinityConfig"] = nil }
            let hasAddresses = type == "ClusterIP" && spec["externalIPs"]?.array?.isEmpty == false
            if type == "NodePort" || type == "LoadBalancer" || hasAddresses {
                spec.setDefault("Cluster", at: "externalTrafficPolicy")
            }
            if type == "LoadBalancer" { spec.setDefault(true, at: "allocateLoadBalancerNodePorts") }
            if type != "ExternalName" { spec.setDefault("Cluster", at: "internalTrafficPolicy") }
        }
    }

    /// `stringData` moves into `data`, in base64.
    private static func secret(_ object: inout Object) {
        for pair in object["stringData"]?.object?.pairs ?? [] {
            object.set(.string(Base64.encode(Array((pair.value.string ?? "").utf8))), at: "data", pair.key)
        }
        object["stringData"] = nil
        object.setDefault("Opaque", at: "type")
    }

    static func claim(_ object: inout Object) {
        object.setDefault("Filesystem", at: "spec", "volumeMode")
    }

    private static func volume(_ object: inout Object) {
        object.setDefault("Filesystem", at: "spec", "volumeMode")
        object.setDefault("Retain", at: "spec", "persistentVolumeReclaimPolicy")
        object.edit("spec", "hostPath") { $0.setDefault("", at: "type") }
    }

    private static func limitRange(_ limit: inout Object) {
        guard limit["type"] == "Container" else { return }
        for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
            for pair in limit[from]?.object?.pairs ?? [] { limit.setDefault(pair.value, at: to, pair.key) }
        }
    }

    private static func definition(_ object: inout Object) {
        object.edit("spec") { spec in
            let kind = spec.value(at: "names", "kind")?.string ?? ""
            spec.setDefault(.string(kind.lowercased()), at: "names", "singular")
            spec.setDefault(.string(kind + "List"), at: "names", "listKind")
            spec.setDefault("None", at: "conversion", "strategy")
            spec.edit("conversion", "webhook") { webhook in
                webhook.edit("clientConfig", "service") { $0.setDefault(443, at: "port") }
            }
        }
    }
}
