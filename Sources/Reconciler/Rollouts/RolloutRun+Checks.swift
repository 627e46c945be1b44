// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What is known beforehand is checked before anything is applied. Whatever is wrong here is not the
/// revision's doing, or not its alone: the rollout waits, says for what, and goes on by itself.
extension RolloutRun {
    enum Hindrance {
        case waits(Cause)
        case fails(Cause)
    }

    /// Answers what fails the rollout before anything is applied.
    func checkBeforehand() async throws -> Cause? {
        var backoff = Backoff(first: .seconds(1), limit: .seconds(10))
        while true {
            let marks = await marks()
            let cause: Cause
            missingNamespaces = []
            let hindrance = try await hindrance()
            if !missingNamespaces.isEmpty, try await isGateClosed() == nil {
                if let failure = try await applyNamespaces() { return failure }
                continue
            }
            switch hindrance {
            case nil: return nil
            case .fails(let failure): return failure
            case .waits(let wait): cause = wait
            }
            // Reading what the cluster holds takes a moment, and is nobody's fault.
            let isReading = cause.reason == "Reading" && lifecycle.phase == .queued
            try await enter(isReading ? .queued : .dependenciesMissing, cause: cause)
            if !isReading { try await undoDrift() }
            let looked = time.now
            try await wait(marks, until: looked + backoff.next(random: context.surroundings.random()))
            // A namespace in which much happens is no reason to ask the server all the time.
            if !isReading, time.now - looked < Self.pause {
                try await context.surroundings.clock.sleep(for: Self.pause - (time.now - looked))
            }
        }
    }

    private static var pause: Duration { .seconds(1) }

    /// By the watch, where there is one: then what is waited for is seen as it comes.
    func isThere(_ id: ObjectID) async throws(ClusterFailure) -> Bool {
        if await context.view.isRead(id.groupKind, namespace: id.namespace) {
            return await context.view.object(id) != nil
        }
        return try await context.cluster.get(id, version: "v1") != nil
    }

    private func hindrance() async throws -> Hindrance? {
        if let cause = try await obstacle() {
            // No registry is asked before the rest is there.
            if cause.reason != "Reading" { hinderedUntil = time.now }
            return .waits(cause)
        }
        if let image = try await missingImage() { return image }
        return try await isGateClosed().map(Hindrance.waits)
    }

    private func obstacle() async throws -> Cause? {
        if let cause = context.tenancy.refusal(in: desired.environment.namespace) { return cause }
        let refusals = desired.manifests.compactMap { context.settings.allow.refusal(of: $0) }
        if let refusal = AllowRules.joined(refusals) { return refusal }
        if let cause = await unread() { return cause }
        for id in ids where !context.drift.isUntouched(id, of: start.target) {
            if let cause = try await foreignClaim(on: id) { return cause }
        }
        for manifest in firstOfEachKind() {
            do throws(ClusterFailure) {
                if let refusal = try await refusal(of: manifest) { return refusal }
            } catch {
                return Cause(object: manifest.id, reason: error.code.rawValue, message: error.message)
            }
        }
        if let cause = try await missingReference() { return cause }
        if let cause = await checkHindrance() { return cause }
        return try await preflightHindrance()
    }

    /// What is not known of the cluster. One object of each kind in each namespace stands for all.
    private func unread() async -> Cause? {
        var seen: Set<WatchScope> = []
        for id in ids {
            let kind = GroupVersionKind(group: id.group, version: "", kind: id.kind)
            guard seen.insert(WatchScope(kind: kind, namespace: id.namespace)).inserted else { continue }
            if let failure = await context.view.failure(of: id) {
                return Cause(object: id, reason: failure.code.rawValue, message: failure.message)
            }
            guard await context.view.isSynced(id) else {
                return Cause(object: id, reason: "Reading", message: "reads what the cluster holds")
            }
        }
        return nil
    }

    /// What is allowed follows from the kind, and whether a namespace is stated.
    func firstOfEachKind() -> [Manifest] {
        var seen: Set<WatchScope> = []
        return desired.manifests.filter { manifest in
            seen.insert(WatchScope(kind: manifest.groupVersionKind, namespace: manifest.id.namespace)).inserted
        }
    }

    /// Why an object may not be applied, by what the server says of its kind: a namespace in a manifest, or one that
    /// rendering put there, makes no cluster-scoped kind a namespaced one.
    nonisolated func refusal(of manifest: Manifest) async throws(ClusterFailure) -> Cause? {
        let served = try await context.cluster.kind(manifest.groupVersionKind)
        return context.settings.allow.refusal(of: manifest, isNamespaced: served?.isNamespaced ?? true)
    }

    /// Somebody else's object is never taken over silently.
    func foreignClaim(on id: ObjectID) async throws -> Cause? {
        guard let live = await context.view.object(id) else { return nil }
        return try await claim.refusal(of: live, manifests[id]?.origin)
    }

    private func missingReference() async throws -> Cause? {
        // What a controller makes of what is in git is waited for in the order.
        let made = desired.manifests.madeSecrets
        let references = ExternalReference.all(in: desired.manifests) { object in
            manifests[object] != nil || made.contains(object) || context.board.claimant(of: object) != nil
                || context.board.graph?.maker(of: object) != nil
        }
        guard !references.isEmpty else { return nil }
        // What this very rollout is about to prune does not count as there.
        let prunes = desired.application.prune == .automatic
        let recorded = prunes ? try await context.store.inventoryWithoutBaselines(of: start.target) : []
        let leaving = Set(recorded.map(\.object))
        for reference in references {
            if leaving.contains(reference.object) {
                return Cause(
                    object: reference.referrer, reason: "\(reference.object.kind)Removed",
                    message: "the \(reference.object) left git, but is still referred to (\(reference.place)): put it "
                        + "back, or remove the reference; nothing was applied or pruned")
            }
            do throws(ClusterFailure) {
                if try await !isThere(reference.object) { return await absence(of: reference) }
            } catch {
                // Not allowed to look: the pods will tell.
                guard error.code != .forbidden else { continue }
                return Cause(object: reference.referrer, reason: error.code.rawValue, message: error.message)
            }
        }
        return nil
    }

    /// Says what to do about what is not there. Where nobody could make it for want of its namespace, and this rollout has
    /// namespaces to make, they are noted.
    private func absence(of reference: ExternalReference) async -> Cause {
        let object = reference.object
        var advice = "create it"
        let namespace = ObjectID(group: "", kind: "Namespace", name: object.namespace)
        if !object.namespace.isEmpty, (try? await isThere(namespace)) == false {
            missingNamespaces = await namespacesToMake()
            if let owner = context.board.claimant(of: namespace), owner != start.target {
                advice = "its namespace is not there either, and comes with \(owner); create it then"
            } else {
                advice =
                    "its namespace is not there either: kubectl create namespace \(object.namespace), and create it there"
            }
        }
        return Cause(
            object: reference.referrer, reason: "\(object.kind)Missing",
            message: "waits for the \(object), which is not in git and not in the cluster (\(reference.place)); "
                + "\(advice), and the rollout goes on by itself")
    }
}
