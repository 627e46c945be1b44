// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Edges that follow from what objects are, and from the objects that they name.
struct StructuralEdges {
    let index: OrderIndex

    var proposals: [ProposedEdge] {
        var found: [ProposedEdge] = []
        let makers = makersOfSecrets
        for number in index.nodes.indices {
            found += scopeEdges(number)
            found += podEdges(number, makers)
            found += kindEdges(number)
        }
        return found + lastInApplication + rightsOfWorkloads + limitsOfWorkloads
    }

    func edge(
        _ from: Int, _ to: Int?, _ reason: String, _ condition: OrderEdge.Condition = .healthy
    ) -> [ProposedEdge] {
        guard let to, to != from else { return [] }
        return [ProposedEdge(from: from, to: to, kind: .structural, reason: reason, condition: condition)]
    }

    private func scopeEdges(_ number: Int) -> [ProposedEdge] {
        let id = index.nodes[number].id
        var found: [ProposedEdge] = []
        if !id.namespace.isEmpty {
            found += edge(number, index.number(kind: "Namespace", name: id.namespace), "lives in the namespace")
        }
        return found + edge(number, index.definition(of: id.groupKind), "is of the kind that it defines")
    }

    /// - Parameter makers: what makes Secrets that are not in git.
    private func podEdges(_ number: Int, _ makers: [ObjectID: Int]) -> [ProposedEdge] {
        let node = index.nodes[number]
        guard let template = node.template else { return [] }
        let namespace = node.id.namespace
        var found = edge(
            number, index.number(kind: "ServiceAccount", namespace: namespace, name: template.serviceAccount),
            "runs as the ServiceAccount")
        for reference in template.references {
            let id = ObjectID(group: "", kind: reference.kind, namespace: namespace, name: reference.name)
            if let to = index.number(of: id) {
                found += edge(number, to, "\(reference.place) uses it")
            } else {
                found += edge(number, makers[id], "\(reference.place) uses the \(id.kind) that it makes")
            }
        }
        if let name = template.spec["runtimeClassName"]?.string {
            found += edge(
                number, index.number(group: "node.k8s.io", kind: "RuntimeClass", name: name), "pods run in this class")
        }
        if let name = template.spec["priorityClassName"]?.string {
            found += edge(
                number, index.number(group: "scheduling.k8s.io", kind: "PriorityClass", name: name),
                "pods have this priority")
        }
        return found
    }

    private func kindEdges(_ number: Int) -> [ProposedEdge] {
        let node = index.nodes[number]
        switch node.id.kind {
        case "RoleBinding", "ClusterRoleBinding": return bindingEdges(number)
        case "ServiceAccount":
            return ["imagePullSecrets", "secrets"].flatMap { list in
                (node.object[list]?.array ?? []).flatMap { secret in
                    named(number, kind: "Secret", secret["name"], "\(list) names it")
                }
            }
        case "StatefulSet":
            let claims = node.object.value(at: "spec", "volumeClaimTemplates")?.array ?? []
            return named(
                number, kind: "Service", node.object.value(at: "spec", "serviceName"), "its governing Service", .applied
            )
                + claims.flatMap { storageClass(number, $0["spec"]) }
        case "Ingress": return ingressEdges(number)
        case "HorizontalPodAutoscaler", "ScaledObject":
            guard let target = node.object.value(at: "spec", "scaleTargetRef")?.object else { return [] }
            let logins = (node.object.value(at: "spec", "triggers")?.array ?? []).compactMap {
                $0["authenticationRef"]?["name"]?.string
            }
            let kind = target["kind"]?.string ?? "Deployment"
            let group = GroupVersionKind(apiVersion: target["apiVersion"]?.string ?? "apps/v1", kind: kind).group
            return edge(
                number,
                index.number(
                    group: group, kind: kind, namespace: node.id.namespace, name: target["name"]?.string ?? ""),
                "scales it", .applied)
                + logins.flatMap { name in
                    edge(
                        number,
                        index.number(
                            group: "keda.sh", kind: "TriggerAuthentication", namespace: node.id.namespace, name: name),
                        "logs in by it")
                }
        case "PodDisruptionBudget":
            guard let selector = node.object.value(at: "spec", "selector")?.object else { return [] }
            return index.workloads(in: node.id.namespace, selectedBy: selector)
                .flatMap { edge(number, $0, "protects its pods", .applied) }
        case "PersistentVolumeClaim":
            let volume = node.object.value(at: "spec", "volumeName")?.string ?? ""
            return storageClass(number, node.object["spec"])
                + edge(number, index.number(kind: "PersistentVolume", name: volume), "is bound to it")
        case "APIService":
            let service = node.object.value(at: "spec", "service")
            return edge(
                number,
                index.number(
                    kind: "Service", namespace: service?["namespace"]?.string ?? "",
                    name: service?["name"]?.string ?? ""),
                "is served by it")
        default: return platformEdges(number)
        }
    }

    private func storageClass(_ number: Int, _ claim: Value?) -> [ProposedEdge] {
        guard let name = claim?["storageClassName"]?.string else { return [] }
        return edge(number, index.number(group: "storage.k8s.io", kind: "StorageClass", name: name), "is of this class")
    }

    private func named(
        _ number: Int, kind: String, _ name: Value?, _ reason: String, _ condition: OrderEdge.Condition = .healthy
    ) -> [ProposedEdge] {
        guard let name = name?.string else { return [] }
        return edge(
            number, index.number(kind: kind, namespace: index.nodes[number].id.namespace, name: name), reason,
            condition)
    }

    private func bindingEdges(_ number: Int) -> [ProposedEdge] {
        let node = index.nodes[number]
        let role = node.object["roleRef"]
        let kind = role?["kind"]?.string ?? ""
        var found = edge(
            number,
            index.number(
                group: "rbac.authorization.k8s.io", kind: kind, namespace: kind == "Role" ? node.id.namespace : "",
                name: role?["name"]?.string ?? ""),
            "binds the role")
        for account in serviceAccounts(boundBy: node) { found += edge(number, account, "binds the ServiceAccount") }
        return found
    }

    private func serviceAccounts(boundBy node: OrderIndex.Node) -> [Int] {
        (node.object["subjects"]?.array ?? []).compactMap { subject in
            guard subject["kind"]?.string == "ServiceAccount", let name = subject["name"]?.string else { return nil }
            let namespace = subject["namespace"]?.string ?? node.id.namespace
            return index.number(kind: "ServiceAccount", namespace: namespace, name: name)
        }
    }

    private func ingressEdges(_ number: Int) -> [ProposedEdge] {
        let spec = index.nodes[number].object["spec"]
        var backends = [spec?["defaultBackend"]]
        for rule in spec?["rules"]?.array ?? [] {
            for path in rule["http"]?["paths"]?.array ?? [] { backends.append(path["backend"]) }
        }
        var found = backends.flatMap {
            named(number, kind: "Service", $0?["service"]?["name"], "routes to the Service", .applied)
        }
        for entry in spec?["tls"]?.array ?? [] {
            found += named(number, kind: "Secret", entry["secretName"], "serves its certificate")
        }
        if let name = spec?["ingressClassName"]?.string {
            found += edge(
                number, index.number(group: "networking.k8s.io", kind: "IngressClass", name: name), "is of this class")
        }
        return found
    }

    /// A webhook that is called before what answers it runs refuses everything, its own application first.
    private var lastInApplication: [ProposedEdge] {
        let kinds: Set = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]
        return index.targets.compactMap { target in
            let members = index.members[target] ?? []
            let webhooks = members.filter { kinds.contains(index.nodes[$0].id.kind) }
            guard !webhooks.isEmpty else { return nil }
            let others = members.filter { !kinds.contains(index.nodes[$0].id.kind) }
            return ProposedEdge(
                from: webhooks, to: others, kind: .structural, reason: "webhooks come last in their application")
        }
    }

    /// A process should find its rights when it starts.
    private var rightsOfWorkloads: [ProposedEdge] {
        var bindings: [Int: [Int]] = [:]
        for (number, node) in index.nodes.enumerated()
        where node.id.kind == "RoleBinding" || node.id.kind == "ClusterRoleBinding" {
            for account in serviceAccounts(boundBy: node) { bindings[account, default: []].append(number) }
        }
        return index.workloads.flatMap { number -> [ProposedEdge] in
            let node = index.nodes[number]
            guard let name = node.template?.serviceAccount,
                let account = index.number(kind: "ServiceAccount", namespace: node.id.namespace, name: name)
            else { return [] }
            return (bindings[account] ?? []).flatMap { edge(number, $0, "gives its ServiceAccount rights") }
        }
    }
}
