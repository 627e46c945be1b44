// SPDX-License-Identifier: Apache-2.0

import Logging
package import Manifests
package import Planning

/// What the cluster holds of the kinds somebody asked about, kept current by one watch per kind and namespace
/// (`Reflector` says how). At rest it costs no request.
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
    private let drift: DriftBoard?
    private var entries: [Scope: Entry] = [:]
    /// The version a group and kind is watched in: the first one asked for.
    private var watchedVersions: [GroupKind: GroupVersionKind] = [:]
    private var signals: [String: Signal] = [:]
    private var feeds: [ChangeFeed] = []
    private let kinds = Signal()
    /// Notified when a scope that was current is so no more, and when one is again.
    package nonisolated let reachability = Signal()
    /// When a watch last said anything; nil before any did.
    package private(set) var lastHeard: Duration?
    /// API groups whose server cannot begin a watch with all there is.
    private var unstreamable: Set<String> = []
    /// The uids of Jobs that were done when they went; the newest last.
    private var ended: [String] = []
    private var reading: [GroupVersionKind: Scope] = [:]
    private let hasRead = Signal()
    private let requests: AsyncStream<Scope>
    private let request: AsyncStream<Scope>.Continuation

    /// - Parameter drift: is shown every object as it comes, whole.
    package init(cluster: any Cluster, surroundings: Surroundings, drift: DriftBoard? = nil) {
        self.cluster = cluster
        self.drift = drift
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
    package func observe(_ kind: GroupVersionKind, namespace: String) { observe(scope(kind, namespace)) }

    /// Begins to watch the kind in this very version, which is what its fields can be compared in.
    package func observe(exactly kind: GroupVersionKind, namespace: String) {
        observe(Scope(kind: kind, namespace: namespace))
    }

    private func observe(_ scope: Scope) {
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

    /// Tells the feed of every change from here on, until it is removed.
    package func add(_ feed: ChangeFeed) { feeds.append(feed) }

    package func remove(_ feed: ChangeFeed) { feeds.removeAll { $0 === feed } }

    /// The live object, or nil where there is none, or nothing is known yet (see `isSynced`).
    package func object(_ id: ObjectID) -> Object? {
        guard let kind = watchedVersions[id.groupKind] else { return nil }
        return entries[Scope(kind: kind, namespace: id.namespace)]?.cache.object(namespace: id.namespace, name: id.name)
    }

    /// The same as they are kept, of which most is never looked at.
    func seen(_ ids: [ObjectID]) -> [SeenObject?] { ids.map { seen($0) } }

    /// The same, of those whose watch is current.
    func current(_ ids: [ObjectID]) -> [SeenObject?] {
        ids.map { isRead($0.groupKind, namespace: $0.namespace) ? seen($0) : nil }
    }

    private func seen(_ id: ObjectID) -> SeenObject? {
        guard let kind = watchedVersions[id.groupKind] else { return nil }
        return entries[Scope(kind: kind, namespace: id.namespace)]?.cache.seen(namespace: id.namespace, name: id.name)
    }

    /// True once the scope was read, or the server is known not to serve the kind.
    package func isSynced(_ kind: GroupKind, namespace: String) -> Bool {
        guard let kind = watchedVersions[kind], let entry = entries[Scope(kind: kind, namespace: namespace)] else {
            return false
        }
        return entry.cache.isSynced || !entry.isServed
    }

    /// Whether the Job with this uid was done when it went (`ttlSecondsAfterFinished`).
    package func hasEnded(_ uid: String) -> Bool { ended.contains(uid) }

    private static let endedLimit = 1000

    private func noteEnd(_ event: ClusterEvent) {
        guard case .deleted(let object) = event, Hook.runsOnce(object.groupVersionKind.groupKind),
            Hook.hasSucceeded(object)
        else { return }
        ended.append(object.uid)
        if ended.count > Self.endedLimit { ended.removeFirst(Self.endedLimit / 2) }
    }

    /// True where the kind is served, and was read: not merely not known to be missing.
    package func isRead(_ kind: GroupKind, namespace: String) -> Bool {
        guard let kind = watchedVersions[kind], let entry = entries[Scope(kind: kind, namespace: namespace)] else {
            return false
        }
        return entry.isServed && entry.cache.isSynced && entry.failure == nil
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

    /// Takes an object that was read by itself. True where it is newer than what the watch has told.
    package func learn(_ object: Object) -> Bool {
        drift?.saw(object)
        guard let kind = watchedVersions[object.groupVersionKind.groupKind] else { return false }
        let scope = Scope(kind: kind, namespace: object.namespace)
        guard entries[scope]?.cache.learn(object) == true else { return false }
        notify(scope, of: object)
        return true
    }

    package func observations(of ids: [ObjectID]) -> [ObjectObservation] { ids.map { observation(of: $0) } }

    /// Whether anything that is watched is not current.
    package var isFailing: Bool { entries.values.contains { $0.failure != nil } }

    // MARK: Workloads

    private static let podKind = GroupVersionKind(group: "", version: "v1", kind: "Pod")
    private static let replicaSetKind = GroupVersionKind(group: "apps", version: "v1", kind: "ReplicaSet")

    /// Begins to watch what judging the manifest's object needs: the object, and a workload's ReplicaSets and pods.
    package func observe(_ manifest: Manifest) { observe(manifest.id, as: manifest.groupVersionKind) }

    func observe(_ id: ObjectID, as kind: GroupVersionKind) {
        observe(kind, namespace: id.namespace)
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
        var reflector = Reflector(streams: !unstreamable.contains(scope.kind.group))
        var unserved = Backoff()
        while !Task.isCancelled {
            let seen = kinds.version
            let begun = surroundings.elapsed()
            var wait: Duration
            do {
                guard let served = try await cluster.kind(scope.kind) else {
                    setServed(false, scope)
                    await kinds.wait(
                        after: seen, atMost: unserved.next(random: surroundings.random()), on: surroundings.clock)
                    continue
                }
                setServed(true, scope)
                wait = try await carryOut(reflector.step, scope, served, &reflector)
            } catch {
                if Task.isCancelled { return }
                let failure = error as? ClusterFailure ?? ClusterFailure(code: .other, message: "\(error)")
                wait = reflector.failed(
                    failure, after: surroundings.elapsed() - begun, random: surroundings.random())
                if !reflector.usesStreams { unstreamable.insert(scope.kind.group) }
                // Reading anew is in the order of things.
                if failure.code != .expired, wait > .zero { failed(scope, failure) }
            }
            if wait > .zero { try? await surroundings.clock.sleep(for: wait) }
        }
    }

    /// Lists or watches, to the end of it. Answers how long to wait before what is next.
    private func carryOut(
        _ step: Reflector.Step, _ scope: Scope, _ served: ServedKind, _ reflector: inout Reflector
    ) async throws -> Duration {
        let namespace = served.isNamespaced ? scope.namespace : nil
        switch step {
        case .list(let version):
            guard await beginReading(scope) else { throw CancellationError() }
            defer { endReading(scope) }
            let page = try await cluster.list(
                served, namespace: namespace, notOlderThan: version, inspect: { [drift] in drift?.saw($0) })
            return took(ObjectCache(page.objects), at: page.resourceVersion, scope, &reflector)
        case .watch(let version):
            return try await follow(
                cluster.watch(served, namespace: namespace, from: .after(version)), scope, &reflector)
        case .stream(let version):
            guard await beginReading(scope) else { throw CancellationError() }
            defer { endReading(scope) }
            return try await follow(
                cluster.watch(served, namespace: namespace, from: .everything(notOlderThan: version)), scope,
                &reflector, tellsAll: true)
        }
    }

    /// Takes the events of a watch until it ends.
    ///
    /// - Parameter tellsAll: it begins with all there is.
    private func follow(
        _ events: AsyncThrowingStream<ClusterEvent, any Error>, _ scope: Scope, _ reflector: inout Reflector,
        tellsAll: Bool = false
    ) async throws -> Duration {
        let begun = surroundings.elapsed()
        var collected = tellsAll ? ObjectCache() : nil
        for try await event in events {
            lastHeard = surroundings.elapsed()
            show(event)
            if collected != nil {
                guard case .complete(let version) = event else {
                    collected?.collect(event)
                    continue
                }
                let whole = collected ?? ObjectCache()
                collected = nil
                endReading(scope)
                let wait = took(whole, at: version, scope, &reflector)
                if wait > .zero { return wait }
                continue
            }
            if case .opened = event { succeeded(scope) }
            noteEnd(event)
            switch entries[scope]?.cache.apply(event) {
            case .changed: notify(scope, of: event.object)
            case .doubtful: return reflector.doubted(random: surroundings.random())
            case .unchanged, nil: break
            }
            reflector.moved(to: entries[scope]?.cache.resourceVersion ?? "")
        }
        if Task.isCancelled { throw CancellationError() }
        return reflector.ended(after: surroundings.elapsed() - begun, random: surroundings.random())
    }

    private func show(_ event: ClusterEvent) {
        switch event {
        case .present(let object): drift?.saw(object)
        case .deleted(let object): drift?.sawDeleted(object)
        case .opened, .bookmark, .complete: break
        }
    }

    /// All there is, unless it is older than what was seen. Answers how long to wait before what is next.
    private func took(
        _ whole: ObjectCache, at version: String, _ scope: Scope, _ reflector: inout Reflector
    ) -> Duration {
        guard reflector.read(at: version) else { return reflector.stale(random: surroundings.random()) }
        if entries[scope]?.cache.replace(with: whole, at: version) == true { notify(scope) }
        drift?.sawAll(of: scope.kind.groupKind, namespace: scope.namespace, at: version) { id in
            entries[scope]?.cache.contains(namespace: id.namespace, name: id.name) ?? true
        }
        succeeded(scope)
        return .zero
    }

    /// Waits until no other scope of the kind is being read: one list of a kind is enough for a server. False where the
    /// task was cancelled.
    private func beginReading(_ scope: Scope) async -> Bool {
        while reading[scope.kind] != nil {
            if Task.isCancelled { return false }
            await hasRead.wait(after: hasRead.version)
        }
        reading[scope.kind] = scope
        return true
    }

    private func endReading(_ scope: Scope) {
        guard reading[scope.kind] == scope else { return }
        reading[scope.kind] = nil
        hasRead.notify()
    }

    /// - Parameter object: what changed; nil where that may be anything.
    private func notify(_ scope: Scope, of object: Object? = nil) {
        signal(for: scope.namespace).notify()
        guard !feeds.isEmpty else { return }
        guard let object else { return feeds.forEach { $0.noteAll(in: scope.namespace) } }
        let concerned = [object.objectID] + controllers(of: object)
        for feed in feeds { feed.note(concerned, in: scope.namespace) }
    }

    /// What controls an object, and what controls that: a pod's ReplicaSet, and its Deployment.
    private func controllers(of object: Object) -> [ObjectID] {
        guard let controller = object.controllerID else { return [] }
        guard controller.groupKind == Self.replicaSetKind.groupKind else { return [controller] }
        return [controller] + [self.object(controller)?.controllerID].compactMap(\.self)
    }

    private func setServed(_ isServed: Bool, _ scope: Scope) {
        guard entries[scope]?.isServed != isServed else { return }
        entries[scope]?.isServed = isServed
        notify(scope)
    }

    private func succeeded(_ scope: Scope) {
        guard entries[scope]?.failure != nil else { return }
        entries[scope]?.failure = nil
        reachability.notify()
        surroundings.logger.info("watching again", metadata: ["scope": "\(scope)"])
        notify(scope)
    }

    private func failed(_ scope: Scope, _ failure: ClusterFailure) {
        if entries[scope]?.failure == nil {
            surroundings.logger.warning(
                "cannot watch",
                metadata: ["scope": "\(scope)", "reason": "\(failure.code.rawValue)", "error": "\(failure)"])
            reachability.notify()
        }
        entries[scope]?.failure = failure
        notify(scope)
    }
}

extension ClusterView.Scope: CustomStringConvertible {
    package var description: String { namespace.isEmpty ? "\(kind)" : "\(kind) in \(namespace)" }
}

extension ClusterEvent {
    fileprivate var object: Object? {
        switch self {
        case .present(let object), .deleted(let object): object
        case .opened, .complete, .bookmark: nil
        }
    }
}

extension Object {
    /// The owner that controls the object.
    fileprivate var controllerID: ObjectID? {
        let owners = value(at: "metadata", "ownerReferences")?.array ?? []
        guard let owner = owners.first(where: { $0["controller"]?.bool == true }),
            let kind = owner["kind"]?.string, let name = owner["name"]?.string
        else { return nil }
        let group = GroupVersionKind(apiVersion: owner["apiVersion"]?.string ?? "", kind: kind).group
        return ObjectID(group: group, kind: kind, namespace: namespace, name: name)
    }
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
