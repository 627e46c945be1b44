// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Which of the daemon's clusters the application is in.
extension TargetWorker {
    /// The cluster that it works with, or will at first.
    func place(for environment: Environment) async throws -> String {
        // What is under way stays where it is; between two pieces of work it may move.
        if placed == nil { try await settle(in: environment) }
        return context.clusterName
    }

    /// What is left of it where it works.
    var objects: Set<ObjectID> {
        get async throws { Set(try await context.store.inventoryWithoutBaselines(of: target).map(\.object)) }
    }

    /// Goes to the cluster that the environment names, where nothing is left in the one before: objects are not
    /// forgotten because a line of the pipeline changed.
    ///
    /// - Parameter environment: nil where the application left it, and stays where it is.
    func settle(in environment: Environment?) async throws {
        let wanted = environment?.clusterName
        guard placed == nil || placed != wanted && wanted != nil else { return }
        var known = try await context.store.cluster(of: target)
        if let wanted, context.has(wanted), known != wanted, known != nil || context.sites.count > 1 {
            known = try await context.store.place(target, in: wanted, at: context.now)
        }
        if let wanted, known == nil, context.has(wanted) { known = wanted }
        let name = known ?? wanted ?? ""
        if placed != nil, name != context.clusterName { leaveCluster() }
        placed = known
        context = context.at(name)
        context.cluster = context.cluster.asked(by: "\(target)")
        status.cluster = name
    }

    /// What a removal kept, for its kind or a mark, stays in the cluster that the application leaves, and is let go of:
    /// otherwise it would hold the application there for good. Until then, the old cluster's name brings all of it back.
    ///
    /// - Returns: false where there was nothing to do.
    func letGo(before environment: Environment) async throws -> Bool {
        guard let placed, placed != environment.clusterName, context.has(placed), context.has(environment.clusterName),
            let latest = try await context.store.history(of: target).latest,
            latest.start.trigger == .removal, latest.phase == .succeeded,
            try await context.store.suspensions().first(covering: target) == nil, try await !objects.isEmpty
        else { return false }
        let pruner = Pruner(context: context, target: target, rollout: latest.start.id)
        let result = try await untilNothingHinders { try await pruner.orphanAll(butPrunable: true) }
        for note in result.notes { logger.notice("moving", metadata: ["note": "\(note)"]) }
        return true
    }

    /// Nothing that is known of its objects holds any longer.
    private func leaveCluster() {
        context.board.withdraw(target)
        context.board.left(target)
        context.standings.set(nil, of: target)
        inForce = nil
        untaken = nil
        leftover = nil
        drift = DriftMemory()
        wellness = Wellness()
        status.drift = []
        status.undone = nil
    }
}

extension ReconcilerContext {
    /// Whether an application can be rolled out to the cluster that the environment names.
    func place(of target: TargetID, for environment: Environment) async throws -> ClusterPlace {
        guard has(environment.clusterName) else { return .unknown(others: clusterNames) }
        guard clusterName != environment.clusterName else { return .there }
        return .elsewhere(
            clusterName, objects: try await store.inventoryWithoutBaselines(of: target).count)
    }
}
