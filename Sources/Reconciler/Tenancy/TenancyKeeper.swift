// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Keeps the record of one namespace (`TenancyRecord`), which tells daemons of the same repository and branch of each
/// other: takes it where nobody has it, answers who asks, and asks whoever has it.
struct TenancyKeeper: Sendable {
    /// As it is, whoever may write to it.
    let cluster: any Cluster
    let view: ClusterView
    let board: TenancyBoard
    let surroundings: Surroundings
    let source: String
    let tenant: Tenant
    let namespace: String

    /// How long another daemon has to answer before it counts as dead.
    static let patience = Duration.seconds(60)
    /// Between two questions to one that lives.
    static let pause = Duration.seconds(120)
    /// Between two looks while no watch tells: whoever asks is answered in time.
    static let unwatched = Duration.seconds(20)
    /// Between two looks at what cannot be kept.
    static let lookAgain = Duration.seconds(600)

    private var id: ObjectID { TenancyRecord.id(of: source, in: namespace) }

    /// Until its task is cancelled.
    func run() async {
        var backoff = Backoff(first: .seconds(1), limit: .seconds(30))
        while !Task.isCancelled {
            do throws(ClusterFailure) {
                try await turn()
                backoff.reset()
            } catch {
                var delay = backoff.next(random: surroundings.random(), atLeast: error.retryAfter)
                switch error.code {
                case .cancelled: return
                case .forbidden:
                    giveUp(error)
                    delay = Self.lookAgain
                // What is not there yet has nothing in it that another could write.
                case .namespaceMissing, .namespaceTerminating: board.set(.unguarded, in: namespace)
                default: surroundings.logger.debug("cannot keep the record of who writes", metadata: metadata(error))
                }
                try? await surroundings.clock.sleep(for: delay)
            }
        }
    }

    private func giveUp(_ failure: ClusterFailure) {
        guard board.set(.unguarded, in: namespace) else { return }
        surroundings.logger.warning(
            """
            these credentials may not keep a ConfigMap that tells other daemons of this one: a second one that follows \
            the same branch is not seen; allow get, list, watch, create and patch of configmaps
            """,
            metadata: metadata(failure))
    }

    private func metadata(_ failure: ClusterFailure) -> Logger.Metadata {
        ["namespace": "\(namespace)", "error": "\(failure.message)"]
    }

    /// Returns when the record is to be read again.
    private func turn() async throws(ClusterFailure) {
        guard let live = try await cluster.get(id, version: "v1") else {
            return try await cluster.create(record.object(in: namespace))
        }
        guard var found = TenancyRecord(live) else { return try await write(record, over: live) }
        if found.holder == tenant {
            guard let asker = found.askerText else {
                board.set(.held, in: namespace)
                await view.observe(TenancyRecord.kind, namespace: namespace)
                _ = await isChanged(live, atMost: nil)
                return
            }
            surroundings.logger.warning(
                "another daemon that follows the same branch asked for a namespace that this one has: end one of the two",
                metadata: ["namespace": "\(namespace)", "other": "\(asker)"])
            found.asker = nil
            return try await write(found, over: live)
        }
        // The same daemon, started again. One that had it in this very start sees a copy of its ledger at work.
        if found.holder.installation == tenant.installation, board.standing(in: namespace) != .held, !isLost {
            return try await write(record, over: live)
        }
        try await ask(found, live)
    }

    private var isLost: Bool {
        if case .lost = board.standing(in: namespace) { true } else { false }
    }

    private var record: TenancyRecord { TenancyRecord(source: source, holder: tenant, since: surroundings.now()) }

    private func write(_ record: TenancyRecord, over live: Object) async throws(ClusterFailure) {
        _ = try await cluster.patch(id, version: "v1", record.patch(over: live))
    }

    // MARK: Another daemon

    /// Asks whoever has it, and takes it over where nobody answers.
    private func ask(_ found: TenancyRecord, _ live: Object) async throws(ClusterFailure) {
        await view.observe(TenancyRecord.kind, namespace: namespace)
        if board.set(.lost(cause(found)), in: namespace) {
            surroundings.logger.error("another daemon follows the same branch", metadata: ["cause": "\(cause(found))"])
        }
        var asked = live
        if found.asker == nil {
            var question = found
            question.asker = tenant.name
            asked = try await cluster.patch(id, version: "v1", question.patch(over: live))
        }
        if await isChanged(asked, atMost: Self.patience) {
            guard let answer = try await cluster.get(id, version: "v1").flatMap({ TenancyRecord($0) }),
                answer.holder == found.holder, answer.asker == nil
            else { return }
            // It lives. It may end any time.
            try? await surroundings.clock.sleep(for: Self.pause)
            return
        }
        guard !Task.isCancelled else { return }
        try await write(record, over: asked)
        surroundings.logger.notice(
            "took over from a daemon that does not answer",
            metadata: ["namespace": "\(namespace)", "other": "\(found.holder)"])
    }

    private func cause(_ found: TenancyRecord) -> Cause {
        let isCopy = found.holder.installation == tenant.installation
        let copy = isCopy ? ", which was started from a copy of this one's ledger" : ""
        return Cause(
            object: id, reason: ClusterFailure.Code.otherDaemon.rawValue,
            message: "two daemons follow \(source) into \(namespace): \(found.holder)\(copy), since "
                + "\(found.sinceText), and this one, \(tenant). This one changes nothing there. End one of the "
                + "two; when the other is gone, this one takes over by itself, \(Self.patience.components.seconds) seconds "
                + "after it asked in vain")
    }

    // MARK: Waiting

    /// Whether the record is another than the one given, as soon as a watch tells; false where the time is over first.
    private func isChanged(_ live: Object, atMost limit: Duration?) async -> Bool {
        let clock = surroundings.clock
        let begun = surroundings.elapsed()
        let known = UInt64(live.resourceVersion) ?? 0
        var wasSeen = false
        while !Task.isCancelled {
            let signal = await view.signal(for: namespace)
            let mark = signal.version
            let isWatched = await view.isRead(TenancyRecord.kind.groupKind, namespace: namespace)
            if isWatched {
                let version = await view.object(id).map { UInt64($0.resourceVersion) ?? 0 }
                if let version, version > known { return true }
                // A watch may trail what was written.
                if version == nil, wasSeen { return true }
                wasSeen = wasSeen || version == known
            }
            guard let limit else {
                if isWatched {
                    await signal.wait(after: mark)
                } else if surroundings.elapsed() - begun >= Self.unwatched {
                    return true
                } else {
                    await signal.wait(after: mark, atMost: Self.unwatched, on: clock)
                }
                continue
            }
            let left = limit - (surroundings.elapsed() - begun)
            guard left > .zero else { return false }
            await signal.wait(after: mark, atMost: left, on: clock)
        }
        return false
    }
}

extension Reconciler {
    /// One keeper for each namespace that the pipeline has in a cluster.
    func keepTenancies(_ context: ReconcilerContext) async {
        guard context.settings.isTenant else { return }
        var backoff = Backoff()
        var installation: String?
        while installation == nil, !Task.isCancelled {
            do {
                installation = try await context.store.installation(
                    orNew: context.surroundings.makeID(), at: context.now)
            } catch {
                logger.warning("cannot read whose ledger it is", metadata: ["error": "\(error)"])
                try? await context.surroundings.clock.sleep(for: backoff.next(random: context.surroundings.random()))
            }
        }
        guard let installation else { return }
        let tenant = Tenant(
            installation: installation, process: context.surroundings.makeID(), name: context.settings.tenant)
        await withDiscardingTaskGroup { group in
            for await namespace in context.tenancy.namespaces {
                let keeper = TenancyKeeper(
                    cluster: context.unguarded.asked(by: "tenancy"), view: context.view, board: context.tenancy,
                    surroundings: context.surroundings, source: context.settings.source, tenant: tenant,
                    namespace: namespace)
                group.addTask { await keeper.run() }
            }
            group.cancelAll()
        }
    }

    /// Before anything is handed out to be written.
    func requireTenancies(of pipeline: Pipeline) {
        guard context.settings.isTenant else { return }
        let allowed = context.settings.allow.namespaces
        for site in context.sites {
            let environments = pipeline.environments.filter { $0.clusterName == site.name }
            let namespaces = Set(environments.map(\.namespace)).sorted()
            site.tenancy.require(namespaces.filter { !$0.isEmpty && (allowed.isEmpty || allowed.contains($0)) })
        }
    }
}
