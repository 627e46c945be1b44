// SPDX-License-Identifier: Apache-2.0

import Manifests

/// An APIService for every group version that is served, as kube-aggregator registers those of its own server.
extension APIServer {
    private static let serviceKind = GroupKind(group: "apiregistration.k8s.io", kind: "APIService")
    private static let automanaged = "kube-aggregator.kubernetes.io/automanaged"

    /// Of groups, and of versions within their group: what discovery is ordered by (kube-apiserver, aggregator.go).
    private static let priorities: [String: Int64] = [
        "": 18000, "apps": 17800, "events.k8s.io": 17750, "authentication.k8s.io": 17700,
        "authorization.k8s.io": 17600, "autoscaling": 17500, "batch": 17400, "certificates.k8s.io": 17300,
        "networking.k8s.io": 17200, "policy": 17100, "rbac.authorization.k8s.io": 17000, "storage.k8s.io": 16800,
        "apiextensions.k8s.io": 16700, "admissionregistration.k8s.io": 16700, "scheduling.k8s.io": 16600,
        "coordination.k8s.io": 16500, "node.k8s.io": 16300, "discovery.k8s.io": 16200, "resource.k8s.io": 16200,
        "flowcontrol.apiserver.k8s.io": 16100,
    ]

    /// Registers what is served now, and takes away what is no more.
    mutating func registerServices() {
        guard let type = registry.resource(for: Self.serviceKind) else { return }
        let served = [("", ["v1"])] + registry.groups.map { ($0.name, $0.versions) }
        var names: Set<String> = []
        for (group, versions) in served where group != Self.serviceKind.group {
            for version in versions {
                let name = "\(version).\(group)"
                names.insert(name)
                register(name, group: group, version: version, as: type)
            }
        }
        for service in store.objects(Self.serviceKind, namespace: nil)
        where service.labels[Self.automanaged] != nil && !names.contains(service.name) {
            remove(StoreKey(kind: Self.serviceKind, namespace: "", name: service.name))
        }
    }

    private mutating func register(_ name: String, group: String, version: String, as type: ResourceType) {
        var request = WriteRequest(type: type, namespace: "", name: name, manager: "kube-apiserver")
        guard store.object(request.key) == nil else { return }
        let priority = Self.priorities[group]
        let isBuiltIn = registry.resources(group: group, version: version).contains { $0.custom == nil }
        var spec: Object = ["version": .string(version), "groupPriorityMinimum": .integer(priority ?? 1000)]
        spec["versionPriority"] = group.isEmpty ? 1 : priority == nil ? 100 : version == "v2" ? 30 : 15
        if !group.isEmpty { spec["group"] = .string(group) }
        let service: Object = [
            "apiVersion": .string(type.apiVersion), "kind": .string(type.kind),
            "metadata": ["name": .string(name), "labels": [Self.automanaged: isBuiltIn ? "onstart" : "true"]],
            "spec": .object(spec),
        ]
        // A name that a client has taken meanwhile is left to it.
        guard var stored = try? create(service, request) else { return }
        stored["status"] = [
            "conditions": [
                [
                    "type": "Available", "status": "True", "lastTransitionTime": .string(now().secondsDescription),
                    "reason": "Local", "message": "Local APIServices are always available",
                ]
            ]
        ]
        request.subresource = "status"
        _ = try? update(stored, request)
    }
}
