// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Who a request is from (Kubernetes manual, "Authenticating").
extension APIServer {
    /// Settles who is calling, and that they may: every request passes here before anything else is done with it.
    ///
    /// - Throws: 401 for credentials that are none, 403 for what the caller may not do.
    func admit(_ request: SandboxRequest, _ target: RequestTarget) throws(StatusError) -> SandboxIdentity {
        let identity: SandboxIdentity
        do throws(TokenProblem) {
            identity = try authenticate(request)
        } catch {
            guard case .open = options.access else {
                throw StatusError(code: 401, reason: "Unauthorized", message: "Unauthorized")
            }
            identity = SandboxIdentity.administrator.authenticated
        }
        let caller = try impersonated(by: identity, request)
        let attributes = AccessAttributes(method: request.method, target)
        let decision = authorizer.decide(attributes, for: caller)
        guard decision.isAllowed else { throw .forbidden(attributes, caller, decision.reason) }
        return caller
    }

    /// The client's certificate, then a bearer token, then nobody in particular.
    private func authenticate(_ request: SandboxRequest) throws(TokenProblem) -> SandboxIdentity {
        if let subject = request.clientCertificate { return subject.authenticated }
        guard let token = Self.bearerToken(request.header("authorization")) else {
            if case .open = options.access { return SandboxIdentity.administrator.authenticated }
            // Only who shows no credentials at all is anonymous.
            guard !request.hasForeignCertificate else { throw TokenProblem(nil) }
            return .anonymous
        }
        return try identity(ofToken: token, audiences: [ServiceAccountToken.audience]).identity
    }

    /// - Throws: why nobody is known by this token.
    func identity(
        ofToken token: String, audiences: [String]
    ) throws(TokenProblem) -> (identity: SandboxIdentity, audiences: [String]) {
        if case .rbac(let tokens) = options.access, let identity = tokens[token] {
            return (identity.authenticated, audiences)
        }
        guard let claims = ServiceAccountToken(token, key: signingKey) else { throw TokenProblem(nil) }
        return try (
            serviceAccount(claims, audiences: audiences).authenticated,
            claims.isLegacy ? audiences : audiences.filter(claims.audiences.contains)
        )
    }

    /// Nil where the header is for another scheme, which says nothing about who is calling.
    private static func bearerToken(_ header: String?) -> String? {
        let parts = (header ?? "").split(separator: " ", maxSplits: 2)
        guard parts.count > 1, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    /// Checks what a token says against what is there: it dies with its account, and with what it is bound to.
    private func serviceAccount(
        _ token: ServiceAccountToken, audiences: [String]
    ) throws(TokenProblem) -> SandboxIdentity {
        if !token.isLegacy, !token.audiences.contains(where: audiences.contains) {
            throw TokenProblem(
                "token audiences \(GoText.quoted(token.audiences)) is invalid for the target audiences "
                    + GoText.quoted(audiences))
        }
        if let expiry = token.expiry, now() >= expiry { throw TokenProblem("service account token has expired") }
        let key = StoreKey(kind: .serviceAccount, namespace: token.namespace, name: token.name)
        guard let account = store.object(key) else {
            throw TokenProblem("serviceaccounts \"\(token.name)\" not found")
        }
        guard account.uid == token.uid else {
            throw TokenProblem("service account UID (\(account.uid)) does not match claim (\(token.uid))")
        }
        if let bound = token.bound {
            let key = StoreKey(
                kind: GroupKind(group: "", kind: bound.kind), namespace: bound.kind == "Node" ? "" : token.namespace,
                name: bound.name)
            guard let object = store.object(key), bound.uid.isEmpty || object.uid == bound.uid else {
                throw TokenProblem("service account token has been invalidated")
            }
            // A Secret's token is the one that the Secret holds.
            if token.isLegacy, object.value(at: "data", "token")?.string != Base64.encode(Array(token.text.utf8)) {
                throw TokenProblem("service account token has been invalidated")
            }
        }
        var identity = SandboxIdentity.serviceAccount(token.name, in: token.namespace)
        identity.uid = token.uid
        if !token.id.isEmpty { identity.extra["authentication.kubernetes.io/credential-id"] = ["JTI=\(token.id)"] }
        if let bound = token.bound, bound.kind == "Pod" {
            identity.extra["authentication.kubernetes.io/pod-name"] = [bound.name]
            identity.extra["authentication.kubernetes.io/pod-uid"] = [bound.uid]
        }
        return identity
    }
}

/// Why a token is nobody's. Without words, it is not one that this server knows at all.
struct TokenProblem: Error {
    /// As the server's authenticators, which are asked one after the other, say it together.
    let text: String

    init(_ problem: String?) {
        text = problem.map { "[invalid bearer token, \($0)]" } ?? "invalid bearer token"
    }
}

/// Values as Go's `%q` writes them in messages.
enum GoText {
    static func quoted(_ text: String) -> String { JSON.text(.string(text)) }

    static func quoted(_ texts: [String]) -> String { "[\(texts.map(quoted).joined(separator: " "))]" }
}
