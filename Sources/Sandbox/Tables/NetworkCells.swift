// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Networking, access control and coordination.
extension CellWriter {
    func network(_ object: Object, kind: String) -> [Value]? {
        switch kind {
        case "Ingress.networking.k8s.io": return ingress(object)
        case "IngressClass.networking.k8s.io":
            var parameters = "<none>"
            if let reference = object.value(at: "spec", "parameters") {
                let group = reference["apiGroup"]?.string.map { ".\($0)" } ?? ""
                parameters = "\(reference["kind"]?.string ?? "")\(group)/\(reference["name"]?.string ?? "")"
            }
            return [name(object), text(object, "spec", "controller"), .string(parameters), age(object)]
        case "NetworkPolicy.networking.k8s.io":
            return [name(object), .string(Self.selectorText(object.value(at: "spec", "podSelector"))), age(object)]
        case "IPAddress.networking.k8s.io":
            guard let parent = object.value(at: "spec", "parentRef") else {
                return [name(object), "<none>", age(object)]
            }
            let group = parent["group"]?.string.flatMap { $0.isEmpty ? nil : ".\($0)" } ?? ""
            let parts = [
                ((parent["resource"]?.string ?? "") + group).lowercased(), parent["namespace"]?.string,
                parent["name"]?.string,
            ].compactMap { $0 }.filter { !$0.isEmpty }
            return [name(object), .string(parts.joined(separator: "/")), age(object)]
        case "ServiceCIDR.networking.k8s.io":
            let blocks = (object.value(at: "spec", "cidrs")?.array ?? []).compactMap(\.string)
            return [name(object), .string(blocks.joined(separator: ",")), age(object)]
        case "EndpointSlice.discovery.k8s.io": return endpointSlice(object)
        case "Lease.coordination.k8s.io": return [name(object), text(object, "spec", "holderIdentity"), age(object)]
        case "RoleBinding.rbac.authorization.k8s.io", "ClusterRoleBinding.rbac.authorization.k8s.io":
            return roleBinding(object)
        default: return nil
        }
    }

    private func ingress(_ object: Object) -> [Value] {
        let rules = object.value(at: "spec", "rules")?.array ?? []
        var hosts: [String] = []
        var hasMore = false
        for rule in rules {
            if hosts.count == 3 { hasMore = true }
            if !hasMore, let host = rule["host"]?.string, !host.isEmpty { hosts.append(host) }
        }
        let shown = hosts.isEmpty ? "*" : hosts.joined(separator: ",")
        return [
            name(object), text(object, "spec", "ingressClassName", or: "<none>"),
            .string(hasMore ? "\(shown) + \(rules.count - 3) more..." : shown),
            .string(addresses(object).joined(separator: ",")),
            object.value(at: "spec", "tls")?.array?.isEmpty == false ? "80, 443" : "80", age(object),
        ]
    }

    private func endpointSlice(_ object: Object) -> [Value] {
        func list(_ texts: [String]) -> Value {
            let text = Self.shortened(texts)
            return .string(text.isEmpty ? "<unset>" : text)
        }
        let ports = (object["ports"]?.array ?? []).map {
            Self.plain($0["port"]) ?? $0["name"]?.string ?? "*"
        }
        let addresses = (object["endpoints"]?.array ?? []).flatMap { $0["addresses"]?.array ?? [] }
        return [
            name(object), text(object, "addressType"), list(ports), list(addresses.compactMap(\.string)), age(object),
        ]
    }

    private func roleBinding(_ object: Object) -> [Value] {
        let subjects = object["subjects"]?.array ?? []
        func named(_ kind: Value) -> Value {
            let names = subjects.filter { $0["kind"] == kind }.map { subject -> String in
                let name = subject["name"]?.string ?? ""
                guard kind == "ServiceAccount", let namespace = subject["namespace"]?.string, !namespace.isEmpty else {
                    return name
                }
                return "\(namespace)/\(name)"
            }
            return .string(names.joined(separator: ", "))
        }
        let role = object["roleRef"]
        return [
            name(object), .string("\(role?["kind"]?.string ?? "")/\(role?["name"]?.string ?? "")"), age(object),
            named("User"), named("Group"), named("ServiceAccount"),
        ]
    }
}
