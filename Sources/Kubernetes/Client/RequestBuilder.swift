// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Transport

/// Makes requests out of names: pure, and without credentials, which are added when a request is sent.
struct RequestBuilder: Sendable {
    enum Patch: String {
        case apply = "application/apply-patch+yaml"
        case merge = "application/merge-patch+json"
        case json = "application/json-patch+json"
        case strategic = "application/strategic-merge-patch+json"
    }

    struct Query {
        private(set) var items: [(name: String, value: String)] = []

        mutating func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { items.append((name, value)) }
        }

        var text: String {
            items.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
        }
    }

    let server: String
    let userAgent: String

    /// `/apis/apps/v1/namespaces/staging/deployments/api/status`; parts that are nil are left out.
    ///
    /// - Throws: `invalid` where a name cannot stand in a path, or a namespaced object has no namespace to stand in.
    static func path(
        _ resource: APIResource, namespace: String?, name: String? = nil, subresource: String? = nil, subject: String
    ) throws(KubernetesError) -> String {
        var parts = resource.group.isEmpty ? ["api", resource.version] : ["apis", resource.group, resource.version]
        if resource.isNamespaced {
            if let namespace, !namespace.isEmpty {
                parts += ["namespaces", namespace]
            } else if name != nil {
                throw KubernetesError(
                    code: .invalid, subject: subject,
                    message: "\(resource.kind) is namespaced, and no namespace is given",
                    hint: "set metadata.namespace, or the environment's namespace")
            }
        }
        parts.append(resource.plural)
        if let name { parts.append(name) }
        if let subresource { parts.append(subresource) }
        for part in parts where part.isEmpty || part == "." || part == ".." || part.contains("/") || part.contains("%")
        {
            throw KubernetesError(
                code: .invalid, subject: subject, message: "a name is empty, or cannot stand in a path",
                hint: "correct metadata.name and metadata.namespace")
        }
        return parts.map { "/" + $0.percentEncoded }.joined()
    }

    func request(
        _ method: String, _ path: String, query: Query = Query(), body: Value? = nil,
        contentType: String = "application/json", accept: String = "application/json"
    ) -> HTTPRequest {
        var headers: HTTPHeaders = ["Accept": accept, "User-Agent": userAgent]
        if body != nil { headers["Content-Type"] = contentType }
        let text = query.text
        return HTTPRequest(
            method: method, url: server + path + (text.isEmpty ? "" : "?\(text)"), headers: headers,
            body: body.map(JSON.bytes))
    }

    func apply(
        _ object: Object, path: String, fieldManager: String, force: Bool, dryRun: Bool
    ) -> HTTPRequest {
        var query = Query()
        query.add("fieldManager", fieldManager)
        query.add("force", force ? "true" : "false")
        query.add("fieldValidation", "Strict")
        query.add("dryRun", dryRun ? "All" : nil)
        // JSON is YAML; managedFields in an apply are refused by the server.
        return request(
            "PATCH", path, query: query, body: .object(object.withoutManagedFields), contentType: Patch.apply.rawValue)
    }
}

extension Object {
    var withoutManagedFields: Object {
        guard var metadata = self["metadata"]?.object, metadata["managedFields"] != nil else { return self }
        metadata["managedFields"] = nil
        var result = self
        result["metadata"] = .object(metadata)
        return result
    }
}
