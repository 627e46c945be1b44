// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kubernetes
internal import Manifests
internal import Planning
internal import Reconciler
internal import Transport

/// A plan of local files against clusters of kubeconfigs: as CI makes it, without a daemon.
struct LocalPlan: Sendable {
    let rendering: LocalRendering
    /// The cluster of environments that name none, or of all.
    let client: KubernetesClient
    /// The others by name, where each environment is compared with its own; nil where one serves all.
    var further: [(name: String, client: KubernetesClient)]?
    /// What the daemon may touch, where that is known.
    var allow = AllowRules()
    let hash: ValueHash

    /// - Throws: what rendering, or the cluster, has against all of it.
    func report() async throws -> PlanReport {
        let endpoint = client.endpoint
        let namespace = endpoint.namespace.isEmpty ? "default" : endpoint.namespace
        let rendered = try await rendering.allTargets(namespace: namespace)
        let pipeline = rendered.pipeline
        let commit = rendering.files.commit?.hex
        let isWhole = rendering.application == nil && rendering.environment == nil && rendering.files.path.isEmpty
        var elsewhere: [LocalRendering.Target] = []
        if pipeline != nil, !isWhole { elsewhere = try await othersOfThePipeline(Set(rendered.targets.map(\.id))) }
        var reports: [PlanReport] = []
        for cluster in clusters(of: rendered.targets, pipeline) {
            let items = rendered.targets.filter { name(of: $0, pipeline) == cluster.name }.map { target in
                PlanRequest.Item(
                    target: target.id, revision: commit, manifests: target.manifests, isOwner: pipeline != nil,
                    prunes: target.application.prune == .automatic, conflicts: target.application.conflicts,
                    drift: target.application.drift,
                    problem: target.problem.map { Cause(reason: SourceFailure.Code.manifests.rawValue, message: $0) },
                    notes: target.warnings)
            }
            var request = PlanRequest(
                subject: subject(commit), items: items, declared: declared(pipeline, cluster.name), allow: allow,
                inventory: pipeline == nil ? .none : .labels, pipelineTargets: Set(pipeline?.targets ?? []),
                includesRemoved: pipeline != nil && isWhole)
            if pipeline != nil { request.notes = [Self.unknown] }
            for target in elsewhere where name(of: target, pipeline) == cluster.name {
                for manifest in target.manifests { request.elsewhere[manifest.id] = target.id }
                if target.problem != nil { request.unread.append(target.id) }
            }
            let compared = KubernetesCluster(client: cluster.client)
            var report = try await Planner(cluster: compared, survey: compared, hash: { hash($0) }).plan(request)
            for index in report.targets.indices where !cluster.name.isEmpty {
                report.targets[index].cluster = cluster.name
            }
            reports.append(report)
        }
        if let pipeline, let further, !reports.isEmpty {
            let items = rendered.targets.map {
                OtherClusters.Item(target: $0.id, cluster: name(of: $0, pipeline), manifests: $0.manifests)
            }
            Self.hold(
                &reports, pipeline, await OtherClusters(clusters: [("", client)] + further).look(for: items))
        }
        var order = rendered.targets.map(\.id)
        if let strangers = strangers(rendered.targets, pipeline, commit) {
            order += strangers.targets.map(\.target)
            reports.append(strangers)
        }
        return PlanReport(reports, inOrderOf: order) ?? PlanReport(subject: subject(commit))
    }

    /// What is left in another cluster is waited for: nothing begins in this one.
    private static func hold(_ reports: inout [PlanReport], _ pipeline: Pipeline, _ found: OtherClusters.Found) {
        for number in reports.indices {
            for index in reports[number].targets.indices {
                let target = reports[number].targets[index].target
                guard let environment = pipeline.environment(target.environment),
                    let wait = found.places[target]?.wait(for: environment, target)
                else { continue }
                reports[number].targets[index].hold(
                    because: Cause(reason: wait.reason.rawValue, message: "waits for \(wait.message)"))
            }
        }
        reports[0].notes += found.notes
    }

    // MARK: Which cluster

    /// Empty for the default one, and where one serves all.
    private func name(of target: LocalRendering.Target, _ pipeline: Pipeline?) -> String {
        further == nil ? "" : pipeline?.environment(target.id.environment)?.clusterName ?? ""
    }

    /// Those that something is planned for; one that leaves nothing is looked at too, where all is planned.
    private func clusters(
        of targets: [LocalRendering.Target], _ pipeline: Pipeline?
    ) -> [(name: String, client: KubernetesClient)] {
        let names = Set(targets.map { name(of: $0, pipeline) })
        let all = [("", client)] + (further ?? [])
        let named = all.filter { names.contains($0.0) }
        return named.isEmpty ? Array(all.prefix(1)) : named
    }

    private func declared(_ pipeline: Pipeline?, _ cluster: String) -> [TargetID: [TargetID]] {
        guard let pipeline else { return [:] }
        guard further != nil else { return pipeline.declaredDependencies }
        return pipeline.declaredDependencies(among: Set(pipeline.targets(in: cluster)))
    }

    /// What environments ask for whose cluster the configuration does not have.
    private func strangers(
        _ targets: [LocalRendering.Target], _ pipeline: Pipeline?, _ commit: String?
    ) -> PlanReport? {
        guard let further else { return nil }
        let known = Set(further.map(\.name) + [""])
        let plans = targets.compactMap { target -> TargetPlan? in
            guard let environment = pipeline?.environment(target.id.environment),
                !known.contains(environment.clusterName),
                let wait = ClusterPlace.unknown(others: further.map(\.name)).wait(for: environment, target.id)
            else { return nil }
            return TargetPlan(
                target: target.id, revision: commit, problem: Cause(reason: wait.reason.rawValue, message: wait.message)
            )
        }
        return plans.isEmpty ? nil : PlanReport(subject: subject(commit), targets: plans)
    }

    private static let unknown =
        "without the daemon it is not known what is suspended, held, quarantined or approved, nor which Jobs ran: "
        + "with --socket the daemon tells"

    /// What the rest of the pipeline asks for.
    private func othersOfThePipeline(_ planned: Set<TargetID>) async throws -> [LocalRendering.Target] {
        let whole = LocalRendering(files: rendering.files.atRoot, isPipelineMeant: true)
        return try await whole.allTargets(namespace: "").targets.filter { !planned.contains($0.id) }
    }

    private func subject(_ commit: String?) -> String {
        let files = rendering.files
        let path = files.path.isEmpty ? "the repository" : files.display(files.path)
        return commit.map { "\(path) at \($0.prefix(7))" } ?? path
    }
}
