// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kubernetes
internal import Manifests
internal import Planning
internal import Reconciler
internal import Transport

/// A plan of local files against the cluster of a kubeconfig: as CI makes it, without a daemon.
struct LocalPlan: Sendable {
    let rendering: LocalRendering
    let client: KubernetesClient
    let hash: ValueHash

    /// - Throws: what rendering, or the cluster, has against all of it.
    func report() async throws -> PlanReport {
        let endpoint = client.endpoint
        let namespace = endpoint.namespace.isEmpty ? "default" : endpoint.namespace
        let rendered = try await rendering.allTargets(namespace: namespace)
        let pipeline = rendered.pipeline
        let commit = rendering.files.commit?.hex
        let items = rendered.targets.map { target in
            PlanRequest.Item(
                target: target.id, revision: commit, manifests: target.manifests, isOwner: pipeline != nil,
                prunes: target.application.prune == .automatic, conflicts: target.application.conflicts,
                drift: target.application.drift,
                problem: target.problem.map { Cause(reason: SourceFailure.Code.manifests.rawValue, message: $0) },
                notes: target.warnings)
        }
        let isWhole = rendering.application == nil && rendering.environment == nil && rendering.files.path.isEmpty
        var request = PlanRequest(
            subject: subject(commit), items: items, declared: pipeline?.declaredDependencies ?? [:],
            inventory: pipeline == nil ? .none : .labels, pipelineTargets: Set(pipeline?.targets ?? []),
            includesRemoved: pipeline != nil && isWhole)
        if pipeline != nil {
            request.notes = [Self.unknown]
            if !isWhole { try await addElsewhere(to: &request) }
        }
        let cluster = KubernetesCluster(client: client)
        return try await Planner(cluster: cluster, survey: cluster, hash: { hash($0) }).plan(request)
    }

    private static let unknown =
        "without the daemon it is not known what is suspended, held, quarantined or approved, nor which Jobs ran: "
        + "with --socket the daemon tells"

    /// What the rest of the pipeline asks for.
    private func addElsewhere(to request: inout PlanRequest) async throws {
        let planned = Set(request.items.map(\.target))
        let whole = LocalRendering(files: rendering.files.atRoot, isPipelineMeant: true)
        for target in try await whole.allTargets(namespace: "").targets where !planned.contains(target.id) {
            for manifest in target.manifests { request.elsewhere[manifest.id] = target.id }
            if target.problem != nil { request.unread.append(target.id) }
        }
    }

    private func subject(_ commit: String?) -> String {
        let files = rendering.files
        let path = files.path.isEmpty ? "the repository" : files.display(files.path)
        return commit.map { "\(path) at \($0.prefix(7))" } ?? path
    }
}
