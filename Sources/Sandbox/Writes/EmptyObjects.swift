// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What an object of a kind holds before anything is set: its Go type's fields that are no pointers.
///
/// A create is compared with it, so that nobody owns what is always there.
enum EmptyObjects {
    static func object(_ type: ResourceType) -> Object {
        var object: Object = [
            "apiVersion": .string(type.apiVersion), "kind": .string(type.kind), "metadata": [:],
        ]
        guard type.custom == nil else { return object }
        let podTemplate: Value = ["metadata": [:], "spec": ["containers": nil]]
        switch (type.group, type.kind) {
        case ("apps", "Deployment"): object["spec"] = ["selector": nil, "template": podTemplate, "strategy": [:]]
        case ("apps", "ReplicaSet"): object["spec"] = ["selector": nil, "template": podTemplate]
        case ("apps", "StatefulSet"):
            object["spec"] = ["selector": nil, "template": podTemplate, "serviceName": "", "updateStrategy": [:]]
        case ("apps", "DaemonSet"): object["spec"] = ["selector": nil, "template": podTemplate, "updateStrategy": [:]]
        case ("batch", "Job"): object["spec"] = ["template": podTemplate]
        case ("batch", "CronJob"):
            object["spec"] = ["schedule": "", "jobTemplate": ["metadata": [:], "spec": ["template": podTemplate]]]
        case ("", "Pod"): object["spec"] = ["containers": nil]
        case ("", "PersistentVolumeClaim"): object["spec"] = ["resources": [:]]
        case ("", "LimitRange"): object["spec"] = ["limits": nil]
        case ("autoscaling", "HorizontalPodAutoscaler"):
            object["spec"] = ["scaleTargetRef": ["kind": "", "name": ""], "maxReplicas": 0]
        case ("networking.k8s.io", "NetworkPolicy"): object["spec"] = ["podSelector": [:]]
        case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
            object["roleRef"] = ["apiGroup": "", "kind": "", "name": ""]
        case ("rbac.authorization.k8s.io", _): object["rules"] = .null
        case ("apiextensions.k8s.io", "CustomResourceDefinition"):
            object["spec"] = ["group": "", "names": ["plural": "", "kind": ""], "scope": "", "versions": nil]
        case ("storage.k8s.io", "StorageClass"): object["provisioner"] = ""
        case ("scheduling.k8s.io", "PriorityClass"): object["value"] = 0
        case ("discovery.k8s.io", "EndpointSlice"):
            object["addressType"] = ""
            object["endpoints"] = .null
            object["ports"] = .null
        case ("", "Event"):
            object["involvedObject"] = [:]
            object["source"] = [:]
            object["firstTimestamp"] = .null
            object["lastTimestamp"] = .null
            object["eventTime"] = .null
            object["reportingComponent"] = ""
            object["reportingInstance"] = ""
        case ("", "Service"), ("", "Namespace"), ("", "PersistentVolume"), ("", "ResourceQuota"), ("", "Node"),
            ("networking.k8s.io", "Ingress"), ("networking.k8s.io", "IngressClass"), ("policy", "PodDisruptionBudget"),
            ("coordination.k8s.io", "Lease"):
            object["spec"] = [:]
        default: break
        }
        return object
    }
}
