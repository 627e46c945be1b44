// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport

/// A cluster in memory: objects with resource versions, watches, refusals by script, and pods that come up or fail
/// by their image's tag (see `Kubelet`). Outlives the daemons that talk to it through `ClusterPort`.
final class FakeCluster: Sendable {
    struct Call: Sendable, Hashable, CustomStringConvertible {
        enum Verb: String, Sendable {
            case kind, create, apply, dryRun, get, list, watch, patch, delete, acceptsAsNew, log, probe, version
        }

        var verb: Verb
        var object: ObjectID?
        var image: String?
        var isForced = false
        var at: Duration

        var description: String { "\(verb.rawValue) \(object?.description ?? "") \(image ?? "")" }
    }

    /// Answers a failure, or nil for a call it does not mind.
    typealias Rule = @Sendable (Call) -> ClusterFailure?

    /// Does something to the cluster right before a call is answered.
    typealias Meddler = @Sendable (Call, inout State) -> Void

    struct LogEntry {
        var version: Int
        var object: Object
        var isDeleted: Bool
    }

    struct Watcher {
        var kind: GroupKind
        var namespace: String?
        var continuation: AsyncThrowingStream<ClusterEvent, any Error>.Continuation
    }

    struct State {
        var objects: [ObjectID: Object] = [:]
        var version = 100
        var lastUID = 0
        var log: [LogEntry] = []
        /// Watches after an older version are refused.
        var oldestVersion = 0
        var watchers: [Int: Watcher] = [:]
        /// What watches are not told of, though they go on as if they were.
        var isLost: @Sendable (Object) -> Bool = { _ in false }
        var lastWatcher = 0
        var isDown = false
        var rules: [Rule] = []
        var meddlers: [Meddler] = []
        /// How long an apply of an object takes, besides what every call takes.
        var delays: [ObjectID: Duration] = [:]
        var calls: [Call] = []
        var unserved: Set<GroupKind> = []
        var clusterScoped: Set<GroupKind> = [
            GroupKind(group: "", kind: "Namespace"), GroupKind(group: "", kind: "PersistentVolume"),
            GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRole"),
        ]
        var probeStatus: [String: Int] = [:]
        var probeBody: [String: [UInt8]] = [:]
        /// What checks sent last to a Service.
        var probeHeaders: [String: [Application.SentHeader]] = [:]
        var logLines: [String] = []
        /// How long a kubelet takes to tell them.
        var logDelay = Duration.zero
        var kubelet = Kubelet()
    }

    let time: VirtualTime
    let state = Mutex(State())

    init(time: VirtualTime) { self.time = time }

    // MARK: What tests ask and do

    var calls: [Call] { state.withLock(\.calls) }

    /// Calls that changed something, or tried to.
    var mutations: [Call] { calls.filter { $0.verb == .apply || $0.verb == .patch || $0.verb == .delete } }

    func object(_ id: ObjectID) -> Object? { state.withLock { $0.objects[id] } }

    func image(of id: ObjectID) -> String? { object(id)?.firstImage }

    func isServing(_ id: ObjectID) -> Bool {
        object(id).map {
            HealthRules.health(of: $0, appliedGeneration: nil, now: now).status == .healthy
        } ?? false
    }

    var now: Timestamp { Timestamp(secondsSinceEpoch: 1_800_000_000) + time.now }

    func refuse(_ rule: @escaping Rule) { state.withLock { $0.rules.append(rule) } }

    /// The server takes its time to answer to applies of the object, as where an admission webhook is slow.
    func delay(_ object: ObjectID, by length: Duration) { state.withLock { $0.delays[object] = length } }

    /// Somebody is faster than a call.
    func meddle(_ meddler: @escaping Meddler) { state.withLock { $0.meddlers.append(meddler) } }

    func refuseNothing() { state.withLock { $0.rules = [] } }

    func setProbe(_ service: String, status: Int) { state.withLock { $0.probeStatus[service] = status } }

    /// What a Service answers, with status 200.
    func setProbe(_ service: String, body: String) { state.withLock { $0.probeBody[service] = Array(body.utf8) } }

    /// Watches are not told of these any more, and show nothing of it.
    func lose(_ isLost: @escaping @Sendable (Object) -> Bool) { state.withLock { $0.isLost = isLost } }

    func setLog(_ lines: [String], after delay: Duration = .zero) {
        state.withLock { state in
            state.logLines = lines
            state.logDelay = delay
        }
    }

    func setServed(_ kind: GroupKind, _ isServed: Bool, isClusterScoped: Bool = false) {
        state.withLock { state in
            if isServed { state.unserved.remove(kind) } else { state.unserved.insert(kind) }
            if isClusterScoped { state.clusterScoped.insert(kind) }
        }
    }

    /// The API server stops answering, and its watches break.
    func goDown() {
        let watchers = state.withLock { state in
            state.isDown = true
            defer { state.watchers = [:] }
            return state.watchers.sorted { $0.key < $1.key }.map(\.value)
        }
        for watcher in watchers { watcher.continuation.finish(throwing: Self.unavailable) }
    }

    /// The API server stops answering, and nobody tells its watches.
    func fallSilent() { state.withLock { $0.isDown = true } }

    /// All watches are told that nothing changed.
    func bookmark() {
        state.withLock { state in
            for (_, watcher) in state.watchers.sorted(by: { $0.key < $1.key }) {
                watcher.continuation.yield(.bookmark("\(state.version)"))
            }
        }
    }

    func comeBack() { state.withLock { $0.isDown = false } }

    /// The server ends all watches, as it does every few minutes.
    func closeWatches(throwing failure: ClusterFailure? = nil) {
        let watchers = state.withLock { state in
            defer { state.watchers = [:] }
            return state.watchers.sorted { $0.key < $1.key }.map(\.value)
        }
        for watcher in watchers { watcher.continuation.finish(throwing: failure) }
    }

    /// Forgets what happened so far: a watch after any earlier version is refused.
    func compact() {
        state.withLock { state in
            state.version += 1
            state.oldestVersion = state.version
            state.log = []
        }
    }

    /// As a person with kubectl would.
    func put(_ object: Object) { state.withLock { _ = $0.store(object, isApply: false, now: now) } }

    func remove(_ id: ObjectID) { state.withLock { $0.delete(id) } }

    /// Watches are told of a deletion that never was.
    func tellOfDeletion(_ id: ObjectID) { state.withLock { $0.tellOfDeletion(id) } }

    static let unavailable = ClusterFailure(code: .unavailable, message: "connection refused")

    /// What is there but what controllers made, without what the server keeps: equal where the same was brought
    /// about. As JSON, sorted.
    var desiredState: [String] {
        state.withLock { state in
            state.objects.filter { $0.value.controllerUID == nil }.sorted { $0.key < $1.key }.map { _, object in
                var object = object
                object["status"] = nil
                for key in ["resourceVersion", "uid", "generation", "managedFields", "creationTimestamp"] {
                    object.set(nil, at: "metadata", key)
                }
                object.set(nil, at: "metadata", "annotations", "deployment.kubernetes.io/revision")
                if object.annotations.isEmpty { object.set(nil, at: "metadata", "annotations") }
                return JSON.text(.object(object.sortedByKey))
            }
        }
    }
}

extension FakeCluster.State {
    /// Stores an object under a new resource version, tells watchers, and lets the kubelet know.
    mutating func store(_ object: Object, isApply: Bool, now: Timestamp) -> Object {
        let id = object.objectID
        var object = object
        let live = objects[id]
        if let live {
            object.set(.string(live.uid), at: "metadata", "uid")
            object.set(live.value(at: "metadata", "creationTimestamp"), at: "metadata", "creationTimestamp")
            let isChanged = live["spec"] != object["spec"] || live["data"] != object["data"]
            object.set(.integer((live.generation ?? 1) + (isChanged ? 1 : 0)), at: "metadata", "generation")
            object.set(.string(live.resourceVersion), at: "metadata", "resourceVersion")
            if live == object { return live }
        } else {
            lastUID += 1
            object.set(.string("uid-\(lastUID)"), at: "metadata", "uid")
            object.set(.integer(1), at: "metadata", "generation")
            object.set(.string(now.secondsDescription), at: "metadata", "creationTimestamp")
        }
        version += 1
        object.set(.string("\(version)"), at: "metadata", "resourceVersion")
        objects[id] = object
        tell(object, isDeleted: false)
        if isApply { kubelet.noticed(id, generation: object.generation ?? 1) }
        return object
    }

    mutating func delete(_ id: ObjectID) {
        guard var object = objects.removeValue(forKey: id) else { return }
        version += 1
        object.set(.string("\(version)"), at: "metadata", "resourceVersion")
        tell(object, isDeleted: true)
        let dependents = objects.values.filter { $0.controllerUID == object.uid }.map(\.objectID).sorted()
        for dependent in dependents { delete(dependent) }
    }

    mutating func tellOfDeletion(_ id: ObjectID) {
        guard let object = objects[id] else { return }
        tell(object, isDeleted: true)
    }

    private mutating func tell(_ object: Object, isDeleted: Bool) {
        if isLost(object) { return }
        log.append(FakeCluster.LogEntry(version: version, object: object, isDeleted: isDeleted))
        for (_, watcher) in watchers.sorted(by: { $0.key < $1.key }) where watcher.minds(object) {
            watcher.continuation.yield(isDeleted ? .deleted(object) : .present(object))
        }
    }
}

extension FakeCluster.Watcher {
    func minds(_ object: Object) -> Bool {
        object.objectID.groupKind == kind && (namespace == nil || object.namespace == namespace)
    }
}

extension Object {
    var firstImage: String? { podSpecification?["containers"]?[0]?["image"]?.string }
}
