// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import Kubernetes
internal import Manifests
internal import Planning
internal import TestSupport

@testable internal import Mainstay
@testable internal import Reconciler

/// Makes plans against a harness's cluster, and remembers what was asked for them.
struct PlanFixture {
    let transport: FaultyTransport
    let client: KubernetesClient
    private let harness: DaemonHarness
    private let hash = ValueHash(key: SymmetricKey(data: Array(repeating: 7, count: 32)))

    init(_ harness: DaemonHarness) {
        self.harness = harness
        let clock = ContinuousClock()
        transport = FaultyTransport(SandboxTransport(cluster: harness.cluster, clock: clock))
        client = KubernetesClient(
            endpoint: ClusterEndpoint(server: SandboxTransport.server), transport: transport, clock: clock,
            now: SystemTime.now)
    }

    /// As the daemon plans.
    func plan(
        application: String? = nil, environment: String? = nil, revision: String? = nil, source: String = ""
    ) async throws -> PlanReport {
        var context = await harness.life.reconciler.context
        context.settings.source = source
        let cluster = KubernetesCluster(client: client)
        context.cluster = cluster
        let (source, hash) = (context.source, hash)
        let planner = DaemonPlanner(context: context, survey: cluster, hash: { hash($0) }) {
            text async throws(SourceFailure) in
            try await (source as? GitSource)?.commit(beginningWith: text)
        }
        return try await planner.plan(application: application, environment: environment, revision: revision)
    }

    /// As CI plans: files of this machine, and no daemon.
    func plan(
        of path: String, revision: String? = nil, application: String? = nil,
        further: [(name: String, client: KubernetesClient)]? = nil
    ) async throws -> PlanReport {
        let rendering = LocalRendering(
            files: try await LocalFiles(path, revision: revision), application: application)
        return try await LocalPlan(rendering: rendering, client: client, further: further, hash: hash).report()
    }

    /// What was sent to find out: methods and short paths of what is no list.
    var dryRuns: [String] {
        transport.seen.filter { $0.method != "GET" }.map { "\($0.method) \($0.shortPath)" }.sorted()
    }

    /// Every way in which a plan is shown, as one text.
    static func everything(of report: PlanReport) -> String {
        [
            PlanText(report: report).text(on: .none), PlanMarkdown(report: report).text,
            PlanDocuments(report).unified, JSON.prettyText(report.value(includesObjects: true)),
        ].joined(separator: "\n")
    }
}

extension PlanReport {
    /// `configure Deployment staging/api`, but for what is unchanged.
    var changes: [String] {
        entries.filter { $0.action != .unchanged }.map { "\($0.action.rawValue) \($0.id)" }.sorted()
    }

    func entry(_ name: String) -> PlanEntry? { entries.first { "\($0.id)" == name } }
}
