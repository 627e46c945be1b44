// SPDX-License-Identifier: Apache-2.0

import Crypto
import Manifests

/// The server's state and its synchronous core: every request and every controller change goes through here.
struct APIServer {
    private let time: @Sendable () -> Timestamp
    /// How far the clock was driven ahead of `time`.
    var ahead = Duration.zero
    var random: any RandomNumberGenerator & Sendable
    let options: SandboxOptions
    let controllers: [any SandboxController]
    /// Signs the tokens of service accounts.
    let signingKey: SymmetricKey

    var store: Store
    var registry = ResourceRegistry()
    var queue = WorkQueue()
    var watches = Watches()
    var logFollowers = LogFollowers()
    var events = EventIndex()
    var addresses = AddressPool()
    var openAPI = OpenAPI()
    /// What controllers have decided and not written yet, the next one last.
    var pending: [(controller: Int, key: ObjectID, change: ControllerChange)] = []
    /// By the uid of an owner: why what its controller wanted to create was refused, until it is not.
    var refusals: [String: Refusal] = [:]
    /// What controllers remember of an object between two looks at it.
    var memories: [WorkQueue.Place: Object] = [:]
    /// What the last event was named by.
    var lastEvent: Int64 = 0
    var faults = FaultPlan(seed: 0)
    /// Laid on the watch that the request under way opens.
    var watchFaults: [WatchOutput.Laid] = []

    init(
        now: @escaping @Sendable () -> Timestamp, random: any RandomNumberGenerator & Sendable,
        options: SandboxOptions, controllers: [any SandboxController]
    ) {
        time = now
        var random = random
        signingKey = SymmetricKey(from: &random)
        self.random = random
        self.options = options
        self.controllers = controllers
        store = Store(historyLimit: options.historyLimit)
        bootstrap()
    }

    func now() -> Timestamp { time() + ahead }

    /// Objects that a new cluster has.
    private mutating func bootstrap() {
        guard let namespaces = registry.resource(for: GroupKind(group: "", kind: "Namespace")) else { return }
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            let request = WriteRequest(type: namespaces, namespace: "", name: "", manager: "kube-apiserver")
            let object: Object = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
            // Cannot fail: valid names, in an empty store.
            _ = try? create(object, request)
        }
        if case .rbac = options.access {
            for object in BootstrapPolicy.objects {
                guard let type = registry.resource(for: object.groupVersionKind) else { continue }
                _ = try? create(object, WriteRequest(type: type, namespace: "", name: "", manager: "kube-apiserver"))
            }
        }
        createStandingObjects()
        publishServer()
        options.nodes.forEach { registerNode($0) }
        runControllers()
    }

    var nextDeadline: Timestamp? {
        [queue.nextWake, watches.nextDeadline].compactMap { $0 }.min()
    }

    /// The stored object changed or went away: tell watches, controllers and the garbage collector.
    mutating func published(_ change: Change) {
        watches.deliver(change, now: now())
        logFollowers.deliver(change, now: now())
        if change.key.kind == EventIndex.kind { events.note(change, now: now()) }
        guard let object = change.after ?? change.last else { return }
        enqueueInternalWork(change)
        let reader = StoreReader(store: store)
        for (index, controller) in controllers.enumerated() {
            var keys = controller.keys(affectedBy: object, in: reader)
            if let before = change.before, change.after != nil, before.labels != object.labels {
                keys += controller.keys(affectedBy: before, in: reader)
            }
            for key in keys { queue.add(.reconcile(controller: index, key)) }
        }
    }

    /// Writes through to the store and publishes.
    mutating func put(_ object: Object, at key: StoreKey) -> Object {
        let before = store.object(key)
        let stored = store.put(object, at: key)
        published(Change(revision: store.revision, key: key, before: before, after: stored))
        return stored
    }

    @discardableResult
    mutating func remove(_ key: StoreKey) -> Object? {
        let before = store.object(key)
        guard let last = store.remove(key) else { return nil }
        published(Change(revision: store.revision, key: key, before: before, after: nil, last: last))
        return last
    }

    /// A version 4 UUID from the injected randomness (RFC 9562 section 5.4).
    mutating func uuid() -> String {
        let high = random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        func hex(_ value: UInt64) -> [Character] {
            let text = String(value, radix: 16)
            return Array(String(repeating: "0", count: 16 - text.count) + text)
        }
        let digits = hex(high) + hex(low)
        return [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
            .map { String($0) }.joined(separator: "-")
    }

    /// Five characters of the alphabet that Kubernetes uses for generated names.
    mutating func nameSuffix() -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        return String((0..<5).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] })
    }
}

/// The controllers' view. Short-lived: it shares storage with the store, which would copy if written meanwhile.
struct StoreReader: ClusterReader {
    let store: Store
    var refusals: [String: Refusal] = [:]
    var memory: Object?

    func refusal(of owner: Object) -> Refusal? { refusals[owner.uid] }

    func object(_ id: ObjectID) -> Object? { store.object(StoreKey(id)) }

    func objects(_ kind: GroupKind, namespace: String?) -> [Object] { store.objects(kind, namespace: namespace) }

    func owned(by uid: String, kind: GroupKind) -> [Object] {
        store.dependents(of: uid).filter { $0.kind == kind }.compactMap { store.object($0) }
    }
}
