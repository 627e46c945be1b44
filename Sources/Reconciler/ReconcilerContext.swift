// SPDX-License-Identifier: Apache-2.0

import Manifests
package import Planning

/// What every part of the reconciler works with.
package struct ReconcilerContext: Sendable {
    package var source: any Source
    package var cluster: any Cluster
    /// The same, for the records that say who may write to it.
    var unguarded: any Cluster
    package var tenancy: TenancyBoard
    package var store: any RolloutStore
    package var view: ClusterView
    package var board: DependencyBoard
    package var drift: DriftBoard
    package var standings: StandingBoard
    package var clockWatch: ClockWatch
    package var status: StatusBoard
    package var settings: ReconcilerSettings
    package var surroundings: Surroundings
    /// Whom a person may ask for a test message; nil where nobody is notified.
    package var notifier: Notifier?
    package var registry: any ImageRegistry
    package var checks: any CheckProbe
    package var preflight: PreflightBoard
    /// The cluster that this is about (`cluster`, `view`, `board`, `drift`, `preflight`): as environments name it, empty
    /// for the default one.
    var clusterName = ""
    /// All of them, the default one first.
    let sites: [ClusterSite]
    let fieldHash: FieldHash

    /// - Parameters:
    ///   - fieldHash: keyed for the data directory, so that what is kept of values outlives a restart.
    ///   - cluster: the default one.
    ///   - further: others, by the names that environments give them.
    ///   - checks: what asks others than the cluster.
    package init(
        source: any Source, cluster: any Cluster, further: [(name: String, cluster: any Cluster)] = [],
        store: any RolloutStore, status: StatusBoard, settings: ReconcilerSettings,
        surroundings: Surroundings, fieldHash: FieldHash, registry: any ImageRegistry = NoRegistries(),
        checks: any CheckProbe = NoProbe()
    ) {
        self.source = source
        self.store = store
        self.status = status
        self.settings = settings
        self.surroundings = surroundings
        self.registry = registry
        self.checks = checks
        self.fieldHash = fieldHash
        let main = ClusterSite(name: "", cluster: cluster, surroundings: surroundings, fieldHash: fieldHash)
        sites =
            [main]
            + further.map {
                ClusterSite(name: $0.name, cluster: $0.cluster, surroundings: surroundings, fieldHash: fieldHash)
            }
        unguarded = main.unguarded
        tenancy = main.tenancy
        self.cluster = main.cluster
        drift = main.drift
        view = main.view
        board = main.board
        preflight = main.preflight
        standings = StandingBoard()
        clockWatch = ClockWatch(now: surroundings.now, elapsed: surroundings.elapsed)
        status.updateDaemon { $0.clusters = further.map { DaemonStatus.NamedCluster(name: $0.name) } }
    }

    var now: Timestamp { surroundings.now() }

    /// How long ago a moment that was written down is, without what the clock was set forward since.
    func passed(since moment: Timestamp) -> Duration {
        let begun = clockWatch.moment(moment)
        return now - begun - clockWatch.jumped(since: begun)
    }

    /// When something that began at a moment that was written down is over, by the clock as it is set now.
    func end(of length: Duration, since moment: Timestamp) -> Timestamp {
        let begun = clockWatch.moment(moment)
        return begun + length + clockWatch.jumped(since: begun)
    }

    /// What this daemon's objects say of whose they are: as it marks them now, and as it did before its repository had
    /// another address. Empty where it marks none.
    func ownMarks() async throws -> Set<String> {
        settings.source.isEmpty ? [] : try await store.sources().union([settings.source])
    }
}

package struct ReconcilerSettings: Sendable {
    /// The branch whose head holds the pipeline.
    package var branch: String
    package var pollInterval: Duration
    package var allow: AllowRules
    /// Applies under way at once, over all rollouts of one application.
    package var applyConcurrency: Int
    /// What objects say of whose they are (`SourceMark`); empty where they say nothing.
    package var source: String
    /// Who may approve what.
    package var people: People
    /// Where this daemon runs, as others that follow the same branch are told; empty where it tells none.
    package var tenant: String

    var isTenant: Bool { !tenant.isEmpty && !source.isEmpty }

    package init(
        branch: String, pollInterval: Duration, allow: AllowRules, applyConcurrency: Int = 16, source: String = "",
        people: People = People(), tenant: String = ""
    ) {
        self.branch = branch
        self.pollInterval = pollInterval
        self.allow = allow
        self.applyConcurrency = applyConcurrency
        self.source = source
        self.people = people
        self.tenant = tenant
    }
}
