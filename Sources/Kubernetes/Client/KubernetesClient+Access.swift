// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Questions about what the client itself may do (kubernetes, authorization.k8s.io/v1). They are POSTs, and change nothing.
extension KubernetesClient {
    /// The status of a SelfSubjectRulesReview.
    package func accessRules(in namespace: String) async throws(KubernetesError) -> Value? {
        try await review(
            "SelfSubjectRulesReview", ["namespace": .string(namespace)], subject: "ask for the rights in \(namespace)")
    }

    /// - Parameters:
    ///   - resource: the plural, with its subresource: `services/proxy`.
    ///   - namespace: empty for cluster-scoped kinds.
    package func isAllowed(
        _ verb: String, group: String, resource: String, namespace: String
    ) async throws(KubernetesError) -> Bool {
        let parts = resource.split(separator: "/", maxSplits: 1).map(String.init)
        var attributes: Object = ["verb": .string(verb), "group": .string(group)]
        attributes["resource"] = .string(parts.first ?? "")
        if parts.count == 2 { attributes["subresource"] = .string(parts[1]) }
        if !namespace.isEmpty { attributes["namespace"] = .string(namespace) }
        let status = try await review(
            "SelfSubjectAccessReview", ["resourceAttributes": .object(attributes)], subject: "ask for a right")
        return status?["allowed"]?.bool ?? false
    }

    private func review(_ kind: String, _ spec: Object, subject: String) async throws(KubernetesError) -> Value? {
        let body: Object = [
            "apiVersion": "authorization.k8s.io/v1", "kind": .string(kind), "spec": .object(spec),
        ]
        let request = builder.request(
            "POST", "/apis/authorization.k8s.io/v1/\(kind.lowercased())s", body: .object(body))
        return try document(try await perform(request, subject: subject), subject: subject)["status"]
    }
}
