// SPDX-License-Identifier: Apache-2.0

import Logging
package import Manifests
package import Planning

/// What the cluster holds of the kinds somebody asked about, kept current by one list and one watch per kind and
/// namespace. At rest it costs no request.
///
/// Scopes are added by `observe` and stay. `run` keeps them current until its task is cancelled.
package actor ClusterView {
    /// A kind in a namespace; the namespace is empty for cluster-scoped kinds.
    package struct Scope: Sendable, Hashable {
        package var kind: GroupVersionKind
        package var namespace: String

        package init(kind: GroupVersionKind, namespace: String) {
            self.kind = kind
            self.namespace = namespace
        }
    }

    private struct Entry {
        var cache = ObjectCache()
        /// Why the scope is not current: the last try failed and none succeeded since.
        var failure: ClusterFailure?
        var isServed = true
    }

    private let cluster: any Cluster
    private let surroundings: Surroundings
    private var entries: [Scope: Entry] = [:]
    /// The version a group and kind is watched in: the first one asked for.
    private var watchedVersions: [GroupKind: GroupVersionKind] = [:]
    private var signals: [String: Signal] = [:]
    private let kinds = Signal()
    private let requests: AsyncStream<Scope>
    private let request: AsyncStream<Scope>.Continuation

    package init(cluster: any Cluster, surroundings: Surroundings) {
        self.cluster = cluster
        self.surroundings = surroundings
        (requests, request) = AsyncStream.makeStream(of: Scope.self)
    }

    /// Keeps every scope current. Returns when its task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await scope in requests {
                group.addTask { await self.keepCurrent(scope) }
            }
            group.cancelAll()
        }
    }

    package static let customResourceDefinition = GroupKind(
        group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")

    /// A kind was declared: scopes whose kind was not served look again at once.
    package func kindsChanged() { kinds.notify() }

    /// Begins to watch the kind in the namespace, where it is not watched yet.
    package func observe(_ kind: GroupVersionKind, namespace: String) {
        let scope = scope(kind, namespace)
        guard entries[scope] == nil else { return }
        entries[scope] = Entry()
        request.yield(scope)
    }

    /// Notified whenever something changes in the namespace (empty: cluster-scoped objects).
    package func signal(for namespace: String) -> Signal {
        if let signal = signals[namespace] { return signal }
        let signal = Signal()
        signals[namespace] = signal
        return signal
    }

    /// The live object, or nil where there is none, or nothing is known yet (see `isSynced`).
    package func object(_ id: ObjectID) -> Object? {
        guard let kind = watchedVersions[id.groupKind] else { return nil }
        return entries[Scope(kind: kind, namespace: id.namespace)]?.cache.object(namespace: id.namespace, name: id.name)
    }

    /// True once the scope was read, or the server is known not to serve the kind.
    package func isSynced(_ kind: GroupKind, namespace: String) -> Bool {
        guard let kind = watchedVersions[kind], let entry = entries[Scope(kind: kind, namespace: namespace)] else {
            return false
        }
        return entry.cache.isSynced || !entry.isServed
    }

    /// Why the scope is not current, where it is not.
    package func failure(_ kind: GroupKind, namespace: String) -> ClusterFailure? {
        guard let kind = watchedVersions[kind] else { return nil }
        return entries[Scope(kind: kind, namespace: namespace)]?.failure
    }

    /// The first failure of any scope, for the status page.
    package var anyFailure: ClusterFailure? {
        entries.sorted { ($0.key.namespace, $0.key.kind) < ($1.key.namespace, $1.key.kind) }
            .lazy.compactMap(\.value.failure).first
    }

    private func scope(_ kind: GroupVersionKind, _ namespace: String) -> Scope {
        let watched = watchedVersions[kind.groupKind] ?? kind
        watchedVersions[kind.groupKind] = watched
        return Scope(kind: watched, namespace: namespace)
    }

    private func controlled(by uid: String, _ kind: GroupKind, namespace: String) -> [Object] {
        guard let kind = watchedVersions[kind] else { return [] }
        return entries[Scope(kind: kind, namespace: namespace)]?.cache.controlled(by: uid) ?? []
    }

    // MARK: Workloads

    private static let podKind = GroupVersionKind(group: "", version: "v1", kind: "Pod")
    private static let replicaSetKind = GroupVersionKind(group: "apps", version: "v1", kind: "ReplicaSet")

    /// Begins to watch what judging the manifest's object needs: the object, and a workload's ReplicaSets and pods.
    package func observe(_ manifest: Manifest) {
        let id = manifest.id
        observe(manifest.groupVersionKind, namespace: id.namespace)
        guard id.isWorkload else { return }
        observe(Self.podKind, namespace: id.namespace)
        if id.kind == "Deployment" { observe(Self.replicaSetKind, namespace: id.namespace) }
    }

    /// True once all that judging the object needs was read.
    package func isSynced(_ id: ObjectID) -> Bool {
        neededKinds(of: id).allSatisfy { isSynced($0, namespace: id.namespace) }
    }

    /// Why what judging the object needs is not current, where it is not.
    package func failure(of id: ObjectID) -> ClusterFailure? {
        neededKinds(of: id).lazy.compactMap { self.failure($0, namespace: id.namespace) }.first
    }

    /// The object with what its judgement needs.
    package func observation(of id: ObjectID) -> ObjectObservation {
        guard let object = object(id) else { return ObjectObservation(object: nil) }
        guard id.isWorkload else { return ObjectObservation(object: object) }
        let replicaSets = controlled(by: object.uid, Self.replicaSetKind.groupKind, namespace: id.namespace)
        let owners = [object.uid] + replicaSets.map(\.uid)
        let pods = owners.flatMap { controlled(by: $0, Self.podKind.groupKind, namespace: id.namespace) }
        return ObjectObservation(object: object, replicaSets: replicaSets, pods: pods)
    }

    private func neededKinds(of id: ObjectID) -> [GroupKind] {
        guard id.isWorkload else { return [id.groupKind] }
        let kinds = [id.groupKind, Self.podKind.groupKind]
        return id.kind == "Deployment" ? kinds + [Self.replicaSetKind.groupKind] : kinds
    }

    // MARK: Keeping a scope current

    private func keepCurrent(_ scope: Scope) async {
        var backoff = Backoff()
        while !Task.isCancelled {
            do {
                let seen = kinds.version
                guard let served = try await cluster.kind(scope.kind) else {
                    setServed(false, scope)
                    await kinds.wait(
                        after: seen, atMost: backoff.next(random: surroundings.random()), on: surroundings.clock)
                    continue
                }
                setServed(true, scope)
                let namespace = served.isNamespaced ? scope.namespace : nil
                let page = try await cluster.list(served, namespace: namespace)
                if entries[scope]?.cache.replace(with: page) == true { notify(scope) }
                succeeded(scope)
                try await follow(scope, served, namespace: namespace, &backoff)
            } catch let failure as ClusterFailure where failure.code == .expired {
                await pause(&backoff)
            } catch let failure as ClusterFailure {
                failed(scope, failure)
                await pause(&backoff, atLeast: failure.retryAfter)
            } catch {
                if Task.isCancelled { return }
                failed(scope, ClusterFailure(code: .other, message: "\(error)"))
                await pause(&backoff)
            }
        }
    }

    /// Follows the watch, beginning it again where it ends, until it fails: then what happened while nobody listened
    /// is in a new list only.
    ///
    /// Only a watch that held, or told something, ends the backoff: a server that lists, but refuses, closes or expires
    /// every watch at once, is not asked again in a tight loop.
    private func follow(
        _ scope: Scope, _ served: ServedKind, namespace: String?, _ backoff: inout Backoff
    ) async throws {
        while !Task.isCancelled {
            let version = entries[scope]?.cache.resourceVersion ?? ""
            let begun = surroundings.now()
            var failure: (any Error)?
            do {
                for try await event in cluster.watch(served, namespace: namespace, after: version) {
                    backoff.reset()
                    if entries[scope]?.cache.apply(event) == true { notify(scope) }
                }
            } catch {
                failure = error
            }
            if surroundings.now() - begun > .seconds(10) { backoff.reset() }
            if let failure { throw failure }
            await pause(&backoff)
        }
    }

    private func pause(_ backoff: inout Backoff, atLeast minimum: Duration? = nil) async {
        let delay = backoff.next(random: surroundings.random(), atLeast: minimum)
        try? await surroundings.clock.sleep(for: delay)
    }

    private func notify(_ scope: Scope) { signal(for: scope.namespace).notify() }

    private func setServed(_ isServed: Bool, _ scope: Scope) {
        guard entries[scope]?.isServed != isServed else { return }
        entries[scope]?.isServed = isServed
        notify(scope)
    }

    private func succeeded(_ scope: Scope) {
        guard entries[scope]?.failure != nil else { return }
        entries[scope]?.failure = nil
        surroundings.logger.info("watching again", metadata: ["scope": "\(scope)"])
        notify(scope)
    }

    private func failed(_ scope: Scope, _ failure: ClusterFailure) {
        if entries[scope]?.failure == nil {
            surroundings.logger.warning(
                "cannot watch",
                metadata: ["scope": "\(scope)", "reason": "\(failure.code.rawValue)", "error": "\(failure)"])
        }
        entries[scope]?.failure = failure
        notify(scope)
    }
}

extension ClusterView.Scope: CustomStringConvertible {
    package var description: String { namespace.isEmpty ? "\(kind)" : "\(kind) in \(namespace)" }
}

extension ObjectID {
    /// It makes pods.
    package var isWorkload: Bool {
        switch (group, kind) {
        case ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("apps", "ReplicaSet"),
            ("batch", "Job"):
            true
        default: false
        }
    }
}
