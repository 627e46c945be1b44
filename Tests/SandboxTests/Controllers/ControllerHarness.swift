// SPDX-License-Identifier: Apache-2.0

import Manifests

@testable import Sandbox

/// A store in memory that carries out what controllers return, and a time that jumps to the next thing to happen.
///
/// It does what the API server does for controllers and no more: uids, versions, generations, pods' graceful deletion,
/// and background garbage collection.
final class ControllerHarness {
    struct Event: Equatable {
        var source: String
        var object: String
        var reason: String
        var message: String
    }

    private let controllers: [any SandboxController]
    private var store: [ObjectID: Object] = [:]
    private var random: any RandomNumberGenerator
    private var version = 0
    private var wakes: [Key: Timestamp] = [:]
    private var memories: [Key: Object] = [:]
    private(set) var memory: Object?
    private var queue: [Key] = []
    private(set) var now = Timestamp(secondsSinceEpoch: 1_795_255_977)
    private(set) var events: [Event] = []
    /// Every state each object was ever stored in.
    private(set) var history: [ObjectID: [Object]] = [:]
    /// Called after each write.
    var onWrite: ((ControllerHarness) -> Void)?

    private struct Key: Hashable {
        var controller: Int
        var id: ObjectID
    }

    init(seed: UInt64 = 1, controllers: [any SandboxController]? = nil) {
        random = SplitMix(state: seed)
        self.controllers = controllers ?? StandardControllers.all()
    }

    // MARK: What a user does

    func apply(_ object: Object) {
        if var stored = store[object.objectID] {
            stored["spec"] = object["spec"]
            stored["data"] = object["data"]
            if object["metadata"]?["annotations"] != nil {
                stored.set(object["metadata"]?["annotations"], at: "metadata", "annotations")
            }
            write(stored, bumping: true)
        } else {
            create(object)
        }
    }

    func edit(_ id: ObjectID, _ change: (inout Object) -> Void) {
        guard var object = store[id] else { return }
        change(&object)
        write(object, bumping: true)
    }

    func delete(_ id: ObjectID) { delete(id, uid: nil) }

    /// Runs until nothing is to do at the present moment.
    func settle() {
        var steps = 0
        while !queue.isEmpty {
            steps += 1
            precondition(steps < 20_000, "the controllers never come to rest")
            reconcile(queue.removeFirst())
        }
    }

    /// Lets time pass, from one thing that happens to the next.
    func run(for duration: Duration) {
        let end = now + duration
        settle()
        while let next = wakes.values.min(), next <= end {
            now = max(now, next)
            let due = wakes.filter { $0.value <= now }.keys
                .sorted { ($0.controller, $0.id.key) < ($1.controller, $1.id.key) }
            for key in due {
                wakes[key] = nil
                enqueue(key)
            }
            settle()
        }
        now = end
    }

    private func reconcile(_ key: Key) {
        memory = memories[key]
        let result = controllers[key.controller].reconcile(key.id, in: self, now: now, random: &random)
        memories[key] = result.memory
        wakes[key] = result.wakeAt
        for change in result.changes { carryOut(change, source: controllers[key.controller].name) }
    }

    private func carryOut(_ change: ControllerChange, source: String) {
        switch change {
        case .create(let object): create(object)
        case .update(var object):
            guard let stored = store[object.objectID] else { return }
            object["status"] = stored["status"]
            for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
                object.set(stored.value(at: "metadata", field), at: "metadata", field)
            }
            precondition(object.resourceVersion.isEmpty, "a conditional write would conflict with an earlier one")
            let isBinding = object.kind == "Pod"
            write(object, bumping: !isBinding && object["spec"] != stored["spec"])
        case .updateStatus(let object):
            guard var stored = store[object.objectID] else { return }
            precondition(object.resourceVersion.isEmpty, "a conditional write would conflict with an earlier one")
            stored["status"] = object["status"]
            // The API server lets annotations be written with a status.
            stored.set(object.value(at: "metadata", "annotations"), at: "metadata", "annotations")
            write(stored, bumping: false)
        case .delete(let id, let uid), .deleteForeground(let id, let uid): delete(id, uid: uid)
        case .scale(let id, let replicas): edit(id) { $0.set(.count(replicas), at: "spec", "replicas") }
        case .bind(let id, let node): bind(id, to: node)
        case .event(let regarding, _, let reason, let message):
            events.append(Event(source: source, object: regarding.name, reason: reason, message: message))
        }
    }

    // MARK: The store

    private func create(_ given: Object) {
        guard store[given.objectID] == nil else { return }
        var object = given
        version += 1
        object.set(.string("uid-\(version)"), at: "metadata", "uid")
        object.set(.string(now.secondsDescription), at: "metadata", "creationTimestamp")
        object.set(1, at: "metadata", "generation")
        if object.kind == "Pod", object["status"] == nil { object["status"] = ["phase": "Pending"] }
        if object.kind == "Namespace", object["status"] == nil { object["status"] = ["phase": "Active"] }
        write(object, bumping: false)
    }

    private func write(_ given: Object, bumping: Bool) {
        var object = given
        if let stored = store[object.objectID], stored == object { return }
        version += 1
        object.set(.string(String(version)), at: "metadata", "resourceVersion")
        if bumping { object.set(.integer((object.generation ?? 0) + 1), at: "metadata", "generation") }
        // A pod goes when its kubelet has said so as well.
        let isStopped = object.kind != "Pod" || object.value(at: "metadata", "deletionGracePeriodSeconds") == 0
        let isGone = object.isTerminating && object.finalizers.isEmpty && isStopped
        store[object.objectID] = isGone ? nil : object
        history[object.objectID, default: []].append(object)
        notify(object)
        onWrite?(self)
    }

    private func bind(_ id: ObjectID, to node: String) {
        guard var pod = store[id] else { return }
        pod.set(.string(node), at: "spec", "nodeName")
        write(pod, bumping: false)
    }

    private func delete(_ id: ObjectID, uid: String?) {
        guard var object = store[id], uid == nil || uid == object.uid else { return }
        let isGraceful = object.kind == "Pod" && object.string(at: "spec", "nodeName") != nil
        if !object.isTerminating, isGraceful || !object.finalizers.isEmpty {
            object.set(.string(now.secondsDescription), at: "metadata", "deletionTimestamp")
            object.set(isGraceful && !object.isPodFinished ? 30 : 0, at: "metadata", "deletionGracePeriodSeconds")
            return write(object, bumping: false)
        }
        guard object.finalizers.isEmpty else {
            object.set(0, at: "metadata", "deletionGracePeriodSeconds")
            return write(object, bumping: false)
        }
        store[id] = nil
        notify(object)
        onWrite?(self)
        for dependent in store.values.map(\.objectID).sorted() {
            let isOwned = store[dependent]?.ownerReferences.contains { $0.uid == object.uid }
            if isOwned == true { delete(dependent, uid: nil) }
        }
    }

    private func notify(_ object: Object) {
        for (index, controller) in controllers.enumerated() {
            for id in controller.keys(affectedBy: object, in: self) { enqueue(Key(controller: index, id: id)) }
        }
    }

    private func enqueue(_ key: Key) {
        if !queue.contains(key) { queue.append(key) }
    }
}

extension ControllerHarness: ClusterReader {
    func object(_ id: ObjectID) -> Object? { store[id] }

    func objects(_ kind: GroupKind, namespace: String?) -> [Object] {
        store.values
            .filter { $0.groupKind == kind && (namespace == nil || $0.namespace == namespace) }
            .sorted { $0.objectID < $1.objectID }
    }

    func owned(by uid: String, kind: GroupKind) -> [Object] {
        objects(kind, namespace: nil).filter { $0.ownerReferences.contains { $0.uid == uid } }
    }
}

/// A small generator with a seed (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
