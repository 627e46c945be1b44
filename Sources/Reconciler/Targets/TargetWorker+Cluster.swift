// SPDX-License-Identifier: Apache-2.0

import Planning

/// Which of the daemon's clusters the application is in.
extension TargetWorker {
    /// The cluster that it works with, or will at first.
    func place(for environment: Environment) async throws -> String {
        // What is under way stays where it is; between two pieces of work it may move.
        if placed == nil { try await settle(in: environment) }
        return context.clusterName
    }

    /// Whether anything of it is left where it works.
    var hasObjects: Bool {
        get async throws { try await !context.store.inventoryWithoutBaselines(of: target).isEmpty }
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

    /// Nothing that is known of its objects holds any longer.
    private func leaveCluster() {
        context.board.withdraw(target)
        context.standings.set(nil, of: target)
        inForce = nil
        untaken = nil
        leftover = nil
        fights = DriftFights()
        fightsOver = nil
        reportedDrift = []
        unwellSince = nil
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
