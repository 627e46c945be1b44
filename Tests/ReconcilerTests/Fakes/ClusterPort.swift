// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport

/// A daemon's way to the fake cluster. Each call takes a moment; once the daemon's life is over none has any effect.
struct ClusterPort: Cluster {
    let cluster: FakeCluster
    let life: Life

    func kind(_ kind: GroupVersionKind) async throws(ClusterFailure) -> ServedKind? {
        try await call(.kind) { state throws(ClusterFailure) in
            guard !state.unserved.contains(kind.groupKind) else { return nil }
            return ServedKind(kind: kind, isNamespaced: !state.clusterScoped.contains(kind.groupKind))
        }
    }

    func apply(
        _ object: Object, as manager: FieldManager, force: Bool, dryRun: Bool
    ) async throws(ClusterFailure) -> Object {
        let id = object.objectID
        let stored = try await call(dryRun ? .dryRun : .apply, id, image: object.firstImage, isForced: force) {
            state throws(ClusterFailure) in
            if state.unserved.contains(id.groupKind) {
                throw ClusterFailure(code: .kindNotServed, message: "no \(id.kind) here")
            }
            if !object.uid.isEmpty {
                guard let live = state.objects[id] else {
                    throw ClusterFailure(code: .stale, message: "uid mismatch: no existing object was found")
                }
                guard live.uid == object.uid else {
                    throw ClusterFailure(
                        code: .invalid, message: "metadata.uid: field is immutable", fields: ["metadata.uid"])
                }
                if !object.resourceVersion.isEmpty, object.resourceVersion != live.resourceVersion {
                    throw ClusterFailure(code: .stale, message: "the object has been modified")
                }
            }
            var merged = state.objects[id] ?? Object()
            if !merged.isEmpty, id.kind == "Job", merged["spec"] != object["spec"] {
                throw ClusterFailure(code: .invalid, message: "field is immutable")
            }
            for pair in object.pairs where pair.key != "metadata" { merged[pair.key] = pair.value }
            var metadata = merged.metadata
            for pair in object.metadata.pairs { metadata[pair.key] = pair.value }
            if let revision = merged.annotations["deployment.kubernetes.io/revision"] {
                var annotations = metadata["annotations"]?.object ?? Object()
                annotations["deployment.kubernetes.io/revision"] = revision
                metadata["annotations"] = .object(annotations)
            }
            metadata["managedFields"] = [["manager": .string(manager.rawValue), "operation": "Apply"]]
            merged["metadata"] = .object(metadata)
            if id.kind == "CustomResourceDefinition" {
                merged["status"] = ["conditions": [["type": "Established", "status": "True"]]]
            }
            return dryRun ? merged : state.store(merged, isApply: true, now: cluster.now)
        }
        cluster.wakeKubelet()
        return stored
    }

    func create(_ object: Object) async throws(ClusterFailure) {
        try await call(.create, object.objectID) { state throws(ClusterFailure) in
            guard state.objects[object.objectID] == nil else {
                throw ClusterFailure(code: .stale, message: "\(object.objectID) already exists")
            }
            _ = state.store(object, isApply: false, now: cluster.now)
        }
    }

    func get(_ id: ObjectID, version: String) async throws(ClusterFailure) -> Object? {
        try await call(.get, id) { state throws(ClusterFailure) in state.objects[id] }
    }

    func list(
        _ kind: ServedKind, namespace: String?, notOlderThan: String,
        inspect: @escaping @Sendable (Object) -> Void
    ) async throws(ClusterFailure) -> ObjectPage {
        let page = try await call(
            .list, ObjectID(group: kind.kind.group, kind: kind.kind.kind, namespace: namespace ?? "", name: "")
        ) {
            state throws(ClusterFailure) in
            let objects = state.objects.filter { id, _ in
                id.groupKind == kind.kind.groupKind && (namespace == nil || id.namespace == namespace)
            }
            return ObjectPage(
                objects: objects.sorted { $0.key < $1.key }.map(\.value), resourceVersion: "\(state.version)")
        }
        page.objects.forEach(inspect)
        return page
    }

    func watch(
        _ kind: ServedKind, namespace: String?, from start: ObservationStart
    ) -> AsyncThrowingStream<ClusterEvent, any Error> {
        // An old server: all there is comes by lists.
        guard case .after(let resourceVersion) = start else {
            return AsyncThrowingStream {
                throw ClusterFailure(code: .invalid, message: "sendInitialEvents is forbidden")
            }
        }
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: ClusterEvent.self)
        let id = ObjectID(group: kind.kind.group, kind: kind.kind.kind, namespace: namespace ?? "", name: "")
        let number = cluster.state.withLock { state -> Int? in
            let call = FakeCluster.Call(verb: .watch, object: id, image: nil, at: cluster.time.now)
            state.calls.append(call)
            if let failure = refusal(of: call, state) {
                continuation.finish(throwing: failure)
                return nil
            }
            guard let version = Int(resourceVersion), version >= state.oldestVersion else {
                continuation.finish(throwing: ClusterFailure(code: .expired, message: "too old resource version"))
                return nil
            }
            let watcher = FakeCluster.Watcher(
                kind: kind.kind.groupKind, namespace: namespace, continuation: continuation)
            continuation.yield(.opened)
            for entry in state.log where entry.version > version && watcher.minds(entry.object) {
                continuation.yield(entry.isDeleted ? .deleted(entry.object) : .present(entry.object))
            }
            state.lastWatcher += 1
            state.watchers[state.lastWatcher] = watcher
            return state.lastWatcher
        }
        continuation.onTermination = { [cluster] _ in
            if let number { cluster.state.withLock { $0.watchers[number] = nil } }
        }
        return stream
    }

    func patch(_ id: ObjectID, version: String, _ operations: [Value]) async throws(ClusterFailure) -> Object {
        try await call(.patch, id) { state throws(ClusterFailure) in
            guard let live = state.objects[id] else { throw ClusterFailure(code: .notFound, message: "no \(id)") }
            guard let patched = try? JSONPatch.apply(.array(operations), to: .object(live)).object else {
                throw ClusterFailure(code: .stale, message: "the patch does not fit \(id)")
            }
            return state.store(patched, isApply: false, now: cluster.now)
        }
    }

    func delete(_ id: ObjectID, version: String, uid: String) async throws(ClusterFailure) -> Bool {
        try await call(.delete, id) { state throws(ClusterFailure) in
            guard let live = state.objects[id] else { return false }
            guard live.uid == uid else { throw ClusterFailure(code: .stale, message: "the uid is another") }
            state.delete(id)
            return true
        }
    }

    func acceptsAsNew(_ object: Object) async throws(ClusterFailure) -> Bool {
        try await call(.acceptsAsNew, object.objectID) { _ throws(ClusterFailure) in object.kind == "Job" }
    }

    func logLines(
        namespace: String, pod: String, container: String, previous: Bool
    ) async throws(ClusterFailure) -> [String] {
        try await call(.log, ObjectID(group: "", kind: "Pod", namespace: namespace, name: pod)) {
            state throws(ClusterFailure) in
            // As a kubelet has it: a container that was not started again has no earlier run.
            let id = ObjectID(group: "", kind: "Pod", namespace: namespace, name: pod)
            let status = (state.objects[id]?.value(at: "status", "containerStatuses")?.array ?? [])
                .first { $0["name"]?.string == container }
            guard status?[previous ? "lastState" : "state"]?["terminated"] != nil else { return [] }
            return state.logLines
        }
    }

    func probe(
        namespace: String, service: String, port: String, path: String, sending headers: [Application.SentHeader]
    ) async throws(ClusterFailure) -> CheckAnswer {
        try await call(.probe, ObjectID(group: "", kind: "Service", namespace: namespace, name: service)) {
            state throws(ClusterFailure) in
            state.probeHeaders[service] = headers
            return CheckAnswer(status: state.probeStatus[service] ?? 200, body: state.probeBody[service] ?? [])
        }
    }

    func accessRules(in namespace: String) async throws(ClusterFailure) -> AccessRules { .everything }

    func isAllowed(_ right: AccessRight) async throws(ClusterFailure) -> Bool { true }

    func serverVersion() async throws(ClusterFailure) -> String {
        try await call(.version) { _ throws(ClusterFailure) in "v1.33.0" }
    }

    // MARK: Survey

    func kinds() async throws(ClusterFailure) -> [ServedKind] {
        try await call(.kind) { state throws(ClusterFailure) in
            Set(state.objects.map { GroupVersionKind(apiVersion: $0.value.apiVersion, kind: $0.key.kind) }).sorted()
                .map { ServedKind(kind: $0, isNamespaced: !state.clusterScoped.contains($0.groupKind)) }
        }
    }

    func objects(
        of kind: ServedKind, namespace: String?, isOwned: Bool
    ) async throws(ClusterFailure) -> [Object] {
        try await call(
            .list, ObjectID(group: kind.kind.group, kind: kind.kind.kind, namespace: namespace ?? "", name: "")
        ) { state throws(ClusterFailure) in
            state.objects.filter { id, object in
                id.groupKind == kind.kind.groupKind && (namespace == nil || id.namespace == namespace)
                    && (!isOwned || object.labels[OwnerLabel.key] != nil)
            }.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    // MARK: Pieces

    /// A cancelled call may, or may not, have had its effect: as in life.
    private func call<Answer: Sendable>(
        _ verb: FakeCluster.Call.Verb, _ object: ObjectID? = nil, image: String? = nil, isForced: Bool = false,
        _ body: @Sendable (inout FakeCluster.State) throws(ClusterFailure) -> Answer
    ) async throws(ClusterFailure) -> Answer {
        try await moment(.milliseconds(3))
        let result = cluster.state.withLock { state -> Result<Answer, ClusterFailure> in
            let call = FakeCluster.Call(
                verb: verb, object: object, image: image, isForced: isForced, at: cluster.time.now)
            state.calls.append(call)
            for meddler in state.meddlers { meddler(call, &state) }
            if let failure = refusal(of: call, state) { return .failure(failure) }
            do throws(ClusterFailure) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        if verb == .apply || verb == .patch || verb == .delete { life.spend() }
        let delay = verb == .apply ? object.flatMap { id in cluster.state.withLock { $0.delays[id] } } : nil
        let logDelay = verb == .log ? cluster.state.withLock(\.logDelay) : .zero
        try await moment(.milliseconds(2) + (delay ?? logDelay))
        return try result.get()
    }

    private func refusal(of call: FakeCluster.Call, _ state: FakeCluster.State) -> ClusterFailure? {
        if state.isDown { return FakeCluster.unavailable }
        for rule in state.rules { if let failure = rule(call) { return failure } }
        return nil
    }

    private func moment(_ length: Duration) async throws(ClusterFailure) {
        do {
            try await cluster.time.clock.sleep(for: length)
        } catch {
            throw ClusterFailure(code: .cancelled, message: "cancelled")
        }
        if life.isOver { throw ClusterFailure(code: .cancelled, message: "cancelled") }
    }
}

/// A daemon's life, from start to kill. Counts its effects, each durable write and each change of the cluster, and
/// ends after the one that it is given: whatever is under way then has no effect any more.
final class Life: Sendable {
    private struct State {
        var effects = 0
        var isOver = false
        var task: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let lastEffect: Int?

    init(endingAfterEffect lastEffect: Int? = nil) { self.lastEffect = lastEffect }

    var isOver: Bool { state.withLock(\.isOver) }

    var effects: Int { state.withLock(\.effects) }

    func begin(_ task: Task<Void, Never>) { state.withLock { $0.task = task } }

    func spend() {
        let isLast = state.withLock { state in
            guard !state.isOver else { return false }
            state.effects += 1
            return state.effects == lastEffect
        }
        if isLast { end() }
    }

    func end() {
        let task = state.withLock { state in
            state.isOver = true
            return state.task
        }
        task?.cancel()
    }

    /// Returns when everything that lived is gone.
    func wait() async { await state.withLock(\.task)?.value }
}
