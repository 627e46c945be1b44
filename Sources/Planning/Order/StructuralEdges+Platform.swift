// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Edges of kinds around workloads: admission, gateways, autoscalers, what limits pods, and what makes Secrets.
extension StructuralEdges {
    private static let gateway = "gateway.networking.k8s.io"
    private static let admission = "admissionregistration.k8s.io"

    func platformEdges(_ number: Int) -> [ProposedEdge] {
        let node = index.nodes[number]
        let spec = node.object["spec"]
        switch (node.id.group, node.id.kind) {
        case (Self.admission, "MutatingWebhookConfiguration"), (Self.admission, "ValidatingWebhookConfiguration"):
            return (node.object["webhooks"]?.array ?? []).flatMap {
                served(number, by: $0["clientConfig"]?["service"], "calls it")
            }
        case (Self.admission, "ValidatingAdmissionPolicyBinding"), (Self.admission, "MutatingAdmissionPolicyBinding"):
            let kind = String(node.id.kind.dropLast("Binding".count))
            return edge(
                number, index.number(group: Self.admission, kind: kind, name: spec?["policyName"]?.string ?? ""),
                "binds the policy")
        case (Self.gateway, "Gateway"): return gatewayEdges(number, spec)
        case (Self.gateway, _): return routeEdges(number, spec)
        case (_, "VerticalPodAutoscaler"):
            return reference(number, spec?["targetRef"], "apps/v1", "scales it", .applied)
        case ("keda.sh", "TriggerAuthentication"):
            return (spec?["secretTargetRef"]?.array ?? []).flatMap {
                reference(number, $0, kind: "Secret", "reads it")
            }
        case ("cert-manager.io", "Certificate"):
            let kind = spec?["issuerRef"]?["kind"]?.string ?? "Issuer"
            return edge(
                number,
                index.number(
                    group: "cert-manager.io", kind: kind,
                    namespace: kind == "ClusterIssuer" ? "" : node.id.namespace,
                    name: spec?["issuerRef"]?["name"]?.string ?? ""), "is issued by it")
        case ("external-secrets.io", "ExternalSecret"):
            let kind = spec?["secretStoreRef"]?["kind"]?.string ?? "SecretStore"
            return edge(
                number,
                index.number(
                    group: "external-secrets.io", kind: kind,
                    namespace: kind == "ClusterSecretStore" ? "" : node.id.namespace,
                    name: spec?["secretStoreRef"]?["name"]?.string ?? ""), "is read from it")
        case ("serving.knative.dev", "DomainMapping"):
            return reference(number, spec?["ref"], "serving.knative.dev/v1", "leads to it")
        case ("eventing.knative.dev", "Trigger"):
            let broker = spec?["broker"]?.string ?? "default"
            return edge(
                number,
                index.number(
                    group: "eventing.knative.dev", kind: "Broker", namespace: node.id.namespace, name: broker),
                "takes events from it") + reference(number, spec?["subscriber"]?["ref"], "v1", "sends events to it")
        case ("sources.knative.dev", _):
            return reference(number, spec?["sink"]?["ref"], "v1", "sends events to it")
        default: return []
        }
    }

    /// An object that another names by apiVersion, kind and name, in its own namespace unless it says another.
    private func reference(
        _ number: Int, _ value: Value?, _ apiVersion: String = "v1", kind: String? = nil, _ reason: String,
        _ condition: OrderEdge.Condition = .healthy
    ) -> [ProposedEdge] {
        guard let name = value?["name"]?.string, let kind = value?["kind"]?.string ?? kind else { return [] }
        let group = GroupVersionKind(apiVersion: value?["apiVersion"]?.string ?? apiVersion, kind: kind).group
        let namespace = value?["namespace"]?.string ?? index.nodes[number].id.namespace
        return edge(number, index.number(group: group, kind: kind, namespace: namespace, name: name), reason, condition)
    }

    /// A Service, and the workload behind it: what answers there has to run.
    private func served(_ number: Int, by service: Value?, _ reason: String) -> [ProposedEdge] {
        guard let namespace = service?["namespace"]?.string, let name = service?["name"]?.string,
            let found = index.number(kind: "Service", namespace: namespace, name: name)
        else { return [] }
        let selector = index.nodes[found].object.value(at: "spec", "selector")?.object ?? Object()
        return ([found] + index.workloads(in: namespace, matching: selector)).flatMap { edge(number, $0, reason) }
    }

    // MARK: Gateways

    private func gatewayEdges(_ number: Int, _ spec: Value?) -> [ProposedEdge] {
        let gatewayClass = index.number(
            group: Self.gateway, kind: "GatewayClass", name: spec?["gatewayClassName"]?.string ?? "")
        return edge(number, gatewayClass, "is of this class")
            + (spec?["listeners"]?.array ?? []).flatMap { listener in
                (listener["tls"]?["certificateRefs"]?.array ?? []).flatMap {
                    reference(number, $0, kind: "Secret", "serves its certificate")
                }
            }
    }

    private func routeEdges(_ number: Int, _ spec: Value?) -> [ProposedEdge] {
        let parents = (spec?["parentRefs"]?.array ?? []).flatMap {
            reference(number, $0, "\(Self.gateway)/v1", kind: "Gateway", "is attached to it")
        }
        let backends = (spec?["rules"]?.array ?? []).flatMap { $0["backendRefs"]?.array ?? [] }
        return parents + backends.flatMap { reference(number, $0, kind: "Service", "routes to the Service", .applied) }
    }

    // MARK: What pods find when they start

    /// What limits pods counts for those that are made after it.
    var limitsOfWorkloads: [ProposedEdge] {
        var found: [ProposedEdge] = []
        for (number, node) in index.nodes.enumerated() {
            switch (node.id.group, node.id.kind) {
            case ("networking.k8s.io", "NetworkPolicy"):
                guard let selector = node.object.value(at: "spec", "podSelector")?.object else { continue }
                for workload in index.workloads(in: node.id.namespace, selectedBy: selector) {
                    found += edge(workload, number, "limits what its pods may talk to")
                }
            case ("", "LimitRange"), ("", "ResourceQuota"):
                for workload in index.workloads(in: node.id.namespace, selectedBy: Object()) {
                    found += edge(workload, number, "limits its pods")
                }
            default: continue
            }
        }
        return found
    }

    /// A Secret that is not in git, but made from something that is.
    var makersOfSecrets: [ObjectID: Int] {
        var makers: [ObjectID: Int] = [:]
        for (number, node) in index.nodes.enumerated() {
            guard let secret = node.object.madeSecret else { continue }
            makers[ObjectID(group: "", kind: "Secret", namespace: node.id.namespace, name: secret)] = number
        }
        return makers
    }
}
