// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Whether what a rollout adds fits into the quotas of a namespace (kubernetes, "Resource Quotas").
///
/// It counts too little rather than too much, so that nothing waits that would fit: what is surged while pods are replaced,
/// pods of DaemonSets, defaults that a LimitRange fills in, and quotas with scopes are left to the server.
package struct QuotaCheck: Sendable {
    package struct Change: Sendable {
        package var id: ObjectID
        package var plural: String
        package var manifest: Object
        package var live: Object?
        /// Its replicas are an autoscaler's.
        package var isScaled: Bool

        package init(id: ObjectID, plural: String, manifest: Object, live: Object?, isScaled: Bool = false) {
            self.id = id
            self.plural = plural
            self.manifest = manifest
            self.live = live
            self.isScaled = isScaled
        }
    }

    /// What does not fit.
    package struct Shortage: Sendable, Hashable {
        package var quota: String
        package var resource: String
        package var used: String
        package var hard: String
        /// What the rollout asks for, and what it asks for already.
        package var asked: String
        package var before: String

        package var text: String {
            "the ResourceQuota \(quota) has no room: \(resource) is used \(used) of \(hard), and this revision asks for "
                + "\(asked) where it has \(before); nothing was applied: free some, or raise the quota, and the rollout "
                + "goes on by itself"
        }
    }

    private var changes: [Change]

    package init(_ changes: [Change]) { self.changes = changes }

    /// What the quotas limit that is not only the number of objects: then live workloads have to be known.
    package static func limitPods(_ quotas: [Object]) -> Bool {
        quotas.contains { quota in
            hard(of: quota).keys.contains { name in
                name == "pods" || isCompute(name)
            }
        }
    }

    package func shortage(in quotas: [Object]) -> Shortage? {
        for quota in quotas where !Self.isScoped(quota) {
            let hard = Self.hard(of: quota)
            let used = quota.value(at: "status", "used")
            for pair in hard.pairs {
                guard let limit = Self.quantity(pair.value), let taken = Self.quantity(used?[pair.key]) else {
                    continue
                }
                for group in groups {
                    let asked = group.reduce(Quantity.zero) { $0 + usage($1, $1.manifest, pair.key) }
                    let before = group.reduce(Quantity.zero) { sum, change in
                        change.live.map { sum + usage(change, $0, pair.key) } ?? sum
                    }
                    guard asked > before, taken + asked > limit + before else { continue }
                    return Shortage(
                        quota: "\(quota.namespace)/\(quota.name)", resource: pair.key, used: taken.canonical,
                        hard: limit.canonical, asked: asked.canonical, before: before.canonical)
                }
            }
        }
        return nil
    }

    /// What lasts counts together; what runs once comes and goes, each by itself.
    private var groups: [[Change]] {
        let lasting = changes.filter { !Hook.runsOnce($0.id.groupKind) }
        return [lasting] + changes.filter { Hook.runsOnce($0.id.groupKind) }.map { [$0] }
    }

    private static func hard(of quota: Object) -> Object {
        (quota.value(at: "status", "hard") ?? quota.value(at: "spec", "hard"))?.object ?? Object()
    }

    private static func isScoped(_ quota: Object) -> Bool {
        !(quota.value(at: "spec", "scopes")?.array ?? []).isEmpty
            || !(quota.value(at: "spec", "scopeSelector", "matchExpressions")?.array ?? []).isEmpty
    }

    private static func quantity(_ value: Value?) -> Quantity? {
        switch value {
        case .string(let text): Quantity(text)
        case .integer(let number): Quantity("\(number)")
        default: nil
        }
    }

    // MARK: What an object takes

    private func usage(_ change: Change, _ object: Object, _ resource: String) -> Quantity {
        let one = Quantity(milli: 1000)
        let kind = change.id.groupKind
        let name = kind.group.isEmpty ? change.plural : "\(change.plural).\(kind.group)"
        let counted = ["configmaps", "secrets", "services", "persistentvolumeclaims", "replicationcontrollers"]
        if resource == "count/\(name)" || kind.group.isEmpty && counted.contains(resource) && change.plural == resource
        {
            return one
        }
        if kind == GroupKind(group: "", kind: "PersistentVolumeClaim"), resource == "requests.storage" {
            return Self.quantity(object.value(at: "spec", "resources", "requests", "storage")) ?? .zero
        }
        if kind == GroupKind(group: "", kind: "Service"), resource == "services.loadbalancers" {
            return object.value(at: "spec", "type") == "LoadBalancer" ? one : .zero
        }
        guard let pods = pods(change, object), pods > 0, let template = PodTemplate(of: object) else { return .zero }
        if resource == "pods" || resource == "count/pods" { return one.times(pods) }
        guard Self.isCompute(resource) else { return .zero }
        let isLimit = resource.hasPrefix("limits.")
        let part = resource.hasPrefix("requests.") ? String(resource.dropFirst(9)) : resource
        return template.total(isLimit ? String(resource.dropFirst(7)) : part, isLimit: isLimit).times(pods)
    }

    private static func isCompute(_ resource: String) -> Bool {
        ["cpu", "memory", "ephemeral-storage"].contains(
            ["requests.", "limits."].first { resource.hasPrefix($0) }.map { String(resource.dropFirst($0.count)) }
                ?? resource)
    }

    /// Nil where nobody can tell: a DaemonSet has as many as there are nodes.
    private func pods(_ change: Change, _ object: Object) -> Int? {
        func count(_ key: String) -> Int? { object.value(at: "spec", key)?.integer.flatMap { Int(exactly: $0) } }
        switch change.id.kind {
        case "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController":
            let stated = count("replicas")
            let live = change.live?.value(at: "spec", "replicas")?.integer.flatMap { Int(exactly: $0) }
            return change.isScaled || stated == nil ? live ?? stated ?? 1 : stated
        // What is there of a Job is made once: it takes no more.
        case "Job": return min(count("parallelism") ?? 1, count("completions") ?? .max)
        case "Pod": return 1
        default: return nil
        }
    }
}

extension PodTemplate {
    /// As the scheduler counts: containers together, or the largest that comes before them. A request that is not stated
    /// is the limit.
    fileprivate func total(_ resource: String, isLimit: Bool) -> Quantity {
        func amount(_ container: Value) -> Quantity {
            let resources = container["resources"]
            let stated = isLimit ? nil : resources?["requests"]?[resource]
            guard let value = stated ?? resources?["limits"]?[resource] else { return .zero }
            return Quantity(value.string ?? value.integer.map { "\($0)" } ?? "") ?? .zero
        }
        let together = (spec["containers"]?.array ?? []).reduce(Quantity.zero) { $0 + amount($1) }
        return (spec["initContainers"]?.array ?? []).map(amount).reduce(together) { $0 < $1 ? $1 : $0 }
    }
}

extension Quantity {
    fileprivate func times(_ count: Int) -> Quantity {
        var result = Quantity.zero
        var power = self
        var rest = count
        while rest > 0 {
            if rest & 1 == 1 { result = result + power }
            power = power + power
            rest >>= 1
        }
        return result
    }
}
