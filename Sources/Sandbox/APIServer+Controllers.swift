// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    /// Works the queue until it is empty, or `reconcileLimit` is reached (the rest stays queued).
    mutating func runControllers() { _ = runControllers(atMost: options.reconcileLimit) }

    /// Tells how many pieces of work it did: a decision, or one write of those that came of it.
    mutating func runControllers(atMost limit: Int) -> Int {
        var done = 0
        while done < limit {
            if let next = pending.popLast() {
                done += 1
                let isDone = apply(next.change, of: next.controller, key: next.key)
                // What a fault refuses once it may let pass the next time.
                if !isDone, !faults.isEmpty {
                    queue.hasten(now() + .seconds(1), controller: next.controller, key: next.key)
                }
                continue
            }
            guard let work = queue.next() else { break }
            done += 1
            switch work {
            case .reconcile(let controller, let key): reconcile(key, with: controller)
            case .collect(let key): collect(key)
            case .finalize(let key): finalizeDependents(of: key)
            case .namespace(let name): reconcileNamespace(name)
            case .definition(let name): reconcileDefinition(name)
            case .aggregation: aggregateClusterRoles()
            case .tokenSecret(let key): reconcileTokenSecret(key)
            }
        }
        return done
    }

    mutating func runTimers() {
        let time = now()
        queue.wake(now: time)
        store.compact(now: time)
        for event in events.expired(now: time) where store.object(event.key)?.resourceVersion == event.version {
            remove(event.key)
        }
        watches.expire(now: time, revision: store.revision, interval: options.bookmarkInterval)
        runControllers()
    }

    private mutating func reconcile(_ key: ObjectID, with index: Int) {
        let controller = controllers[index]
        // A generator of its own: what one controller draws does not shift what others get.
        var generator: any RandomNumberGenerator = SplitMix64(seed: random.next())
        let place = WorkQueue.Place(controller: index, key: key)
        let reader = StoreReader(store: store, refusals: refusals, memory: memories[place])
        let result = controller.reconcile(key, in: reader, now: now(), random: &generator)
        memories[place] = result.memory
        var wake = result.wakeAt
        let uid = store.object(StoreKey(key))?.uid
        if let retry = uid.flatMap({ refusals[$0]?.retryAt }), retry > now() {
            wake = wake.map { min($0, retry) } ?? retry
        }
        queue.setWake(wake, controller: index, key: key)
        pending = result.changes.reversed().map { (index, key, $0) }
    }

    /// A refused change (deleted meanwhile, namespace terminating) is dropped, as a controller would see it again.
    ///
    /// - Returns: false for a refused one.
    private mutating func apply(_ change: ControllerChange, of index: Int, key: ObjectID) -> Bool {
        let controller = controllers[index]
        let manager = controller.manager
        do throws(StatusError) {
            switch change {
            case .create(let object):
                guard let request = request(for: object, manager: manager) else { return true }
                let owner = object.controllerReference?["uid"]?.string ?? ""
                if let refusal = refusals[owner], refusal.retryAt > now() {
                    skipCreations()
                    return true
                }
                _ = try create(object, request)
                refusals[owner] = nil
            case .update(let object):
                guard var request = request(for: object, manager: manager) else { return true }
                request.name = object.name
                _ = try update(object, request)
            case .updateStatus(let object):
                guard var request = request(for: object, manager: manager) else { return true }
                request.name = object.name
                request.subresource = "status"
                _ = try update(object, request)
            case .delete(let id, let uid): try delete(id, uid: uid, .background, manager: manager)
            case .deleteForeground(let id, let uid): try delete(id, uid: uid, .foreground, manager: manager)
            case .scale(let id, let replicas):
                guard let type = registry.resource(for: id.groupKind) else { return true }
                let request = WriteRequest(type: type, namespace: id.namespace, name: id.name, manager: manager)
                try setScale(request, replicas: replicas)
            case .bind(let id, let node):
                guard let type = registry.resource(for: id.groupKind) else { return true }
                let request = WriteRequest(type: type, namespace: id.namespace, name: id.name, manager: manager)
                try bind(request, node: node)
            case .event(let regarding, let kind, let reason, let message):
                recordEvent(regarding, type: kind, reason: reason, message: message, by: controller)
            }
            return true
        } catch {
            if case .create(let object) = change { refused(object, error, by: index, key: key) }
            return false
        }
    }

    private mutating func delete(
        _ id: ObjectID, uid: String?, _ propagation: DeleteOptions.Propagation, manager: String
    ) throws(StatusError) {
        guard let type = registry.resource(for: id.groupKind) else { return }
        let request = WriteRequest(
            type: type, namespace: type.namespaced ? id.namespace : "", name: id.name, manager: manager)
        var options = DeleteOptions()
        options.uid = uid
        options.propagation = propagation
        // A second delete is the kubelet's: the pod has stopped.
        if store.object(request.key)?.isTerminating == true { options.gracePeriodSeconds = 0 }
        _ = try delete(request, options)
    }

    /// What else the controller wanted to create now, and what it would have said of it.
    private mutating func skipCreations() {
        pending.removeAll { next in
            switch next.change {
            case .create: true
            case .event(_, _, let reason, _): reason == "SuccessfulCreate"
            default: false
            }
        }
    }

    /// A quota, a limit or a policy: the owner is told, and it is tried again later and later.
    private mutating func refused(_ object: Object, _ error: StatusError, by index: Int, key: ObjectID) {
        guard let reference = object.controllerReference, let uid = reference["uid"]?.string, error.code != 409,
            error.code != 404, error.details?.causes.first?.reason != "NamespaceTerminating"
        else { return }
        let kind = GroupVersionKind(apiVersion: reference.apiVersion, kind: reference.kind).groupKind
        let name = reference["name"]?.string ?? ""
        let owner = store.object(StoreKey(kind: kind, namespace: object.namespace, name: name))
        guard let owner, owner.uid == uid else { return }
        skipCreations()
        let attempts = (refusals[uid]?.attempts ?? 0) + 1
        let pause = min(Duration.seconds(1 << min(attempts - 1, 10)), .seconds(1000))
        refusals[uid] = Refusal(message: error.message, retryAt: now() + pause, attempts: attempts)
        recordEvent(
            owner, type: "Warning", reason: "FailedCreate", message: "Error creating: \(error.message)",
            by: controllers[index])
        queue.add(.reconcile(controller: index, key))
    }

    private func request(for object: Object, manager: String) -> WriteRequest? {
        guard let type = registry.resource(for: object.groupVersionKind) else { return nil }
        return WriteRequest(
            type: type, namespace: type.namespaced ? object.namespace : "", name: "", manager: manager)
    }

    /// Repeats of one event raise its count instead of adding objects.
    private mutating func recordEvent(
        _ regarding: Object, type kind: String, reason: String, message: String, by controller: any SandboxController
    ) {
        let component = controller.name
        guard let type = registry.resource(for: GroupKind(group: "", kind: "Event")) else { return }
        let namespace = regarding.namespace.isEmpty ? "default" : regarding.namespace
        let time = Value.string(now().secondsDescription)
        var request = WriteRequest(type: type, namespace: namespace, name: "", manager: controller.manager)
        let topic = EventIndex.Topic(
            namespace: namespace, uid: regarding.uid, reason: reason, message: message, component: component)
        let known = events.name(of: topic)
        if let known, var event = store.object(StoreKey(kind: EventIndex.kind, namespace: namespace, name: known)) {
            event["count"] = .integer((event["count"]?.integer ?? 1) + 1)
            event["lastTimestamp"] = time
            request.name = event.name
            _ = try? update(event, request)
            return
        }
        let suffix = eventSuffix()
        let event: Object = [
            "apiVersion": "v1", "kind": "Event",
            "metadata": ["name": .string("\(regarding.name).\(suffix)"), "namespace": .string(namespace)],
            "involvedObject": [
                "kind": .string(regarding.kind), "namespace": .string(regarding.namespace),
                "name": .string(regarding.name), "uid": .string(regarding.uid),
                "apiVersion": .string(regarding.apiVersion), "resourceVersion": .string(regarding.resourceVersion),
            ],
            "reason": .string(reason), "message": .string(message), "source": ["component": .string(component)],
            "firstTimestamp": time, "lastTimestamp": time, "count": 1, "type": .string(kind), "eventTime": nil,
            "reportingComponent": .string(component), "reportingInstance": "",
        ]
        _ = try? create(event, request)
    }

    /// The time in nanoseconds, as client-go names events, told apart where several come within a millisecond.
    private mutating func eventSuffix() -> String {
        lastEvent = max(lastEvent + 1, now().millisecondsSinceEpoch * 1_000_000)
        let digits = String(lastEvent, radix: 16)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }
}
