// SPDX-License-Identifier: Apache-2.0

import Logging
package import Manifests
package import Planning

/// What the cluster holds of the kinds somebody asked about, kept current by one watch per kind and namespace
/// (`Reflector` says how). At rest it costs no request.
///
/// Scopes are added by `observe` and stay. `run` keeps them current until its task is cancelled.
package actor ClusterView {
    private struct Follower {
        weak var feed: ChangeFeed?
    }

    private let cluster: any Cluster
    private let surroundings: Surroundings
    private let drift: DriftBoard?
    private var picture = ClusterPicture()
    private var signals: [String: Signal] = [:]
    private var followers: [Follower] = []
    private let kinds = Signal()
    /// Notified when a scope that was current is so no more, and when one is again.
    package nonisolated let reachability = Signal()
    /// When a watch last said anything; nil before any did.
    package private(set) var lastHeard: Duration?
    /// API groups whose server cannot begin a watch with all there is.
    private var unstreamable: Set<String> = []
    private var ended = EndedJobs()
    private var reading: [GroupVersionKind: WatchScope] = [:]
    private let hasRead = Signal()
    private let requests: AsyncStream<WatchScope>
    private let request: AsyncStream<WatchScope>.Continuation

    /// - Parameter drift: is shown every object as it comes, whole.
    package init(cluster: any Cluster, surroundings: Surroundings, drift: DriftBoard? = nil) {
        self.cluster = cluster
        self.drift = drift
        self.surroundings = surroundings
        (requests, request) = AsyncStream.makeStream(of: WatchScope.self)
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
        observe(picture.scope(kind, namespace: namespace))
    }

    /// Begins to watch the kind in this very version, which is what its fields can be compared in.
    package func observe(exactly kind: GroupVersionKind, namespace: String) {
        observe(WatchScope(kind: kind, namespace: namespace))
    }

    private func observe(_ scope: WatchScope) {
        if picture.add(scope) { request.yield(scope) }
    }

    /// Notified whenever something changes in the namespace (empty: cluster-scoped objects).
    package func signal(for namespace: String) -> Signal {
        if let signal = signals[namespace] { return signal }
        let signal = Signal()
        signals[namespace] = signal
        return signal
    }

    /// Tells the feed of every change from here on, for as long as somebody keeps it.
    package func add(_ feed: ChangeFeed) {
        followers.removeAll { $0.feed == nil }
        followers.append(Follower(feed: feed))
    }

    /// Begins to watch what judging the manifest's object needs: the object, and a workload's ReplicaSets and pods.
    package func observe(_ manifest: Manifest) { observe(manifest.id, as: manifest.groupVersionKind) }

    func observe(_ id: ObjectID, as kind: GroupVersionKind) {
        for kind in [kind] + WorkloadKinds.below(id) { observe(kind, namespace: id.namespace) }
    }

    // MARK: What is known

    /// The live object, or nil where there is none, or nothing is known yet (see `isSynced`).
    package func object(_ id: ObjectID) -> Object? { picture.object(id) }

    /// The same as they are kept, of which most is never looked at.
    func seen(_ ids: [ObjectID]) -> [SeenObject?] { ids.map { picture.seen($0) } }

    /// The same, of those whose watch is current.
    func current(_ ids: [ObjectID]) -> [SeenObject?] {
        ids.map { picture.isRead($0.groupKind, namespace: $0.namespace) ? picture.seen($0) : nil }
    }

    /// The object with what its judgement needs.
    package func observation(of id: ObjectID) -> ObjectObservation { picture.observation(of: id) }

    package func observations(of ids: [ObjectID]) -> [ObjectObservation] { ids.map { picture.observation(of: $0) } }

    /// Whether the Job with this uid was done when it went (`ttlSecondsAfterFinished`).
    package func hasEnded(_ uid: String) -> Bool { ended.contains(uid) }

    /// Takes an object that was read by itself. True where it is newer than what the watch has told.
    package func learn(_ object: Object) -> Bool {
        drift?.saw(object)
        guard let scope = picture.learn(object) else { return false }
        notify(scope, of: object)
        return true
    }

    /// True once the scope was read, or the server is known not to serve the kind.
    package func isSynced(_ kind: GroupKind, namespace: String) -> Bool {
        picture.isSynced(kind, namespace: namespace)
    }

    /// True once all that judging the object needs was read.
    package func isSynced(_ id: ObjectID) -> Bool { picture.isSynced(id) }

    func areSynced(_ ids: [ObjectID]) -> Bool { ids.allSatisfy { picture.isSynced($0) } }

    /// True where the kind is served, and was read: not merely not known to be missing.
    package func isRead(_ kind: GroupKind, namespace: String) -> Bool { picture.isRead(kind, namespace: namespace) }

    /// Why the scope is not current, where it is not.
    package func failure(_ kind: GroupKind, namespace: String) -> ClusterFailure? {
        picture.failure(kind, namespace: namespace)
    }

    /// Why what judging the object needs is not current, where it is not.
    package func failure(of id: ObjectID) -> ClusterFailure? { picture.failure(of: id) }

    /// The first of these that is not current.
    func failure(amongst ids: [ObjectID]) -> (object: ObjectID, failure: ClusterFailure)? {
        guard picture.isFailing else { return nil }
        return ids.lazy.compactMap { id in self.picture.failure(of: id).map { (id, $0) } }.first
    }

    /// The first failure of any scope, for the status page.
    package var anyFailure: ClusterFailure? { picture.anyFailure }

    /// Whether anything that is watched is not current.
    package var isFailing: Bool { picture.isFailing }

    // MARK: Keeping a scope current

    private func keepCurrent(_ scope: WatchScope) async {
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
        _ step: Reflector.Step, _ scope: WatchScope, _ served: ServedKind, _ reflector: inout Reflector
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
        _ events: AsyncThrowingStream<ClusterEvent, any Error>, _ scope: WatchScope, _ reflector: inout Reflector,
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
            ended.note(event)
            switch picture.apply(event, in: scope) {
            case .changed: notify(scope, of: event.object)
            case .doubtful: return reflector.doubted(random: surroundings.random())
            case .unchanged: break
            }
            reflector.moved(to: picture.resourceVersion(of: scope))
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
        _ whole: ObjectCache, at version: String, _ scope: WatchScope, _ reflector: inout Reflector
    ) -> Duration {
        guard reflector.read(at: version) else { return reflector.stale(random: surroundings.random()) }
        if picture.replace(scope, with: whole, at: version) { notify(scope) }
        drift?.sawAll(of: scope.kind.groupKind, namespace: scope.namespace, at: version) { id in
            picture.contains(id, in: scope) ?? true
        }
        succeeded(scope)
        return .zero
    }

    /// Waits until no other scope of the kind is being read: one list of a kind is enough for a server. False where the
    /// task was cancelled.
    private func beginReading(_ scope: WatchScope) async -> Bool {
        while reading[scope.kind] != nil {
            if Task.isCancelled { return false }
            await hasRead.wait(after: hasRead.version)
        }
        reading[scope.kind] = scope
        return true
    }

    private func endReading(_ scope: WatchScope) {
        guard reading[scope.kind] == scope else { return }
        reading[scope.kind] = nil
        hasRead.notify()
    }

    /// - Parameter object: what changed; nil where that may be anything.
    private func notify(_ scope: WatchScope, of object: Object? = nil) {
        signal(for: scope.namespace).notify()
        let feeds = followers.compactMap(\.feed)
        guard !feeds.isEmpty else { return }
        guard let object else { return feeds.forEach { $0.noteAll(in: scope.namespace) } }
        let concerned = [object.objectID] + picture.controllers(of: object)
        for feed in feeds { feed.note(concerned, in: scope.namespace) }
    }

    private func setServed(_ isServed: Bool, _ scope: WatchScope) {
        if picture.setServed(isServed, scope) { notify(scope) }
    }

    private func succeeded(_ scope: WatchScope) {
        guard picture.succeeded(scope) else { return }
        reachability.notify()
        surroundings.logger.info("watching again", metadata: ["scope": "\(scope)"])
        notify(scope)
    }

    private func failed(_ scope: WatchScope, _ failure: ClusterFailure) {
        if picture.failed(scope, because: failure) {
            surroundings.logger.warning(
                "cannot watch",
                metadata: ["scope": "\(scope)", "reason": "\(failure.code.rawValue)", "error": "\(failure)"])
            reachability.notify()
        }
        notify(scope)
    }
}

extension ClusterEvent {
    fileprivate var object: Object? {
        switch self {
        case .present(let object), .deleted(let object): object
        case .opened, .complete, .bookmark: nil
        }
    }
}
