// SPDX-License-Identifier: Apache-2.0

import Manifests

@testable import Sandbox

/// A sandbox with RBAC, and callers of all kinds.
struct AccessHarness {
    let time = TestTime()
    let cluster: SandboxCluster

    init(tokens: [String: SandboxIdentity] = [:]) {
        let time = time
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 11),
            options: SandboxOptions(access: .rbac(tokens: tokens), certificateAuthority: "PEM"),
            controllers: StandardControllers.all())
    }

    struct Answer {
        var status: Int
        var body: Value

        var message: String { body["message"]?.string ?? "" }
    }

    /// - Parameters:
    ///   - user: by a certificate; the administrator where neither it nor a token is given.
    ///   - token: a bearer token; empty for a request without any credentials.
    @discardableResult
    func send(
        _ method: String, _ path: String, _ body: Value? = nil, as user: SandboxIdentity? = nil, token: String? = nil,
        type: String = "application/json", headers: [(name: String, value: String)] = []
    ) async -> Answer {
        var request = SandboxRequest(
            method: method, path: path,
            headers: [(name: "Content-Type", value: type), (name: "User-Agent", value: "test/1")] + headers,
            body: body.map { JSON.bytes($0) } ?? [],
            clientCertificate: token == nil ? user ?? .administrator : nil)
        if let token, !token.isEmpty { request.headers.append((name: "Authorization", value: "Bearer \(token)")) }
        let response = await cluster.respond(to: request)
        await cluster.settle()
        guard case .bytes(let bytes) = response.body else { return Answer(status: response.status, body: .null) }
        return Answer(status: response.status, body: (try? JSON.parse(bytes)) ?? .null)
    }

    static let group = "/apis/rbac.authorization.k8s.io/v1"

    func makeNamespace(_ name: String) async {
        await send("POST", "/api/v1/namespaces", ["metadata": ["name": .string(name)]])
    }

    @discardableResult
    func makeRole(_ name: String, in namespace: String, _ rules: Value, as user: SandboxIdentity? = nil) async -> Answer
    {
        await send(
            "POST", "\(Self.group)/namespaces/\(namespace)/roles",
            ["metadata": ["name": .string(name)], "rules": rules], as: user)
    }

    @discardableResult
    func bind(
        _ kind: String, _ role: String, to subject: Value, in namespace: String = "", name: String = "binding",
        as user: SandboxIdentity? = nil
    ) async -> Answer {
        await send(
            "POST",
            namespace.isEmpty
                ? "\(Self.group)/clusterrolebindings" : "\(Self.group)/namespaces/\(namespace)/rolebindings",
            [
                "metadata": ["name": .string(name)], "subjects": [subject],
                "roleRef": [
                    "apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": .string(role),
                ],
            ], as: user)
    }

    /// A service account's token.
    func token(of account: String, in namespace: String, _ spec: Value = [:]) async -> String {
        await send("POST", "/api/v1/namespaces/\(namespace)/serviceaccounts", ["metadata": ["name": .string(account)]])
        return await send(
            "POST", "/api/v1/namespaces/\(namespace)/serviceaccounts/\(account)/token", ["spec": spec]
        ).body["status"]?["token"]?.string ?? ""
    }
}

extension SandboxIdentity {
    static let bob = SandboxIdentity(name: "bob", groups: ["developers"])
}
