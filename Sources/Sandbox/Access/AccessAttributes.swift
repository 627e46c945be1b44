// SPDX-License-Identifier: Apache-2.0

/// What somebody wants to do, as authorizers see it.
struct AccessAttributes: Sendable {
    enum Target: Sendable {
        case resource(group: String, resource: String, subresource: String, namespace: String, name: String)
        case path(String)
    }

    var verb: String
    var target: Target

    init(verb: String, target: Target) {
        self.verb = verb
        self.target = target
    }

    /// Read off the path alone, whether or not anything is served there (apiserver's `RequestInfoFactory`).
    init(method: String, _ request: RequestTarget) {
        var rest = request.segments[...]
        let isCore = rest.first == "api"
        guard rest.count >= (isCore ? 3 : 4), isCore || rest.first == "apis" else {
            self.init(verb: method.lowercased(), target: .path(request.path))
            return
        }
        rest = rest.dropFirst()
        let group = isCore ? "" : rest.removeFirst()
        rest = rest.dropFirst()
        var namespace = ""
        if rest.first == "namespaces", rest.count > 1 {
            namespace = rest[rest.startIndex + 1]
            if rest.count > 2, !["status", "finalize"].contains(rest[rest.startIndex + 2]) { rest = rest.dropFirst(2) }
        }
        let resource = rest.popFirst() ?? ""
        var name = rest.popFirst() ?? ""
        let subresource = rest.popFirst() ?? ""
        var verb =
            switch method {
            case "POST": "create"
            case "GET", "HEAD": "get"
            case "PUT": "update"
            case "PATCH": "patch"
            case "DELETE": "delete"
            default: ""
            }
        if name.isEmpty, verb == "get" {
            verb = request.flag("watch") ? "watch" : "list"
            // Who may read one object may list it by its name.
            let clause = (request["fieldSelector"] ?? "").split(separator: ",").first { $0.hasPrefix("metadata.name=") }
            name = clause.map { String($0.dropFirst("metadata.name=".count).drop { $0 == "=" }) } ?? ""
        } else if name.isEmpty, verb == "delete" {
            verb = "deletecollection"
        }
        self.init(
            verb: verb,
            target: .resource(
                group: group, resource: resource, subresource: subresource, namespace: namespace, name: name))
    }
}

extension StatusError {
    static func forbidden(
        _ attributes: AccessAttributes, _ user: SandboxIdentity, _ reason: String = ""
    ) -> StatusError {
        var details = Details()
        var subject = ""
        var text = "User \(GoText.quoted(user.name)) cannot \(attributes.verb) "
        switch attributes.target {
        case .path(let path): text += "path \(GoText.quoted(path))"
        case .resource(let group, let resource, let subresource, let namespace, let name):
            let full = subresource.isEmpty ? resource : "\(resource)/\(subresource)"
            text += "resource \(GoText.quoted(full)) in API group \(GoText.quoted(group)) "
            text += namespace.isEmpty ? "at the cluster scope" : "in the namespace \(GoText.quoted(namespace))"
            details = Details(name: name, group: group, kind: resource)
            subject = group.isEmpty ? resource : "\(resource).\(group)"
            if !name.isEmpty { subject += " \(GoText.quoted(name))" }
            subject += " is "
        }
        // The server's own words for what comes from the request and could be markup.
        text = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        if !reason.isEmpty { text += ": \(reason)" }
        return StatusError(code: 403, reason: "Forbidden", message: "\(subject)forbidden: \(text)", details: details)
    }
}

extension APIServer {
    /// A PUT or an apply that makes a new object needs the right to create it, too.
    func checkMayCreate(_ write: WriteRequest) throws(StatusError) {
        guard let user = write.user else { return }
        let attributes = AccessAttributes(
            verb: "create",
            target: .resource(
                group: write.type.group, resource: write.type.plural, subresource: write.subresource,
                namespace: write.namespace, name: write.name))
        let decision = authorizer.decide(attributes, for: user)
        guard decision.isAllowed else { throw .forbidden(attributes, user, decision.reason) }
    }
}
