// SPDX-License-Identifier: Apache-2.0

import Manifests
package import Planning

/// Finds out what rollouts would do, without doing any of it: only reads and dry runs are sent.
package struct Planner: Sendable {
    private let cluster: any Cluster
    private let survey: any ClusterSurvey
    private let hash: @Sendable (String) -> String
    /// Requests under way at once.
    private let width: Int

    /// - Parameter hash: see `PlanRedaction`.
    package init(
        cluster: any Cluster, survey: any ClusterSurvey, hash: @escaping @Sendable (String) -> String, width: Int = 16
    ) {
        self.cluster = cluster
        self.survey = survey
        self.hash = hash
        self.width = width
    }

    /// - Throws: `ClusterFailure` where the cluster does not answer at all. Whatever is wrong with an object or an
    ///   application stands in the report, and hides nothing else.
    package func plan(_ request: PlanRequest) async throws(ClusterFailure) -> PlanReport {
        var report = PlanReport(subject: request.subject)
        let wishes = Wishes(request)
        let scaled = ReplicaHandover(manifests: wishes.manifests).scaled
        let live = try await LiveReader(cluster: cluster, survey: survey, width: width)
            .read(wishes.manifests, recorded: request.records, known: await request.asSent(wishes.nodes))
        let planner = objectPlanner(request, wishes, live, scaled)
        var entries: [TargetID: [PlanEntry]] = [:]
        var planned: [PlanEntry?] = zip(wishes.nodes, wishes.ids).map { node, id in
            if let refusal = self.refusal(of: node, id, wishes, live, request) { return refusal }
            return planner.isAsSent(node.manifest, id) ? planner.unchanged(node.manifest, id) : nil
        }
        let open = planned.indices.filter { planned[$0] == nil }
        let asked = await open.mapped(atOnce: width) { await planner.entry(for: wishes.nodes[$0].manifest) }
        for (index, entry) in zip(open, asked) { planned[index] = entry }
        let owners = Set(request.items.filter(\.isOwner).map(\.target))
        for (node, entry) in zip(wishes.nodes, planned) {
            guard var entry else { continue }
            // What is rendered by itself is no application that anything could move to.
            if entry.action.isChange, owners.contains(node.target), let owner = moves(node, live) {
                entry.reason = [entry.reason, "moves here from \(owner)"].filter { !$0.isEmpty }.joined(separator: "; ")
            }
            entries[node.target, default: []].append(entry)
        }
        let prunes = PrunePlanner(request: request, live: live, redaction: planner.redaction, wanted: wishes.claims)
        for item in request.items {
            var plan = TargetPlan(
                target: item.target, revision: item.revision, entries: entries[item.target] ?? [],
                problem: item.problem, notes: item.notes + Self.notes(on: entries[item.target] ?? []))
            // What could not be rendered says nothing about what should go.
            if item.problem == nil {
                await prunes.add(to: &plan, item)
                if let missing = await missingReference(of: item, plan, wishes, live) { plan.notes.append(missing) }
            }
            if let held = item.held { plan.hold(because: held) }
            report.targets.append(plan)
        }
        report.targets += await prunes.removed()
        report.notes = request.notes + live.notes
        addOrder(&report, wishes, request)
        addPruneOrder(&report, live)
        return report
    }

    private func objectPlanner(
        _ request: PlanRequest, _ wishes: Wishes, _ live: LiveObjects, _ scaled: Set<ObjectID>
    ) -> ObjectPlanner {
        var policies: [ObjectID: ConflictPolicy] = [:]
        var drift: [ObjectID: DriftRules] = [:]
        var drifted: [ObjectID: [DriftDifference]] = [:]
        for item in request.items {
            for id in item.manifests.map(\.id) where !live.isAsSent(id) {
                policies[id] = item.conflicts
                drift[id] = item.drift
            }
            drifted.merge(item.drifted) { first, _ in first }
        }
        var defined: [GroupKind: ObjectID] = [:]
        var created: Set<String> = []
        for (manifest, id) in zip(wishes.manifests, wishes.ids) {
            if id.kind == "CustomResourceDefinition",
                let kind = manifest.object.value(at: "spec", "names", "kind")?.string
            {
                let group = manifest.object.value(at: "spec", "group")?.string ?? ""
                defined[GroupKind(group: group, kind: kind)] = id
            }
            if id.groupKind == GroupKind(group: "", kind: "Namespace"), !live.isThere(id) {
                created.insert(id.name)
            }
        }
        let secrets = wishes.manifests.map(\.object).filter { $0.kind == "Secret" } + live.secrets
        return ObjectPlanner(
            cluster: cluster, live: live, redaction: PlanRedaction(secrets: secrets, hash: hash),
            preparation: PlanPreparation(scaled: scaled),
            policies: policies, drift: drift, drifted: drifted,
            completed: request.items.reduce(into: []) { $0.formUnion($1.completed) },
            check: ManifestCheck(manifests: wishes.manifests),
            doubts: ManifestDoubts(cluster: cluster, allow: request.allow), defined: defined,
            createdNamespaces: created)
    }

    /// What keeps all of an application from being applied, and not its object alone.
    private static let stoppers: Set = [
        "NotAllowed", "OwnedByOther", ObjectClaim.foreignSource, ObjectPlanner.invalidBeforehand,
    ]

    private static func notes(on entries: [PlanEntry]) -> [String] {
        let stopping = entries.filter { $0.action == .refused && stoppers.contains($0.code ?? "") }
        guard let first = stopping.first else { return [] }
        let more = stopping.count > 1 ? " and \(stopping.count - 1) more" : ""
        return ["nothing of it is applied as long as \(first.id)\(more) is refused"]
    }

    /// Why an object is none of the application's business, whatever the server would say.
    private func refusal(
        of node: OrderNode, _ id: ObjectID, _ wishes: Wishes, _ live: LiveObjects, _ request: PlanRequest
    ) -> PlanEntry? {
        if let suspension = request.suspensions.first(where: { $0.scope.object != nil && $0.covers(node.target, id) }) {
            return PlanEntry(
                id: id, action: .leftAlone, reason: suspension.text, origin: node.manifest.origin.description)
        }
        func refused(_ code: String, _ reason: String) -> PlanEntry {
            PlanEntry(
                id: id, action: .refused, reason: reason, code: code, origin: node.manifest.origin.description)
        }
        let isNamespaced = !live.clusterScoped.contains(node.manifest.groupVersionKind)
        if let cause = request.allow.refusal(of: node.manifest, isNamespaced: isNamespaced) {
            return refused(cause.reason, cause.message)
        }
        if let first = wishes.claims[id], first != node.target {
            return refused(
                "OwnedByOther",
                "repeats an object of the application \(first); one object belongs to one application: remove it from "
                    + "one of them")
        }
        // As it was sent it is ours.
        if live.isAsSent(id) { return nil }
        if let object = live[id],
            let foreign = SourceMark.foreignSource(of: object, own: request.ownSources)
        {
            return refused(
                ObjectClaim.foreignSource, SourceMark.explanation(of: foreign, ours: request.source))
        }
        if let owner = live[id].flatMap(Ownership.claimedTarget), owner != node.target, request.mayWant(owner, id) {
            return refused(
                "OwnedByOther",
                "belongs to the application \(owner), so \(node.target) does not touch it; remove it from one of the two"
            )
        }
        return nil
    }

    /// The application that had the object until now.
    private func moves(_ node: OrderNode, _ live: LiveObjects) -> TargetID? {
        live[node.manifest.id].flatMap(Ownership.claimedTarget).flatMap { $0 == node.target ? nil : $0 }
    }

    private func addOrder(_ report: inout PlanReport, _ wishes: Wishes, _ request: PlanRequest) {
        let applied: Set<PlanAction> = [.create, .configure, .replace, .deferred]
        let changed = Set(report.entries.filter { applied.contains($0.action) }.map(\.id))
        if changed.isEmpty, let dropped = request.droppedEdges {
            report.droppedEdges = dropped
            return
        }
        do throws(OrderError) {
            let created = Set(report.entries.filter { $0.action == .create }.map(\.id))
            let graph = try OrderGraph(nodes: wishes.nodes, declared: request.declared, bringing: created)
            report.order = PlanOrder(graph, changed: changed)
            report.droppedEdges = graph.droppedEdges.filter { !$0.isUnknown || !wishes.mayHave($0.edge.to) }.map {
                "\($0.edge): \($0.reason)"
            }
        } catch {
            report.problems.append("\(error)")
        }
    }
}

extension Planner {
    /// What a rollout waits for before it applies anything: what pods refer to, and neither git nor the cluster has.
    /// Where nothing changes, nobody is asked.
    private func missingReference(
        of item: PlanRequest.Item, _ plan: TargetPlan, _ wishes: Wishes, _ live: LiveObjects
    ) async -> String? {
        guard plan.entries.contains(where: { $0.action.isChange && $0.action != .prune }) else { return nil }
        let made = wishes.manifests.madeSecrets
        let references = ExternalReference.all(in: item.manifests) { wishes.claims[$0] != nil || made.contains($0) }
        // What this very rollout prunes does not count as there.
        let leaving = Set(plan.entries.filter { $0.action == .prune }.map(\.id))
        for reference in references where leaving.contains(reference.object) || !live.isThere(reference.object) {
            if !leaving.contains(reference.object) {
                do throws(ClusterFailure) {
                    guard try await cluster.get(reference.object, version: "v1") == nil else { continue }
                } catch {
                    // The pods will tell.
                    continue
                }
            }
            let why = leaving.contains(reference.object) ? "left git" : "is neither in git nor in the cluster"
            return
                "nothing of it is applied before the \(reference.object) is there, which \(why) (\(reference.referrer), "
                + "\(reference.place))"
        }
        return nil
    }

    /// What goes, goes once everything else is as it should be.
    private func addPruneOrder(_ report: inout PlanReport, _ live: LiveObjects) {
        let nodes = report.targets.flatMap { target in
            target.entries.filter { $0.action == .prune }.compactMap { entry in
                live[entry.id].map {
                    OrderNode(target: target.target, manifest: Manifest(object: $0, origin: Origin(file: "")))
                }
            }
        }
        guard !nodes.isEmpty else { return }
        do throws(OrderError) {
            report.order.append(try DeletionOrder(nodes: nodes))
        } catch {
            report.problems.append("\(error)")
        }
    }
}

/// What all applications of a request ask for together.
struct Wishes: Sendable {
    private(set) var nodes: [OrderNode] = []
    private(set) var ids: [ObjectID] = []
    /// Who asks for an object; where several do, the first.
    private(set) var claims: [ObjectID: TargetID] = [:]

    init(_ request: PlanRequest) {
        for item in request.items {
            for manifest in item.manifests {
                let id = manifest.id
                nodes.append(OrderNode(target: item.target, manifest: manifest))
                ids.append(id)
                if claims[id] == nil { claims[id] = item.target }
            }
        }
        claims.merge(request.elsewhere) { planned, _ in planned }
    }

    var manifests: [Manifest] { nodes.map(\.manifest) }

    /// Whether an application asks for it, planned or not: an object, or the hook that a run is of.
    func mayHave(_ id: ObjectID) -> Bool {
        claims[id] != nil || claims.keys.contains { Hook.mayBeRun($0, named: id) }
    }
}

extension PlanRequest {
    /// What was there before, of what is planned; nil where the owner labels tell.
    var records: [InventoryRecord]? {
        switch inventory {
        case .labels: nil
        case .none: []
        case .recorded(let inventory):
            inventory.keys.sorted().flatMap { target in
                isPlanned(target) ? inventory[target] ?? [] : []
            }
        }
    }

    func isPlanned(_ target: TargetID) -> Bool {
        items.contains { $0.target == target } || (includesRemoved && !pipelineTargets.contains(target))
    }
}
