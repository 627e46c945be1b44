// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Defaults {
    static func other(_ object: inout Object, _ type: ResourceType) {
        switch (type.group, type.kind) {
        case ("networking.k8s.io", "NetworkPolicy"):
            for direction in ["ingress", "egress"] {
                object.edit("spec") {
                    $0.editEach(direction) { $0.editEach("ports") { $0.setDefault("TCP", at: "protocol") } }
                }
            }
            let types: Value =
                object.value(at: "spec", "egress") == nil ? ["Ingress"] : ["Ingress", "Egress"]
            object.setDefault(types, at: "spec", "policyTypes")
        case ("autoscaling", "HorizontalPodAutoscaler"):
            object.setDefault(1, at: "spec", "minReplicas")
            if type.version == "v2" {
                object.setDefault(
                    [
                        [
                            "type": "Resource",
                            "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
                        ]
                    ], at: "spec", "metrics")
                scalingBehavior(&object)
            } else {
                object.setDefault(80, at: "spec", "targetCPUUtilizationPercentage")
            }
        case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
            object.setDefault("rbac.authorization.k8s.io", at: "roleRef", "apiGroup")
            object.editEach("subjects") { subject in
                if ["User", "Group"].contains(subject["kind"]?.string) {
                    subject.setDefault("rbac.authorization.k8s.io", at: "apiGroup")
                }
            }
        case ("rbac.authorization.k8s.io", _): object.setDefault(.null, at: "rules")
        case ("discovery.k8s.io", "EndpointSlice"):
            object.editEach("endpoints") { $0.setDefault([:], at: "conditions") }
            object.editEach("ports") {
                $0.setDefault("", at: "name")
                $0.setDefault("TCP", at: "protocol")
            }
        case ("networking.k8s.io", "IngressClass"):
            object.edit("spec", "parameters") { $0.setDefault("Cluster", at: "scope") }
        case ("storage.k8s.io", "CSIDriver"):
            object.edit("spec") { spec in
                spec.setDefault(true, at: "attachRequired")
                for key in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
                    spec.setDefault(false, at: key)
                }
                spec.setDefault("ReadWriteOnceWithFSType", at: "fsGroupPolicy")
                spec.setDefault(["Persistent"], at: "volumeLifecycleModes")
            }
        case ("storage.k8s.io", "StorageClass"):
            object.setDefault("Delete", at: "reclaimPolicy")
            object.setDefault("Immediate", at: "volumeBindingMode")
        case ("scheduling.k8s.io", "PriorityClass"):
            object.setDefault("PreemptLowerPriority", at: "preemptionPolicy")
        case ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"):
            object.editEach("webhooks") { webhook(&$0, isMutating: type.kind.hasPrefix("Mutating")) }
        case ("apiregistration.k8s.io", "APIService"):
            object.edit("spec", "service") { $0.setDefault(443, at: "port") }
        case ("", "Event"):
            for key in ["firstTimestamp", "lastTimestamp", "eventTime"] { object.setDefault(.null, at: key) }
            for key in ["reportingComponent", "reportingInstance"] { object.setDefault("", at: key) }
        default: break
        }
    }

    /// Both directions get their rules when either is spoken of.
    private static func scalingBehavior(_ object: inout Object) {
        object.edit("spec", "behavior") { behavior in
            let percent: Value = ["type": "Percent", "value": 100, "periodSeconds": 15]
            let pods: Value = ["type": "Pods", "value": 4, "periodSeconds": 15]
            behavior.setDefault(0, at: "scaleUp", "stabilizationWindowSeconds")
            for (direction, policies) in [("scaleUp", [pods, percent]), ("scaleDown", [percent])] {
                behavior.setDefault("Max", at: direction, "selectPolicy")
                behavior.setDefault(.array(policies), at: direction, "policies")
            }
        }
    }

    private static func webhook(_ webhook: inout Object, isMutating: Bool) {
        webhook.edit("clientConfig", "service") { $0.setDefault(443, at: "port") }
        webhook.editEach("rules") { $0.setDefault("*", at: "scope") }
        webhook.setDefault("Fail", at: "failurePolicy")
        webhook.setDefault("Equivalent", at: "matchPolicy")
        webhook.setDefault([:], at: "namespaceSelector")
        webhook.setDefault([:], at: "objectSelector")
        webhook.setDefault(10, at: "timeoutSeconds")
        if isMutating { webhook.setDefault("Never", at: "reinvocationPolicy") }
    }
}
