// SPDX-License-Identifier: Apache-2.0

import Manifests

/// ResourceQuotas: how much a namespace may hold (plugin ResourceQuota).
///
/// Usage is counted when something is asked for, not taken from a quota's status.
extension APIServer {
    func checkQuotas(_ object: Object, _ request: WriteRequest) throws(StatusError) {
        guard request.type.namespaced, request.type.custom == nil || !request.namespace.isEmpty else { return }
        for quota in objects("", "ResourceQuota", namespace: request.namespace) {
            let hard = (quota.value(at: "spec", "hard")?.object ?? Object()).sortedByKey
            guard QuotaUsage.isInScope(object, request.type, quota) else { continue }
            try check(object, request, quota, hard)
        }
    }

    private func check(_ object: Object, _ request: WriteRequest, _ quota: Object, _ hard: Object) throws(StatusError) {
        let type = request.type
        let delta = QuotaUsage.of(object, type)
        var exceeded: [(name: String, requested: Quantity, used: Quantity, limit: Quantity)] = []
        for pair in hard.pairs {
            guard let limit = pair.value.quantity, let requested = delta[pair.key]?.quantity, requested > .zero else {
                continue
            }
            let others = store.objects(type.storage, namespace: request.namespace).filter {
                QuotaUsage.isInScope($0, type, quota)
            }
            let used = others.compactMap { QuotaUsage.of($0, type)[pair.key]?.quantity }.reduce(.zero, +)
            if used + requested > limit { exceeded.append((pair.key, requested, used, limit)) }
        }
        if let missing = QuotaUsage.missing(object, type, hard) {
            throw .forbidden(type, request.name, "failed quota: \(quota.name): must specify \(missing)")
        }
        guard !exceeded.isEmpty else { return }
        func list(_ amount: (Int) -> Quantity) -> String {
            exceeded.indices.map { "\(exceeded[$0].name)=\(amount($0).canonical)" }.joined(separator: ",")
        }
        throw .forbidden(
            type, request.name,
            "exceeded quota: \(quota.name), requested: \(list { exceeded[$0].requested }), used: \(list { exceeded[$0].used }), limited: \(list { exceeded[$0].limit })"
        )
    }
}

/// What an object takes of a quota, by resource.
enum QuotaUsage {
    static func of(_ object: Object, _ type: ResourceType) -> Object {
        let counted = type.group.isEmpty ? "count/\(type.plural)" : "count/\(type.plural).\(type.group)"
        var usage: Object = [counted: "1"]
        guard type.group.isEmpty else { return usage }
        switch type.kind {
        case "Pod":
            // Pods that have ended take nothing but their own entry.
            if ["Succeeded", "Failed"].contains(object.value(at: "status", "phase")?.string) { break }
            usage["pods"] = "1"
            let containers = object.value(at: "spec", "containers")?.array ?? []
            for pair in LimitCheck.sum(containers, "requests").object?.pairs ?? [] {
                usage["requests.\(pair.key)"] = pair.value
                usage[pair.key] = pair.value
            }
            for pair in LimitCheck.sum(containers, "limits").object?.pairs ?? [] {
                usage["limits.\(pair.key)"] = pair.value
            }
        case "PersistentVolumeClaim":
            usage["persistentvolumeclaims"] = "1"
            let size = object.value(at: "spec", "resources", "requests", "storage")
            usage["requests.storage"] = size
            if let name = object.value(at: "spec", "storageClassName")?.string, !name.isEmpty {
                usage["\(name).storageclass.storage.k8s.io/requests.storage"] = size
                usage["\(name).storageclass.storage.k8s.io/persistentvolumeclaims"] = "1"
            }
        case "Service":
            usage["services"] = "1"
            let type = object.value(at: "spec", "type")
            let ports = object.value(at: "spec", "ports")?.array ?? []
            if type == "LoadBalancer" { usage["services.loadbalancers"] = "1" }
            if type == "NodePort" || type == "LoadBalancer" {
                let allocated =
                    object.value(at: "spec", "allocateLoadBalancerNodePorts") == false
                    ? ports.count { ($0["nodePort"]?.integer ?? 0) != 0 } : ports.count
                usage["services.nodeports"] = .string(String(allocated))
            }
        case "ConfigMap", "Secret", "ReplicationController", "ResourceQuota": usage[type.plural] = "1"
        default: break
        }
        return usage
    }

    /// Compute resources that a quota limits must be stated by every container: `limits.cpu for: a,b; ...`.
    static func missing(_ object: Object, _ type: ResourceType, _ hard: Object) -> String? {
        guard type.group.isEmpty, type.kind == "Pod" else { return nil }
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
    static func isInScope(_ object: Object, _ type: ResourceType, _ quota: Object) -> Bool {
        var scopes = (quota.value(at: "spec", "scopes")?.array ?? []).compactMap(\.string)
        let selectors = quota.value(at: "spec", "scopeSelector", "matchExpressions")?.array ?? []
        scopes += selectors.filter { $0["operator"] == "Exists" }.compactMap { $0["scopeName"]?.string }
        guard !scopes.isEmpty || !selectors.isEmpty else { return true }
        guard type.group.isEmpty, type.kind == "Pod" else { return false }
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
