// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The kinds that are questions: who is this, and what may they do.
extension APIServer {
    /// Nil where the resource is no review.
    func review(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route
    ) throws(StatusError) -> SandboxResponse? {
        guard ["authorization.k8s.io", "authentication.k8s.io"].contains(route.type.group) else { return nil }
        let document = try reader(route, target).read(request)
        var object = document.object
        let write = try writeRequest(request, target, route)
        if route.type.namespaced { object.setMetadata("namespace", .string(write.namespace)) }
        let managed = ownership(of: object, route.type, write.fieldManager("Update"))
        switch route.type.kind {
        case "SelfSubjectReview":
            object = [
                "metadata": ["creationTimestamp": .time(now())], "status": ["userInfo": request.user.value],
            ]
        case "SelfSubjectRulesReview":
            object = ["metadata": [:], "spec": [:], "status": try rules(object, request.user)]
        case "TokenReview":
            object.setMetadata("managedFields", managed)
            object["status"] = try tokenStatus(object)
        default:
            object.setMetadata("managedFields", managed)
            object["status"] = try accessStatus(object, write, request.user)
        }
        object["kind"] = .string(route.type.kind)
        object["apiVersion"] = .string(route.type.apiVersion)
        return .json(.object(object.inCanonicalOrder(custom: false)), status: 201, warnings: document.warnings)
    }

    private func tokenStatus(_ object: Object) throws(StatusError) -> Value {
        let token = object.string(at: "spec", "token") ?? ""
        guard !token.isEmpty else { throw .badRequest("token is required for TokenReview in authentication") }
        let wanted = (object.value(at: "spec", "audiences")?.array ?? []).compactMap(\.string)
        do throws(TokenProblem) {
            let found = try identity(
                ofToken: token, audiences: wanted.isEmpty ? [ServiceAccountToken.audience] : wanted)
            return [
                "authenticated": true, "user": found.identity.value,
                "audiences": .array(found.audiences.map { .string($0) }),
            ]
        } catch {
            return ["user": [:], "error": .string(error.text)]
        }
    }

    private func rules(_ object: Object, _ user: SandboxIdentity) throws(StatusError) -> Value {
        let namespace = object.string(at: "spec", "namespace") ?? ""
        guard !namespace.isEmpty else { throw .badRequest("no namespace on request") }
        let (own, problem) = authorizer.rules(for: user, namespace: namespace)
        let rules = authorizer.isOpen ? PolicyRule.everything : own
        func list(_ isWanted: (PolicyRule) -> Bool, _ without: WritableKeyPath<PolicyRule, [String]>) -> Value {
            .array(
                rules.filter(isWanted).map { rule in
                    var copy = rule
                    copy[keyPath: without] = []
                    return copy.value
                })
        }
        var status: Object = [
            "resourceRules": list({ !$0.resources.isEmpty }, \.nonResourceURLs),
            "nonResourceRules": list({ !$0.nonResourceURLs.isEmpty }, \.resources), "incomplete": false,
        ]
        if let problem { status["evaluationError"] = .string(problem) }
        return .object(status)
    }

    private func accessStatus(
        _ object: Object, _ write: WriteRequest, _ caller: SandboxIdentity
    ) throws(StatusError) -> Value {
        let spec = object["spec"]?.object ?? Object()
        let isSelf = write.type.kind == "SelfSubjectAccessReview"
        try check(spec, write, isSelf: isSelf)
        let user =
            isSelf
            ? caller
            : SandboxIdentity(
                name: spec.string(at: "user") ?? "", uid: spec.string(at: "uid") ?? "",
                groups: (spec["groups"]?.array ?? []).compactMap(\.string))
        func text(_ part: String, _ key: String) -> String { spec.string(at: part, key) ?? "" }
        let attributes: AccessAttributes
        if spec["resourceAttributes"]?.object != nil {
            let part = "resourceAttributes"
            attributes = AccessAttributes(
                verb: text(part, "verb"),
                target: .resource(
                    group: text(part, "group"), resource: text(part, "resource"),
                    subresource: text(part, "subresource"), namespace: text(part, "namespace"),
                    name: text(part, "name")))
        } else {
            attributes = AccessAttributes(
                verb: text("nonResourceAttributes", "verb"), target: .path(text("nonResourceAttributes", "path")))
        }
        let decision = authorizer.decide(attributes, for: user)
        var status: Object = ["allowed": .bool(decision.isAllowed)]
        if !decision.reason.isEmpty { status["reason"] = .string(decision.reason) }
        return .object(status)
    }

    private func check(_ spec: Object, _ write: WriteRequest, isSelf: Bool) throws(StatusError) {
        var causes: [StatusError.Cause] = []
        switch (spec["resourceAttributes"]?.object, spec["nonResourceAttributes"]?.object) {
        case (.some, let path?):
            causes.append(
                Validation.invalid(
                    "spec.nonResourceAttributes", .object(path),
                    "cannot be specified in combination with resourceAttributes"))
        case (nil, nil):
            causes.append(
                Validation.invalid(
                    "spec.resourceAttributes", .null,
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
        default: break
        }
        if !isSelf, (spec.string(at: "user") ?? "").isEmpty, (spec["groups"]?.array ?? []).isEmpty {
            causes.append(Validation.invalid("spec.user", "", "at least one of user or group must be specified"))
        }
        guard causes.isEmpty else {
            throw .invalid(group: write.type.group, kind: write.type.kind, name: "", causes: causes)
        }
        guard write.type.kind == "LocalSubjectAccessReview",
            spec.string(at: "resourceAttributes", "namespace") ?? "" != write.namespace
        else { return }
        throw .badRequest("spec.resourceAttributes.namespace must match namespace: \(write.namespace)")
    }
}
