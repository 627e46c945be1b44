// SPDX-License-Identifier: Apache-2.0

import Logging
import Planning

extension TenancyBoard {
    /// Has a keeper at work for each namespace, as long as that is required.
    func keep(_ keeper: @escaping @Sendable (String) -> TenancyKeeper) async {
        await withDiscardingTaskGroup { group in
            for await term in terms {
                group.addTask {
                    await withTaskGroup(of: Void.self) { group in
                        group.addTask { await keeper(term.namespace).run() }
                        group.addTask { await self.untilLeft(term) }
                        await group.next()
                        group.cancelAll()
                    }
                }
            }
            group.cancelAll()
        }
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
        await context.tenancy.keep { namespace in
            TenancyKeeper(
                cluster: context.unguarded.asked(by: "tenancy"), view: context.view, board: context.tenancy,
                surroundings: context.surroundings, source: context.settings.source, tenant: tenant,
                namespace: namespace
            ) { other in
                try await self.succeed(
                    Succession(
                        cluster: context.clusterName, namespace: namespace, from: other, at: context.now), context)
            }
        }
    }

    /// What was decided from this ledger is decided anew: another daemon has ruled in between.
    private func succeed(_ succession: Succession, _ context: ReconcilerContext) async throws {
        try await context.store.recordSuccession(succession)
        for (_, worker) in workers.sorted(by: { $0.key < $1.key }) { await worker.heed(succession) }
        context.tenancy.successions.notify()
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
