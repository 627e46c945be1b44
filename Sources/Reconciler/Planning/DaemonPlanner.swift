// SPDX-License-Identifier: Apache-2.0

import Manifests
package import Planning

/// Plans revisions and branches of the daemon's mirror, with what the ledger says each application had before.
package struct DaemonPlanner: Sendable {
    /// Why there is no plan.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package enum Kind: Sendable {
            /// It names what is not there.
            case unknown
            /// What it names cannot be read as it is.
            case invalid
            /// It may work later.
            case unavailable
        }

        package var kind: Kind
        package var description: String

        package init(_ kind: Kind, _ description: String) {
            self.kind = kind
            self.description = description
        }
    }

    private let context: ReconcilerContext
    private let survey: any ClusterSurvey
    private let hash: @Sendable (String) -> String
    private let commit: @Sendable (String) async throws(SourceFailure) -> String?
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
        self.commit = commit
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

    /// What is planned in one cluster.
    private struct Part {
        var items: [PlanRequest.Item] = []
        var elsewhere: [ObjectID: TargetID] = [:]
        var unread: [TargetID] = []
        var inventory: [TargetID: [InventoryRecord]] = [:]
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
        let chosen: (commit: String, subject: String)?
        if let revision { chosen = try await resolve(revision) } else { chosen = nil }
        let branch = context.settings.branch
        let heads = try await context.source.localHeads([branch])
        guard let head = chosen?.commit ?? heads[branch] else {
            throw Failure(.unavailable, "the branch \(branch) was not read yet")
        }
        let pipeline = try await context.source.pipeline(at: head)
        let planned = try chosenTargets(of: pipeline, application, environment)
        var parts: [String: Part] = [:]
        var order: [TargetID] = []
        let suspensions = try await context.store.suspensions()
        for place in pipeline.environments {
            let isKnown = context.has(place.clusterName)
            let cluster = isKnown ? place.clusterName : ""
            for application in pipeline.applications where application.environments.contains(place.name) {
                var (item, desired) = try await item(
                    application, place, pipelineHead: head, isPinned: chosen != nil)
                if !isKnown { item.place(in: .unknown(others: context.clusterNames), place) }
                guard !planned.contains(item.target) else {
                    if isKnown, let desired { try await remember(desired, suspensions, &item) }
                    parts[cluster, default: Part()].items.append(item)
                    order.append(item.target)
                    continue
                }
                for manifest in item.manifests {
                    parts[cluster, default: Part()].elsewhere[manifest.id] = item.target
                }
                if item.problem != nil { parts[cluster, default: Part()].unread.append(item.target) }
            }
        }
        let isWhole = application == nil && environment == nil
        for (target, records) in try await inventory(planned, pipeline, isWhole) {
            let cluster = try await context.store.cluster(of: target) ?? ""
            // What is still in another cluster than its environment names is left alone there.
            if planned.contains(target), pipeline.environment(target.environment)?.clusterName != cluster { continue }
            parts[cluster, default: Part()].inventory[target] = records
        }
        var reports: [PlanReport] = []
        let subject = chosen?.subject ?? "branch \(branch) at \(head.prefix(7))"
        let sites = context.sites.filter { site in
            parts[site.name].map { !$0.items.isEmpty || !$0.inventory.isEmpty } ?? false
        }
        for site in sites.isEmpty ? Array(context.sites.prefix(1)) : sites {
            let part = parts[site.name] ?? Part()
            let context = context.at(site.name)
            var request = PlanRequest(
                subject: subject, items: part.items,
                declared: pipeline.declaredDependencies(among: Set(pipeline.targets(in: site.name))),
                allow: context.settings.allow, inventory: .recorded(part.inventory),
                pipelineTargets: Set(pipeline.targets), includesRemoved: isWhole, elsewhere: part.elsewhere,
                mayWant: { [board = context.board] owner, id in
                    !planned.contains(owner) && board.mayWant(owner, id)
                })
            if isWhole, chosen == nil { request.droppedEdges = context.status.daemon.pipeline.droppedEdges }
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
            reports.append(try await report(request, site, isAlone: sites.count < 2))
        }
        for (name, part) in parts.sorted(by: { $0.key < $1.key }) where !context.has(name) {
            let left = part.inventory.filter { !planned.contains($0.key) }
            guard !left.isEmpty else { continue }
            reports.append(PlanReport(subject: subject, targets: try await absent(left, in: name)))
        }
        return PlanReport(reports, inOrderOf: order) ?? PlanReport(subject: subject)
    }

    /// What left the pipeline, and waits in a cluster that the daemon does not have.
    private func absent(_ left: [TargetID: [InventoryRecord]], in cluster: String) async throws -> [TargetPlan] {
        let cause = Cause(
            reason: GateWait.Reason.unknownCluster.rawValue, message: AbsentCluster(name: cluster).failure.message)
        var plans: [TargetPlan] = []
        for (target, records) in left.sorted(by: { $0.key < $1.key }) {
            let isOrphaned = try await context.store.removalPolicy(of: target) == .orphan
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

    /// A rollout would not send these again (`DriftBoard.isAsSent`). Only what a current watch tells counts.
    private static func asSent(
        _ nodes: [OrderNode], _ context: ReconcilerContext
    ) async -> [ObjectID: PackedObject] {
        guard context.clusterError == nil else { return [:] }
        let ids = nodes.map(\.manifest.id)
        var found: [ObjectID: PackedObject] = [:]
        for (index, live) in await context.view.current(ids).enumerated() {
            guard let live, !live.isSuspended, !hasFailed(live, ids[index]),
                context.drift.isAsSent(
                    ids[index], mark: context.drift.mark(of: nodes[index].manifest), over: live, by: nodes[index].target
                )
            else { continue }
            found[ids[index]] = live.packed
        }
        return found
    }

    /// A run that failed is made anew, though it is as it was sent.
    private static func hasFailed(_ live: SeenObject, _ id: ObjectID) -> Bool {
        Hook.runsOnce(id.groupKind) && Hook.hasFailed(live.packed.object)
    }

    /// A branch as it is on the remote now, or else as the mirror has it; then a commit.
    private func resolve(_ revision: String) async throws -> (commit: String, subject: String) {
        if let id = try await commit(revision) { return (id, "commit \(id.prefix(7))") }
        var failure: SourceFailure?
        do throws(SourceFailure) {
            if let head = try await context.source.fetch([revision])[revision] {
                return (head, "branch \(revision) at \(head.prefix(7))")
            }
        } catch {
            failure = error
        }
        if let head = try await context.source.localHeads([revision])[revision] {
            return (head, "branch \(revision) at \(head.prefix(7)), as it was fetched last")
        }
        throw Failure(
            failure?.isTransient == true ? .unavailable : .unknown,
            "there is no branch and no commit \"\(revision)\" in \(context.status.daemon.source.url)"
                + (failure.map { ": \($0.message)" } ?? ""))
    }

    private func chosenTargets(
        of pipeline: Pipeline, _ application: String?, _ environment: String?
    ) throws(Failure) -> Set<TargetID> {
        if let application, pipeline.application(application) == nil {
            throw Failure(.unknown, "there is no application \"\(application)\" in the pipeline")
        }
        if let environment, pipeline.environment(environment) == nil {
            throw Failure(.unknown, "there is no environment \"\(environment)\" in the pipeline")
        }
        return Set(
            pipeline.targets.filter { target in
                (application ?? target.application) == target.application
                    && (environment ?? target.environment) == target.environment
            })
    }

    /// What cannot be rendered is a problem of its own, and hides nothing else.
    private func item(
        _ application: Application, _ environment: Environment, pipelineHead: String, isPinned: Bool
    ) async throws -> (item: PlanRequest.Item, desired: Desired?) {
        let target = TargetID(application: application.name, environment: environment.name)
        var item = PlanRequest.Item(
            target: target, revision: pipelineHead, manifests: [], prunes: application.prune == .automatic,
            conflicts: application.conflicts, drift: application.drift)
        var found: Desired?
        do throws(SourceFailure) {
            if !isPinned, let branch = environment.branch, branch != context.settings.branch {
                guard let head = try await context.source.localHeads([branch])[branch] else {
                    throw SourceFailure(
                        code: .missing, message: "the branch \(branch) is not in the repository", isTransient: true)
                }
                item.revision = head
            }
            let current = await current(target).flatMap { $0.environment.cluster == environment.cluster ? $0 : nil }
            let answer = try await context.source.desired(
                application, in: environment, at: item.revision ?? pipelineHead, unlessInputsAre: current?.inputs)
            found = if case .rendered(let desired) = answer { desired } else { current }
        } catch {
            item.problem = Cause(reason: error.code.rawValue, message: error.message)
        }
        item.manifests = found?.manifests ?? []
        item.notes = found?.warnings ?? []
        return (item, found)
    }

    /// What the ledger, people and the watches say of it.
    private func remember(
        _ desired: Desired, _ suspensions: [Suspension], _ item: inout PlanRequest.Item
    ) async throws {
        item.held = try await held(desired, suspensions)
        let ids = item.manifests.map(\.id)
        let runs = zip(ids, item.manifests).filter { Hook.runsOnce($0.0.groupKind) }.map(\.1)
        if !runs.isEmpty { item.completed = try await context.store.completedJobs(of: desired.target, among: runs) }
        item.drifted = context.at(desired.environment.clusterName).drift.differences(of: ids)
    }

    /// Why what is desired would not be rolled out now; nil where it would.
    package func heldBack(_ desired: Desired) async throws -> Cause? {
        try await held(desired, try await context.store.suspensions())
    }

    /// Decided from what the target's worker decides from.
    private func held(_ desired: Desired, _ suspensions: [Suspension]) async throws -> Cause? {
        let target = desired.target
        var situation = TargetSituation(
            desiredDigest: desired.digest, rollback: desired.application.rollback,
            quarantine: try await context.store.quarantine(of: target, digest: desired.digest), history: TargetHistory()
        )
        situation.suspension = suspensions.first(covering: target)
        situation.hold = try await context.store.hold(of: target)
        let freezes = try await context.store.freezes()
        let context = context.at(
            try await context.store.cluster(of: target) ?? desired.environment.clusterName)
        // Mostly nothing holds it back, and its past says nothing more.
        if situation.quarantine == nil, situation.hold == nil, situation.suspension == nil,
            !desired.environment.isGated, freezes.isEmpty, context.clusterName == desired.environment.clusterName,
            context.has(context.clusterName)
        {
            return nil
        }
        situation.history = try await context.store.history(of: target)
        let keeper = GateKeeper(context: context, target: target, logger: context.surroundings.logger)
        var waits: [GateWait] = []
        if TargetStep.next(situation).passesGate(situation),
            let waiting = try await keeper.waiting(desired, records: false)
        {
            situation.isGateOpen = false
            waits = waiting.waits
        }
        return HeldBack.cause(of: situation, desired, waits)
    }

    private func inventory(
        _ planned: Set<TargetID>, _ pipeline: Pipeline, _ isWhole: Bool
    ) async throws -> [TargetID: [InventoryRecord]] {
        let inPipeline = Set(pipeline.targets)
        var inventory: [TargetID: [InventoryRecord]] = [:]
        for target in try await context.store.targetsWithInventory()
        where planned.contains(target) || (isWhole && !inPipeline.contains(target)) {
            inventory[target] = try await context.store.inventoryWithoutBaselines(of: target)
        }
        return inventory
    }
}

extension PlanRequest.Item {
    /// Nothing can be compared with a cluster that nobody can ask.
    fileprivate mutating func place(in place: ClusterPlace, _ environment: Environment) {
        guard let wait = place.wait(for: environment, target) else { return }
        problem = problem ?? Cause(reason: wait.reason.rawValue, message: wait.message)
        manifests = []
    }
}

extension Pipeline {
    /// Those whose environments are in a cluster.
    package func targets(in cluster: String) -> [TargetID] {
        targets.filter { environment($0.environment)?.clusterName == cluster }
    }
}
