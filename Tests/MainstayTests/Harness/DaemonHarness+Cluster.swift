// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Sandbox

/// What the tests ask the cluster and the ledger.
extension DaemonHarness {
    /// Where objects of a kind are.
    enum Place {
        static func deployment(_ name: String, _ namespace: String = "staging") -> String {
            "/apis/apps/v1/namespaces/\(namespace)/deployments/\(name)"
        }

        static func statefulSet(_ name: String) -> String {
            "/apis/apps/v1/namespaces/infrastructure/statefulsets/\(name)"
        }

        static func configMap(_ name: String, _ namespace: String = "staging") -> String {
            "/api/v1/namespaces/\(namespace)/configmaps/\(name)"
        }

        static func service(_ name: String, _ namespace: String = "staging") -> String {
            "/api/v1/namespaces/\(namespace)/services/\(name)"
        }
    }

    /// Plurals of what the tests' repositories hold.
    private static let watched = [
        "/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets", "/api/v1/services", "/api/v1/configmaps",
    ]

    struct Refused: Error {
        var status: Int
        var text: String
    }

    func live(_ path: String) async throws -> Object? { await reader.live(path) }

    /// For what looks on while a request waits.
    var reader: ClusterReading { ClusterReading(cluster: cluster) }

    func items(_ path: String) async throws -> [Object] {
        let (status, value) = try await ask("GET", path)
        guard status == 200 else { throw Refused(status: status, text: path) }
        return (value["items"]?.array ?? []).compactMap(\.object)
    }

    /// Does to the cluster what somebody else than the daemon does.
    @discardableResult
    func change(_ method: String, _ path: String, _ body: Object = [:]) async throws -> Object {
        let (status, value) = try await ask(method, path, body)
        guard (200..<300).contains(status), let object = value.object else {
            throw Refused(status: status, text: value["message"]?.string ?? "")
        }
        return object
    }

    private func ask(_ method: String, _ path: String, _ body: Object? = nil) async throws -> (Int, Value) {
        let type = method == "PATCH" ? "application/merge-patch+json" : "application/json"
        let answer = await cluster.respond(
            to: SandboxRequest(
                method: method, path: path,
                headers: [(name: "content-type", value: type), (name: "user-agent", value: "person/1")],
                body: body.map { JSON.bytes(.object($0)) } ?? []))
        guard case .bytes(let bytes) = answer.body else { throw Refused(status: answer.status, text: "a stream") }
        return (answer.status, try JSON.parse(bytes))
    }

    func createNamespace(_ name: String) async throws {
        try await change(
            "POST", "/api/v1/namespaces",
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
    }

    func createSecret(_ name: String) async throws {
        try await change(
            "POST", "/api/v1/namespaces/staging/secrets",
            [
                "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name)],
                "stringData": ["url": "postgres://planet:hunter2@postgres/planet"],
            ])
    }

    /// The resource versions of all objects of ours, by path.
    func versions() async throws -> [String: String] {
        var versions: [String: String] = [:]
        for list in Self.watched {
            for object in try await items(list) where object.labels[OwnerLabel.key] != nil {
                versions["\(list) \(object.namespace)/\(object.name)"] = object.resourceVersion
            }
        }
        return versions
    }

    func image(of deployment: String) async throws -> String? {
        try await live(Place.deployment(deployment))?
            .value(at: "spec", "template", "spec")?["containers"]?[0]?["image"]?.string
    }

    // MARK: The ledger

    func rollouts(_ application: String? = nil) async throws -> [RolloutSummary] {
        try await life.ledger.rollouts(application: application, limit: 100).reversed()
    }

    func hookRuns(of rollouts: [RolloutSummary]) async throws -> [String: [HookRun]] {
        try await life.ledger.hookRuns(of: rollouts.map(\.rollout.id))
    }

    func rollbacks(_ application: String) async throws -> [RolloutSummary] {
        try await rollouts(application).filter { $0.rollout.trigger == .rollback }
    }

    func quarantines() async throws -> [QuarantineRecord] { try await life.ledger.quarantines(active: true) }
}

/// Reads objects of a sandbox.
struct ClusterReading: Sendable {
    let cluster: SandboxCluster

    /// Where a sandbox asks who is there; others let everybody in.
    static let credentials = (name: "authorization", value: "Bearer admin")

    func live(_ path: String) async -> Object? {
        let answer = await cluster.respond(
            to: SandboxRequest(method: "GET", path: path, headers: [Self.credentials]))
        guard answer.status == 200, case .bytes(let bytes) = answer.body else { return nil }
        return (try? JSON.parse(bytes))?.object
    }
}
