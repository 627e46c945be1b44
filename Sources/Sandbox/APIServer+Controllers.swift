// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    /// Works the queue until it is empty, or `reconcileLimit` is reached (the rest stays queued).
    mutating func runControllers() {
        var budget = options.reconcileLimit
        while budget > 0, let work = queue.next() {
            budget -= 1
            switch work {
            case .reconcile(let controller, let key): reconcile(key, with: controller)
            case .collect(let key): collect(key)
            case .finalize(let key): finalizeDependents(of: key)
            case .namespace(let name): reconcileNamespace(name)
            case .definition(let name): reconcileDefinition(name)
            }
        }
    }

    mutating func runTimers() {
        let time = now()
        queue.wake(now: time)
        watches.expire(now: time, revision: store.revision)
        runControllers()
    }

    private mutating func reconcile(_ key: ObjectID, with index: Int) {
        let controller = controllers[index]
        // A generator of its own: what one controller draws does not shift what others get.
        var generator: any RandomNumberGenerator = SplitMix64(seed: random.next())
        let result = controller.reconcile(key, in: StoreReader(store: store), now: now(), random: &generator)
        queue.setWake(result.wakeAt, controller: index, key: key)
        var isRefused = false
        for change in result.changes where !apply(change, manager: controller.name) { isRefused = true }
        // What a fault refuses once it may let pass the next time.
        if isRefused, !faults.isEmpty {
            let retry = now() + .seconds(1)
            queue.setWake(min(retry, result.wakeAt ?? retry), controller: index, key: key)
        }
    }

    /// A refused change (deleted meanwhile, namespace terminating) is dropped, as a controller would see it again.
    ///
    /// - Returns: false for a refused one.
    private mutating func apply(_ change: ControllerChange, manager: String) -> Bool {
        do throws(StatusError) {
            switch change {
            case .create(let object):
                guard let request = request(for: object, manager: manager) else { return true }
                _ = try create(object, request)
            case .update(let object):
                guard var request = request(for: object, manager: manager) else { return true }
                request.name = object.name
                _ = try update(object, request)
            case .updateStatus(let object):
                guard var request = request(for: object, manager: manager) else { return true }
                request.name = object.name
                request.subresource = "status"
                _ = try update(object, request)
            case .delete(let id, let uid):
                guard let type = registry.resource(for: id.groupKind) else { return true }
                let request = WriteRequest(type: type, namespace: id.namespace, name: id.name, manager: manager)
                var options = DeleteOptions()
                options.uid = uid
                options.propagation = .background
                // A second delete is the kubelet's: the pod has stopped.
                if store.object(request.key)?.isTerminating == true { options.gracePeriodSeconds = 0 }
                _ = try delete(request, options)
            case .event(let regarding, let kind, let reason, let message):
                recordEvent(regarding: regarding, type: kind, reason: reason, message: message, component: manager)
            }
            return true
        } catch {
            return false
        }
    }

    private func request(for object: Object, manager: String) -> WriteRequest? {
        guard let type = registry.resource(for: object.groupVersionKind) else { return nil }
        return WriteRequest(
            type: type, namespace: type.namespaced ? object.namespace : "", name: "", manager: manager)
    }

    /// Repeats of one event raise its count instead of adding objects.
    mutating func recordEvent(regarding: Object, type kind: String, reason: String, message: String, component: String)
    {
        guard let type = registry.resource(for: GroupKind(group: "", kind: "Event")) else { return }
        let namespace = regarding.namespace.isEmpty ? "default" : regarding.namespace
        let time = Value.string(now().secondsDescription)
        var request = WriteRequest(type: type, namespace: namespace, name: "", manager: component)
        let same = store.objects(type.storage, namespace: namespace).first {
            $0.value(at: "involvedObject", "uid") == .string(regarding.uid) && $0["reason"] == .string(reason)
                && $0["message"] == .string(message) && $0.value(at: "source", "component") == .string(component)
        }
        if var event = same {
            event["count"] = .integer((event["count"]?.integer ?? 1) + 1)
            event["lastTimestamp"] = time
            request.name = event.name
            _ = try? update(event, request)
            return
        }
        let suffix = String(random.next(), radix: 16)
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
}
