// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// A ledger that is new, or was lost, knows of no objects: those that git no longer asks for would stay for ever. So
/// each cluster is searched, once, for what is ours by `Ownership`; from then on that goes by the rules of every prune.
/// Once more where another daemon ruled meanwhile, which has made objects that this one does not know.
extension Reconciler {
    /// At the start, and after each succession.
    func keepSearching(_ context: ReconcilerContext) async {
        while !Task.isCancelled {
            let seen = context.tenancy.successions.version
            await search(context)
            await context.tenancy.successions.wait(after: seen)
        }
    }

    /// Returns when the cluster was searched to the end, now or ever.
    private func search(_ context: ReconcilerContext) async {
        var backoff = Backoff(first: .seconds(1), limit: .seconds(300))
        while !Task.isCancelled {
            do {
                // An object that does not say whose it is cannot be told from another daemon's.
                let marks = try await context.ownMarks()
                guard !marks.isEmpty, try await !context.store.hasSearched(context.clusterName) else { return }
                note(context) { _ in }
                if try await searchOnce(context, marks) { return }
            } catch is CancellationError {
                return
            } catch {
                couldNotSearch(context, error)
            }
            try? await context.surroundings.clock.sleep(for: backoff.next(random: context.surroundings.random()))
        }
    }

    /// False where something could not be read: what was found is taken up all the same.
    private func searchOnce(_ context: ReconcilerContext, _ marks: Set<String>) async throws -> Bool {
        let search = ClusterSearch(
            cluster: context.cluster.asked(by: "search"), allow: context.settings.allow, marks: marks)
        var takenUp: [FoundObject] = []
        let outcome = try await search.run { found in
            takenUp += try await context.store.takeUp(found, in: context.clusterName, at: context.now)
        }
        for one in takenUp {
            logger.notice(
                "taken up from the cluster",
                metadata: [
                    "application": "\(one.target.application)", "environment": "\(one.target.environment)",
                    "object": "\(one.record.object)",
                ])
        }
        if !outcome.forbidden.isEmpty {
            logger.info(
                "not searched for objects of ours, since these credentials may not list them",
                metadata: ["kinds": "\(outcome.forbidden.map(\.description).joined(separator: ", "))"])
        }
        let count = takenUp.count
        let finishedAt = outcome.failure == nil ? context.now : nil
        if let finishedAt { try await context.store.recordSearch(of: context.clusterName, at: finishedAt) }
        note(context) { part in
            part.takenUp += count
            part.finishedAt = finishedAt
            if finishedAt != nil { part.error = nil }
        }
        if let failure = outcome.failure { couldNotSearch(context, failure) }
        if !takenUp.isEmpty { try await removeLeftovers() }
        return finishedAt != nil
    }

    private func couldNotSearch(_ context: ReconcilerContext, _ error: any Error) {
        let message = "\(error)"
        let isNews = context.status.daemon.search?[context.clusterName].error != message
        note(context) { $0.error = message }
        logger.log(
            level: isNews ? .warning : .debug, "cannot search the cluster for objects of ours; it is tried again",
            metadata: ["where": "\(ClusterPlace.words(context.clusterName))", "error": "\(message)"])
    }

    private func note(_ context: ReconcilerContext, _ change: (inout DaemonStatus.SearchStatus.Part) -> Void) {
        context.status.updateDaemon {
            var search = $0.search ?? DaemonStatus.SearchStatus()
            change(&search[context.clusterName])
            $0.search = search
        }
    }
}

/// Finds objects of ours without knowing of any: by the owner label, kind by kind.
struct ClusterSearch: Sendable {
    struct Outcome: Sendable {
        /// Kinds that these credentials may not list, and so cannot have applied either.
        var forbidden: [GroupKind] = []
        /// Why some could not be read.
        var failure: ClusterFailure?
    }

    let cluster: any Cluster
    let allow: AllowRules
    let marks: Set<String>

    /// One list at a time, of which what is needed is kept.
    ///
    /// - Parameter take: is told what was found in each.
    func run(_ take: ([FoundObject]) async throws -> Void) async throws -> Outcome {
        var outcome = Outcome()
        let kinds: [ServedKind]
        do throws(ClusterFailure) {
            kinds = try await cluster.kinds()
        } catch {
            outcome.failure = error
            return outcome
        }
        for kind in kinds where allow.mayAllow(kind) {
            for namespace in namespaces(of: kind) {
                let found = await found(kind, namespace, &outcome)
                if !found.isEmpty { try await take(found) }
                try Task.checkCancellation()
            }
        }
        return outcome
    }

    private func found(_ kind: ServedKind, _ namespace: String?, _ outcome: inout Outcome) async -> [FoundObject] {
        do throws(ClusterFailure) {
            return try await cluster.objects(of: kind, namespace: namespace, isOwned: true).compactMap {
                found($0, kind)
            }
        } catch {
            switch error.code {
            case .forbidden:
                if outcome.forbidden.last != kind.kind.groupKind { outcome.forbidden.append(kind.kind.groupKind) }
            case .kindNotServed, .notFound, .namespaceMissing: break
            default: outcome.failure = outcome.failure ?? error
            }
            return []
        }
    }

    private func namespaces(of kind: ServedKind) -> [String?] {
        kind.isNamespaced && !allow.namespaces.isEmpty ? allow.namespaces : [nil]
    }

    private func found(_ object: Object, _ kind: ServedKind) -> FoundObject? {
        guard let target = Ownership.claimedTarget(of: object), Ownership.owns(target, object),
            SourceMark.isOwn(object, own: marks),
            allow.refusal(of: Manifest(object: object, origin: Origin(file: "")), isNamespaced: kind.isNamespaced)
                == nil
        else { return nil }
        return FoundObject(
            target: target,
            record: InventoryRecord(object: object.objectID, version: kind.kind.version, uid: object.uid))
    }
}
