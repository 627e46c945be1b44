// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What is planned in one cluster.
struct PlanPart: Sendable {
    var items: [PlanRequest.Item] = []
    /// What applications that are not planned ask for.
    var elsewhere: [ObjectID: TargetID] = [:]
    /// Applications that are not planned, and cannot be read.
    var unread: [TargetID] = []
    var inventory: [TargetID: [InventoryRecord]] = [:]
}

/// Gathers what a plan is made from: what git asks for, and what the ledger, people and the watches say of it.
struct PlanMaterial: Sendable {
    let context: ReconcilerContext
    let suspensions: [Suspension]
    /// What git asks for, as last heard.
    let current: @Sendable (TargetID) async -> Desired?

    /// By the clusters' names, and what is planned in the order of the pipeline.
    func parts(of scope: PlanScope) async throws -> (parts: [String: PlanPart], order: [TargetID]) {
        let pipeline = scope.pipeline
        var parts: [String: PlanPart] = [:]
        var order: [TargetID] = []
        for place in pipeline.environments {
            let isKnown = context.has(place.clusterName)
            let cluster = isKnown ? place.clusterName : ""
            for application in pipeline.applications where application.environments.contains(place.name) {
                var (item, desired) = try await item(application, place, scope)
                if !isKnown { item.place(in: .unknown(others: context.clusterNames), place) }
                guard !scope.planned.contains(item.target) else {
                    if isKnown, let desired { try await remember(desired, &item) }
                    parts[cluster, default: PlanPart()].items.append(item)
                    order.append(item.target)
                    continue
                }
                for manifest in item.manifests {
                    parts[cluster, default: PlanPart()].elsewhere[manifest.id] = item.target
                }
                if item.problem != nil { parts[cluster, default: PlanPart()].unread.append(item.target) }
            }
        }
        for (target, records) in try await inventory(scope) {
            let cluster = try await context.store.cluster(of: target) ?? ""
            // What is still in another cluster than its environment names is left alone there.
            if scope.planned.contains(target), pipeline.environment(target.environment)?.clusterName != cluster {
                continue
            }
            parts[cluster, default: PlanPart()].inventory[target] = records
        }
        return (parts, order)
    }

    /// What cannot be rendered is a problem of its own, and hides nothing else.
    private func item(
        _ application: Application, _ environment: Environment, _ scope: PlanScope
    ) async throws -> (item: PlanRequest.Item, desired: Desired?) {
        let target = TargetID(application: application.name, environment: environment.name)
        var item = PlanRequest.Item(
            target: target, revision: scope.head, manifests: [], prunes: application.prune == .automatic,
            conflicts: application.conflicts, drift: application.drift)
        var found: Desired?
        do throws(SourceFailure) {
            if !scope.isPinned, let branch = environment.branch, branch != context.settings.branch {
                guard let head = try await context.source.localHeads([branch])[branch] else {
                    throw SourceFailure(
                        code: .missing, message: "the branch \(branch) is not in the repository", isTransient: true)
                }
                item.revision = head
            }
            let current = await current(target).flatMap { $0.environment.cluster == environment.cluster ? $0 : nil }
            let answer = try await context.source.desired(
                application, in: environment, at: item.revision ?? scope.head, unlessInputsAre: current?.inputs)
            found = if case .rendered(let desired) = answer { desired } else { current }
        } catch {
            item.problem = Cause(reason: error.code.rawValue, message: error.message)
        }
        item.manifests = found?.manifests ?? []
        item.notes = found?.warnings ?? []
        return (item, found)
    }

    /// What the ledger, people and the watches say of it.
    private func remember(_ desired: Desired, _ item: inout PlanRequest.Item) async throws {
        item.held = try await HeldBack.cause(of: desired, suspensions, context)
        let ids = item.manifests.map(\.id)
        let runs = zip(ids, item.manifests).filter { Hook.runsOnce($0.0.groupKind) }.map(\.1)
        if !runs.isEmpty { item.completed = try await context.store.completedJobs(of: desired.target, among: runs) }
        item.drifted = context.at(desired.environment.clusterName).drift.differences(of: ids)
    }

    private func inventory(_ scope: PlanScope) async throws -> [TargetID: [InventoryRecord]] {
        let inPipeline = Set(scope.pipeline.targets)
        var inventory: [TargetID: [InventoryRecord]] = [:]
        for target in try await context.store.targetsWithInventory()
        where scope.planned.contains(target) || (scope.isWhole && !inPipeline.contains(target)) {
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
