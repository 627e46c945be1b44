// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the objects of a namespace use of what a ResourceQuota limits (kubernetes, pkg/quota/v1/evaluator).
struct ResourceUsage {
    let namespace: String
    let cluster: any ClusterReader

    /// Kinds that may be limited by their bare plural.
    private static let counted: [String: GroupKind] = [
        "configmaps": .configMap, "persistentvolumeclaims": .persistentVolumeClaim, "secrets": .secret,
        "services": .service, "replicationcontrollers": GroupKind(group: "", kind: "ReplicationController"),
        "resourcequotas": .resourceQuota, "serviceaccounts": .serviceAccount,
        "deployments.apps": .deployment, "replicasets.apps": .replicaSet, "statefulsets.apps": .statefulSet,
        "daemonsets.apps": .daemonSet, "jobs.batch": .job, "cronjobs.batch": .cronJob,
        "horizontalpodautoscalers.autoscaling": .horizontalPodAutoscaler,
        "ingresses.networking.k8s.io": GroupKind(group: "networking.k8s.io", kind: "Ingress"),
    ]

    /// Nil where the box does not count it.
    func used(_ resource: String) -> Quantity? {
        if resource == "pods" { return Quantity(String(pods.count)) }
        if resource == "count/pods" { return count(.pod) }
        let plural = resource.hasPrefix("count/") ? String(resource.dropFirst(6)) : resource
        if let kind = Self.counted[plural], !plural.contains(".") || plural != resource { return count(kind) }
        switch resource {
        case "services.loadbalancers": return count(.service) { $0.string(at: "spec", "type") == "LoadBalancer" }
        case "services.nodeports":
            let services = cluster.objects(.service, namespace: namespace)
            let ports = services.flatMap { $0.list(at: "spec", "ports") }.filter { $0["nodePort"] != nil }
            return Quantity(String(ports.count))
        case "requests.storage":
            let claims = cluster.objects(.persistentVolumeClaim, namespace: namespace)
            return claims.reduce(Quantity.zero) { $0 + VolumeMatch.request(of: $1) }
        default: break
        }
        if let name = resource.suffix(after: "limits.") { return sum("limits", name) }
        if let name = resource.suffix(after: "requests.") { return sum("requests", name) }
        return ["cpu", "memory", "ephemeral-storage"].contains(resource) ? sum("requests", resource) : nil
    }

    /// Finished pods use nothing.
    private var pods: [Object] { cluster.objects(.pod, namespace: namespace).filter { !$0.isPodFinished } }

    private func count(_ kind: GroupKind, where holds: (Object) -> Bool = { _ in true }) -> Quantity? {
        Quantity(String(cluster.objects(kind, namespace: namespace).filter(holds).count))
    }

    /// Of a pod's containers the sum, or its largest init container where that is more.
    private func sum(_ kind: String, _ resource: String) -> Quantity {
        func amount(_ container: Object) -> Quantity {
            container.value(at: "resources", kind, resource)?.string.flatMap { Quantity($0) } ?? .zero
        }
        return pods.reduce(Quantity.zero) { total, pod in
            let main = pod.list(at: "spec", "containers").reduce(Quantity.zero) { $0 + amount($1) }
            let first = pod.list(at: "spec", "initContainers").map(amount).max() ?? .zero
            return total + max(main, first)
        }
    }
}

extension String {
    fileprivate func suffix(after prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
