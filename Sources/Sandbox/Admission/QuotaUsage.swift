// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What an object takes of a ResourceQuota, by resource: for admission and for a quota's status alike (kubernetes,
/// pkg/quota/v1/evaluator/core).
enum QuotaUsage {
    /// What a kind is counted as.
    struct Kind {
        var kind: GroupKind
        var plural: String

        init(kind: GroupKind, plural: String) {
            self.kind = kind
            self.plural = plural
        }

        init(_ type: ResourceType) {
            kind = type.storage
            plural = type.plural
        }

        fileprivate var countName: String {
            kind.group.isEmpty ? "count/\(plural)" : "count/\(plural).\(kind.group)"
        }
    }

    static func of(_ object: Object, _ kind: Kind, now: Timestamp) -> Object {
        var usage: Object = [kind.countName: "1"]
        guard kind.kind.group.isEmpty else { return usage }
        switch kind.kind.kind {
        case "Pod": addPod(object, now: now, to: &usage)
        case "PersistentVolumeClaim":
            usage["persistentvolumeclaims"] = "1"
            let size = VolumeMatch.quotaSize(of: object).canonical
            usage["requests.storage"] = .string(size)
            if let name = object.value(at: "spec", "storageClassName")?.string, !name.isEmpty {
                usage["\(name).storageclass.storage.k8s.io/requests.storage"] = .string(size)
                usage["\(name).storageclass.storage.k8s.io/persistentvolumeclaims"] = "1"
            }
        case "Service":
            usage["services"] = "1"
            let type = object.value(at: "spec", "type")
            let ports = object.value(at: "spec", "ports")?.array ?? []
            if type == "LoadBalancer" { usage["services.loadbalancers"] = "1" }
            if type == "NodePort" || type == "LoadBalancer" {
                let allocates = object.value(at: "spec", "allocateLoadBalancerNodePorts") != false
                let taken = allocates ? ports.count : ports.count { ($0["nodePort"]?.integer ?? 0) != 0 }
                usage["services.nodeports"] = .string(String(taken))
            }
        case "ConfigMap", "Secret", "ReplicationController", "ResourceQuota": usage[kind.plural] = "1"
        default: break
        }
        return usage
    }

    /// Pods that have ended, or whose time to end is over, take nothing but their own entry.
    private static func addPod(_ pod: Object, now: Timestamp, to usage: inout Object) {
        if pod.isPodFinished { return }
        if let deletion = pod.time(at: "metadata", "deletionTimestamp"),
            let grace = pod.int(at: "metadata", "deletionGracePeriodSeconds"), now > deletion + .seconds(grace)
        {
            return
        }
        usage["pods"] = "1"
        for pair in PodResources.total(of: pod, "requests").pairs {
            usage["requests.\(pair.key)"] = pair.value
            let isOwn = ["cpu", "memory", "ephemeral-storage"].contains(pair.key) || pair.key.hasPrefix("hugepages-")
            if isOwn { usage[pair.key] = pair.value }
        }
        for pair in PodResources.total(of: pod, "limits").pairs {
            if ["cpu", "memory", "ephemeral-storage"].contains(pair.key) { usage["limits.\(pair.key)"] = pair.value }
        }
    }

    /// The kind whose objects take of a resource; nil where nothing does.
    ///
    /// - Parameter counted: the kind of a plural with its group, as in `deployments.apps`.
    static func kind(taking resource: String, counted: (String) -> Kind?) -> Kind? {
        func core(_ kind: String, _ plural: String) -> Kind {
            Kind(kind: GroupKind(group: "", kind: kind), plural: plural)
        }
        if resource.hasPrefix("count/") { return counted(String(resource.dropFirst(6))) }
        switch resource {
        case "configmaps", "secrets", "replicationcontrollers", "resourcequotas": return counted(resource)
        case "services", "services.loadbalancers", "services.nodeports": return core("Service", "services")
        case "persistentvolumeclaims", "requests.storage":
            return core("PersistentVolumeClaim", "persistentvolumeclaims")
        case "pods", "cpu", "memory", "ephemeral-storage": return core("Pod", "pods")
        default: break
        }
        if resource.contains(".storageclass.storage.k8s.io/") {
            return core("PersistentVolumeClaim", "persistentvolumeclaims")
        }
        let isCompute = ["requests.", "limits.", "hugepages-"].contains { resource.hasPrefix($0) }
        return isCompute ? core("Pod", "pods") : nil
    }

    /// Compute resources that a quota limits must be stated by every container: `limits.cpu for: a,b; ...`.
    static func missing(_ object: Object, _ kind: Kind, _ hard: Object) -> String? {
        guard kind.kind == .pod else { return nil }
        let containers = ["containers", "initContainers"].flatMap { object.value(at: "spec", $0)?.array ?? [] }
        var parts: [String] = []
        for name in hard.keys {
            let place: [String]? =
                switch name {
                case "cpu", "memory": ["requests", name]
                case "requests.cpu", "requests.memory", "limits.cpu", "limits.memory":
                    name.split(separator: ".").map(String.init)
                default: nil
                }
            guard let place else { continue }
            let names = containers.filter { $0["resources"]?[place[0]]?[place[1]] == nil }
                .compactMap { $0["name"]?.string }
            if !names.isEmpty { parts.append("\(name) for: \(names.joined(separator: ","))") }
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// Scopes narrow a quota to some pods.
    static func isInScope(_ object: Object, _ kind: Kind, _ quota: Object) -> Bool {
        var scopes = (quota.value(at: "spec", "scopes")?.array ?? []).compactMap(\.string)
        let selectors = quota.value(at: "spec", "scopeSelector", "matchExpressions")?.array ?? []
        scopes += selectors.filter { $0["operator"] == "Exists" }.compactMap { $0["scopeName"]?.string }
        guard !scopes.isEmpty || !selectors.isEmpty else { return true }
        guard kind.kind == .pod else { return false }
        let isBestEffort = PodQuality.qosClass(object) == "BestEffort"
        let isTerminating = object.value(at: "spec", "activeDeadlineSeconds") != nil
        let priority = object.value(at: "spec", "priorityClassName")
        let matchesScopes = scopes.allSatisfy { scope in
            switch scope {
            case "BestEffort": isBestEffort
            case "NotBestEffort": !isBestEffort
            case "Terminating": isTerminating
            case "NotTerminating": !isTerminating
            case "PriorityClass": priority != nil
            default: true
            }
        }
        return matchesScopes
            && selectors.filter { $0["scopeName"] == "PriorityClass" }.allSatisfy { selector in
                let isListed = priority.map { selector["values"]?.array?.contains($0) ?? false } ?? false
                return switch selector["operator"]?.string {
                case "In": isListed
                case "NotIn": !isListed
                case "DoesNotExist": priority == nil
                default: true
                }
            }
    }
}
