// SPDX-License-Identifier: Apache-2.0

import Manifests
package import Planning

/// Plans revisions and branches of the daemon's mirror, with what the ledger says each application had before.
package struct DaemonPlanner: Sendable {
    private let context: ReconcilerContext
    private let survey: any ClusterSurvey
    private let hash: @Sendable (String) -> String
    private let revisions: PlanRevisions
    private let current: @Sendable (TargetID) async -> Desired?

    /// - Parameters:
    ///   - survey: of the default cluster.
    ///   - hash: see `PlanRedaction`.
    ///   - current: what git asks for, as last heard: it is not rendered again where nothing moved.
    ///   - commit: the commit that an id, or the beginning of one, means in the mirror; nil where none does.
    package init(
        context: ReconcilerContext, survey: any ClusterSurvey, hash: @escaping @Sendable (String) -> String,
        current: @escaping @Sendable (TargetID) async -> Desired? = { _ in nil },
        commit: @escaping @Sendable (String) async throws(SourceFailure) -> String?
    ) {
        self.context = context
        revisions = PlanRevisions(source: context.source, url: context.status.daemon.source.url, commit: commit)
        self.current = current
        self.survey = survey
        self.hash = hash
    }

    /// Whoever plans waits for itself, and no rollout for it.
    private func planner(of site: ClusterSite) -> Planner {
        let cluster = cluster(of: site).asked(by: "plan")
        return Planner(cluster: cluster, survey: site.name.isEmpty ? survey : cluster, hash: hash)
    }

    private func cluster(of site: ClusterSite) -> any Cluster {
        site.name == context.clusterName ? context.cluster : site.cluster
    }

    /// - Parameter revision: a branch, which is fetched first, or a commit; nil plans what each environment follows.
    package func plan(
        application: String? = nil, environment: String? = nil, revision: String? = nil
    ) async throws(Failure) -> PlanReport {
        do {
            return try await report(application, environment, revision)
        } catch let failure as Failure {
            throw failure
        } catch let failure as SourceFailure {
            throw Failure(failure.isTransient ? .unavailable : .invalid, failure.message)
        } catch let failure as ClusterFailure {
            throw Failure(.unavailable, failure.message)
        } catch {
            throw Failure(.unavailable, "the ledger cannot be read: \(error)")
        }
    }

    private func report(_ application: String?, _ environment: String?, _ revision: String?) async throws -> PlanReport
    {
        let scope = try await scope(application, environment, revision)
        let suspensions = try await context.store.suspensions()
        let (parts, order) = try await PlanMaterial(context: context, suspensions: suspensions, current: current)
            .parts(of: scope)
        let sites = context.sites.filter { site in
            parts[site.name].map { !$0.items.isEmpty || !$0.inventory.isEmpty } ?? false
        }
        var reports: [PlanReport] = []
        for site in sites.isEmpty ? Array(context.sites.prefix(1)) : sites {
            let request = try await request(parts[site.name] ?? PlanPart(), site, scope, suspensions)
            reports.append(try await report(request, site, isAlone: sites.count < 2))
        }
        for (name, part) in parts.sorted(by: { $0.key < $1.key }) where !context.has(name) {
            let left = part.inventory.filter { !scope.planned.contains($0.key) }
            guard !left.isEmpty else { continue }
            reports.append(
                PlanReport(subject: scope.subject, targets: try await absent(left, in: name, scope.pipeline)))
        }
        return PlanReport(reports, inOrderOf: order) ?? PlanReport(subject: scope.subject)
    }

    private func scope(_ application: String?, _ environment: String?, _ revision: String?) async throws -> PlanScope {
        let chosen: (commit: String, subject: String)?
        if let revision { chosen = try await revisions.resolve(revision) } else { chosen = nil }
        let branch = context.settings.branch
        let heads = try await context.source.localHeads([branch])
        guard let head = chosen?.commit ?? heads[branch] else {
            throw Failure(.unavailable, "the branch \(branch) was not read yet")
        }
        let pipeline =
            if chosen != nil, let main = heads[branch],
                let inForce = try await followed(application, environment, at: main)
            { inForce } else { try await context.source.pipeline(at: head) }
        return PlanScope(
            pipeline: pipeline, head: head, isPinned: chosen != nil,
            subject: chosen?.subject ?? "branch \(branch) at \(head.prefix(7))",
            planned: try pipeline.targets(named: application, in: environment),
            isWhole: application == nil && environment == nil)
    }

    /// The pipeline of its own branch, where all that is planned follows others: of these none is read.
    private func followed(_ application: String?, _ environment: String?, at main: String) async throws -> Pipeline? {
        // What cannot be used, or does not have it yet, is told of by the revision's own.
        guard let pipeline = try? await context.source.pipeline(at: main),
            let targets = try? pipeline.targets(named: application, in: environment), !targets.isEmpty
        else { return nil }
        let branch = context.settings.branch
        let follows = targets.map { pipeline.environment($0.environment)?.branch ?? branch }
        return follows.contains(branch) ? nil : pipeline
    }

    /// What is asked of one cluster.
    private func request(
        _ part: PlanPart, _ site: ClusterSite, _ scope: PlanScope, _ suspensions: [Suspension]
    ) async throws -> PlanRequest {
        let context = context.at(site.name)
        let pipeline = scope.pipeline
        let planned = scope.planned
        var request = PlanRequest(
            subject: scope.subject, items: part.items,
            declared: pipeline.declaredDependencies(among: Set(pipeline.targets(in: site.name))),
            allow: context.settings.allow, inventory: .recorded(part.inventory),
            pipelineTargets: Set(pipeline.targets), includesRemoved: scope.isWhole, elsewhere: part.elsewhere,
            mayWant: { [board = context.board] owner, id in
                !planned.contains(owner) && board.mayWant(owner, id)
            })
        if scope.isWhole, !scope.isPinned { request.droppedEdges = context.status.daemon.pipeline.droppedEdges }
        request.asSent = { [context] nodes in await Self.asSent(nodes, context) }
        request.unread = part.unread
        request.source = context.settings.source
        request.ownSources = try await context.ownMarks()
        request.suspensions = suspensions
        for target in part.inventory.keys where !planned.contains(target) {
            let lastSaid = try await context.store.removalPolicy(of: target)
            request.removals[target] = pipeline.removal(of: target) ?? lastSaid
        }
        request.isApproved = { [store = context.store] target, prune, inventory in
            // A ledger that cannot be read says yes to nothing.
            (try? await store.isApproved(prune, of: target, inventory: inventory)) ?? false
        }
        return request
    }

    /// What left the pipeline, and waits in a cluster that the daemon does not have.
    private func absent(
        _ left: [TargetID: [InventoryRecord]], in cluster: String, _ pipeline: Pipeline
    ) async throws -> [TargetPlan] {
        let cause = Cause(
            reason: GateWait.Reason.unknownCluster.rawValue, message: AbsentCluster(name: cluster).failure.message)
        var plans: [TargetPlan] = []
        for (target, records) in left.sorted(by: { $0.key < $1.key }) {
            let lastSaid = try await context.store.removalPolicy(of: target)
            let isOrphaned = (pipeline.removal(of: target) ?? lastSaid) == .orphan
            let entries = records.map(\.object).sorted().map { id in
                if isOrphaned { return PlanEntry(id: id, action: .orphan) }
                return PruneRules.isProtected(id.groupKind)
                    ? PlanEntry(id: id, action: .leftAlone, reason: "no longer rendered, and may stay")
                    : PlanEntry(id: id, action: .prune, reason: "no longer rendered")
            }
            var plan = TargetPlan(target: target, entries: entries, notes: ["left the pipeline"])
            plan.cluster = cluster
            plan.hold(because: cause)
            plans.append(plan)
        }
        return plans
    }

    /// - Parameter isAlone: otherwise a cluster that does not answer hides nothing of the others.
    private func report(
        _ request: PlanRequest, _ site: ClusterSite, isAlone: Bool
    ) async throws(ClusterFailure) -> PlanReport {
        let name = site.name.isEmpty ? nil : site.name
        do throws(ClusterFailure) {
            // What is known may need no request at all, and says nothing of a cluster that no longer answers.
            try await Self.askWhetherItAnswers(cluster(of: site))
            var report = try await planner(of: site).plan(request)
            for index in report.targets.indices { report.targets[index].cluster = name }
            return report
        } catch {
            guard !isAlone else { throw error }
            let cause = Cause(reason: error.code.rawValue, message: error.message)
            return PlanReport(
                subject: request.subject,
                targets: request.items.map { item in
                    var plan = TargetPlan(target: item.target, revision: item.revision, problem: item.problem ?? cause)
                    plan.cluster = name
                    return plan
                })
        }
    }

    /// A connection that broke while nothing was sent shows with the next request, and says nothing of the server: asked
    /// again, there is another.
    private static func askWhetherItAnswers(_ cluster: any Cluster) async throws(ClusterFailure) {
        do throws(ClusterFailure) {
            _ = try await cluster.serverVersion()
        } catch {
            guard error.code == .unavailable else { throw error }
            _ = try await cluster.serverVersion()
        }
    }

    /// Why what is desired would not be rolled out now; nil where it would.
    package func heldBack(_ desired: Desired) async throws -> Cause? {
        try await HeldBack.cause(of: desired, try await context.store.suspensions(), context)
    }
}
