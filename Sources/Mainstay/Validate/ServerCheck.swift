// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Manifests
internal import Planning
internal import Sandbox
internal import Transport

/// Has manifests looked at as an API server would: by the table of types, and then by the server in the box, which knows
/// what values a field may have. As in a rollout, the server has the last word on what only looks wrong.
struct ServerCheck: Sendable {
    private let cluster: SandboxCluster
    private let client: KubernetesClient

    init() {
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: SystemTime.now, random: SplitMix64(seed: 1),
            options: SandboxOptions(timeZones: .system))
        client = KubernetesClient(
            endpoint: ClusterEndpoint(server: SandboxConnection.server),
            transport: SandboxConnection(cluster: cluster), clock: ContinuousClock(), now: SystemTime.now)
    }

    func findings(on material: Validation.Material) async -> [ReviewFinding] {
        let sent = material.parts.flatMap { part in
            SentForm.manifests(part.manifests, of: part.target, digest: Self.anyDigest)
        }
        let check = ManifestCheck(manifests: material.definitions + sent.map { $0 })
        await define(material.definitions + sent)
        await makeNamespaces(Set(sent.map(\.id.namespace)))
        var findings: [ReviewFinding] = []
        var seen: Set<ObjectID> = []
        for manifest in sent where seen.insert(manifest.id).inserted {
            let marks = ObjectMarks(manifest.object)
            guard !marks.skipsValidation, !marks.leavesAlone else { continue }
            let problems = check.problems(of: manifest)
            let own = problems.map { ReviewFinding(.error, manifest, $0.path, $0.message) }
            if problems.contains(where: \.isCertain) {
                findings += own
                continue
            }
            // What is merged into somebody else's object may be a part of one.
            guard marks.mode != .merge else { continue }
            let answered = await answer(on: manifest)
            findings += answered.contains { $0.severity == .error } && !own.isEmpty ? own : answered
        }
        return findings
    }

    private static let anyDigest = String(repeating: "0", count: 64)

    /// Definitions first: what they define is checked against them.
    private func define(_ manifests: [Manifest]) async {
        for manifest in manifests where manifest.object.kind == "CustomResourceDefinition" {
            _ = await apply(SentForm.object(manifest.object))
        }
        await cluster.settle()
        await client.invalidateDiscovery()
    }

    private func makeNamespaces(_ names: Set<String>) async {
        for name in names.sorted() where !name.isEmpty {
            _ = await apply(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
        }
    }

    private func answer(on manifest: Manifest) async -> [ReviewFinding] {
        guard let answer = await apply(manifest.object) else { return [] }
        let warnings = answer.headers.fields.filter { $0.name.lowercased() == "warning" }.compactMap { field in
            field.value.split(separator: "\"", maxSplits: 1).last.map { String($0.dropLast()) }
        }
        // A Secret's own words may be in what is said of it.
        let isSecret = manifest.id.groupKind == GroupKind(group: "", kind: "Secret")
        guard answer.status >= 400 else {
            return isSecret ? [] : warnings.map { ReviewFinding(.warning, manifest, "", Self.bounded($0)) }
        }
        guard let status = try? JSON.parse(answer.body) else { return [] }
        let causes = (status["details"]?["causes"]?.array ?? []).prefix(20).compactMap { cause -> ReviewFinding? in
            guard let field = cause["field"]?.string, let message = cause["message"]?.string else { return nil }
            let text = isSecret ? "is refused (\(cause["reason"]?.string ?? "invalid"))" : Self.bounded(message)
            return ReviewFinding(.error, manifest, field, text)
        }
        guard causes.isEmpty else { return causes }
        let message = status["message"]?.string ?? "HTTP \(answer.status)"
        return [
            ReviewFinding(
                .error, manifest, "",
                isSecret ? "the API server refuses it" : "the API server refuses it: \(Self.bounded(message))")
        ]
    }

    /// Nil where the kind is not served, or no request can be made of it.
    private func apply(_ object: Object) async -> HTTPResponse? {
        guard let resource = try? await client.resource(for: object.groupVersionKind) else { return nil }
        var path = resource.group.isEmpty ? "/api/v1" : "/apis/\(resource.group)/\(resource.version)"
        if resource.isNamespaced { path += "/namespaces/\(object.namespace.isEmpty ? "default" : object.namespace)" }
        path += "/\(resource.plural)/\(object.name)?fieldManager=mainstay&force=true"
        let request = HTTPRequest(
            method: "PATCH", url: SandboxConnection.server + path,
            headers: ["Content-Type": "application/apply-patch+yaml"], body: JSON.bytes(.object(object)))
        return try? await SandboxConnection(cluster: cluster).send(request)
    }

    private static func bounded(_ text: String) -> String { text.count > 400 ? "\(text.prefix(400))…" : text }
}
