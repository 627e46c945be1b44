// SPDX-License-Identifier: Apache-2.0

package import Planning

/// One of the daemon's clusters, and all that is known of objects in it: the same name in another cluster is another
/// object.
package struct ClusterSite: Sendable {
    /// As environments name it; empty for the default one.
    package let name: String
    package let cluster: any Cluster
    /// The same, for the records that say who may write to it.
    let unguarded: any Cluster
    let tenancy = TenancyBoard()
    let view: ClusterView
    let drift: DriftBoard
    let board = DependencyBoard()
    let preflight = PreflightBoard()

    package init(name: String, cluster: any Cluster, surroundings: Surroundings, fieldHash: FieldHash) {
        self.name = name
        unguarded = cluster
        self.cluster = TenantCluster(base: cluster, tenancy: tenancy)
        drift = DriftBoard(hash: fieldHash)
        view = ClusterView(cluster: cluster, surroundings: surroundings, drift: drift)
    }
}

extension ReconcilerContext {
    /// The same daemon, working with another of its clusters. One that it does not have answers nothing.
    func at(_ name: String) -> ReconcilerContext {
        let site =
            sites.first { $0.name == name }
            ?? ClusterSite(
                name: name, cluster: AbsentCluster(name: name), surroundings: surroundings, fieldHash: fieldHash)
        var context = self
        context.clusterName = name
        context.cluster = site.cluster
        context.unguarded = site.unguarded
        context.tenancy = site.tenancy
        context.view = site.view
        context.drift = site.drift
        context.board = site.board
        context.preflight = site.preflight
        return context
    }

    func has(_ cluster: String) -> Bool { sites.contains { $0.name == cluster } }

    /// What an environment can name.
    var clusterNames: [String] { sites.map(\.name).filter { !$0.isEmpty } }

    /// Why the cluster does not answer.
    var clusterError: String? { status.daemon.status(of: clusterName).error }
}
