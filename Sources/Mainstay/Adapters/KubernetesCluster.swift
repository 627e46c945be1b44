// SPDX-License-Identifier: Apache-2.0

package import Kubernetes
internal import Manifests
internal import Planning
package import Reconciler
internal import Transport

package enum Adapters {
    /// The daemon's cluster, for who measures it.
    package static func cluster(over client: KubernetesClient) -> any Cluster { KubernetesCluster(client: client) }
}

/// The reconciler's cluster, over the Kubernetes client.
struct KubernetesCluster: Cluster {
    let client: KubernetesClient
    /// On whose behalf requests are sent.
    var flow = ""

    func asked(by name: String) -> any Cluster { KubernetesCluster(client: client, flow: name) }

    func kind(_ kind: GroupVersionKind) async throws(ClusterFailure) -> ServedKind? {
        try await asked { () async throws(KubernetesError) in
            try await client.resource(for: kind).map {
                ServedKind(kind: kind, isNamespaced: $0.isNamespaced, plural: $0.plural)
            }
        }
    }

    func apply(
        _ object: Object, as manager: FieldManager, force: Bool, dryRun: Bool
    ) async throws(ClusterFailure) -> Object {
        let applied = try await asked(about: object) { () async throws(KubernetesError) in
            try await client.apply(object, fieldManager: manager.rawValue, force: force, dryRun: dryRun)
        }
        // A kind that was just declared is looked for at once, not a discovery interval later.
        if object.kind == "CustomResourceDefinition" { await client.invalidateDiscovery() }
        return applied.object
    }

    func create(_ object: Object) async throws(ClusterFailure) {
        _ = try await asked(about: object) { () async throws(KubernetesError) in try await client.create(object) }
    }

    func get(_ id: ObjectID, version: String) async throws(ClusterFailure) -> Object? {
        try await asked { () async throws(KubernetesError) in
            guard let resource = try await resource(id, version: version) else { return nil }
            return try await client.get(resource, namespace: id.namespace, name: id.name)
        }
    }

    func list(
        _ kind: ServedKind, namespace: String?, notOlderThan version: String,
        inspect: @escaping @Sendable (Object) -> Void
    ) async throws(ClusterFailure) -> ObjectPage {
        let list = try await asked { () async throws(KubernetesError) in
            // Trimmed page by page: the whole of 20,000 objects is several times what is kept of them.
            try await client.list(
                try await served(kind), namespace: namespace, labelSelector: nil, fieldSelector: nil,
                notOlderThan: version,
                keep: { object in
                    let whole = object.stating(kind.kind)
                    inspect(whole)
                    return whole.trimmedForObservation
                })
        }
        return ObjectPage(objects: list.items, resourceVersion: list.resourceVersion)
    }

    func watch(
        _ kind: ServedKind, namespace: String?, from start: ObservationStart
    ) -> AsyncThrowingStream<ClusterEvent, any Error> {
        let events = WatchEvents(client: client, kind: kind, namespace: namespace, start: start)
        return AsyncThrowingStream { try await events.next() }
    }

    func patch(_ id: ObjectID, version: String, _ operations: [Value]) async throws(ClusterFailure) -> Object {
        try await asked { () async throws(KubernetesError) in
            guard let resource = try await resource(id, version: version) else {
                throw KubernetesError(
                    code: .kindNotServed, subject: "patch \(id)", message: "the server does not serve its kind")
            }
            return try await client.patch(
                resource, namespace: id.namespace, name: id.name, .json(operations)
            ).object
        }
    }

    func delete(_ id: ObjectID, version: String, uid: String) async throws(ClusterFailure) -> Bool {
        try await asked { () async throws(KubernetesError) in
            guard let resource = try await resource(id, version: version) else { return false }
            return try await client.delete(
                resource, namespace: id.namespace, name: id.name, uid: uid, propagation: .background)
        }
    }

    func acceptsAsNew(_ object: Object) async throws(ClusterFailure) -> Bool {
        try await asked(about: object) { () async throws(KubernetesError) in
            try await client.probe(object) == .immutable
        }
    }

    func logLines(
        namespace: String, pod: String, container: String, previous: Bool
    ) async throws(ClusterFailure) -> [String] {
        try await asked { () async throws(KubernetesError) in
            try await client.podLog(
                namespace: namespace, pod: pod, container: container, previous: previous, tailLines: 20)
        }
    }

    func probe(
        namespace: String, service: String, port: String, path: String, sending headers: [Application.SentHeader]
    ) async throws(ClusterFailure) -> CheckAnswer {
        try await asked { () async throws(KubernetesError) in
            CheckAnswer(
                try await client.probe(
                    namespace: namespace, service: service, port: port, path: path,
                    sending: HTTPHeaders(headers.map { HTTPHeaders.Field(name: $0.name, value: $0.value) })))
        }
    }

    func accessRules(in namespace: String) async throws(ClusterFailure) -> AccessRules {
        try await asked { () async throws(KubernetesError) in
            AccessRules(status: try await client.accessRules(in: namespace))
        }
    }

    func isAllowed(_ right: AccessRight) async throws(ClusterFailure) -> Bool {
        try await asked { () async throws(KubernetesError) in
            try await client.isAllowed(
                right.verb, group: right.group, resource: right.resource, namespace: right.namespace)
        }
    }

    func serverVersion() async throws(ClusterFailure) -> String {
        try await asked { () async throws(KubernetesError) in try await client.version() }
    }

    // MARK: Pieces

    private func asked<Answer>(
        _ question: () async throws(KubernetesError) -> Answer
    ) async throws(ClusterFailure) -> Answer {
        // A task-local value's closure cannot throw a type.
        let answer: Result<Answer, KubernetesError> = await KubernetesClient.$flow.withValue(flow) {
            do throws(KubernetesError) { return .success(try await question()) } catch { return .failure(error) }
        }
        do throws(KubernetesError) {
            return try answer.get()
        } catch {
            throw ClusterFailure(error)
        }
    }

    /// Sends an object. What is said of a refused one is said without the user of an address, and of a Secret without its
    /// values: an admission webhook's own words are quoted, and may be about them.
    private func asked<Answer>(
        about object: Object, _ question: () async throws(KubernetesError) -> Answer
    ) async throws(ClusterFailure) -> Answer {
        do throws(ClusterFailure) {
            return try await asked(question)
        } catch {
            let isSecret = object.objectID.groupKind == GroupKind(group: "", kind: "Secret")
            var told = error
            told.message = LogRedaction(secrets: isSecret ? [object] : []).redact(error.message)
            throw told
        }
    }

    /// Any served version reads the object: the one it was written in may be gone by now.
    private func resource(_ id: ObjectID, version: String) async throws(KubernetesError) -> APIResource? {
        let kind = GroupVersionKind(group: id.group, version: version, kind: id.kind)
        if let resource = try await client.resource(for: kind) { return resource }
        return try await client.preferredResource(for: id.groupKind)
    }

    private func served(_ kind: ServedKind) async throws(KubernetesError) -> APIResource {
        guard let resource = try await client.resource(for: kind.kind) else {
            throw KubernetesError(
                code: .kindNotServed, subject: "list \(kind.kind)", message: "the server does not serve it")
        }
        return resource
    }
}

extension KubernetesCluster: ClusterSurvey {
    func kinds() async throws(ClusterFailure) -> [ServedKind] {
        let resources = try await asked { () async throws(KubernetesError) in try await client.resources() }
        var seen: Set<GroupKind> = []
        return resources.filter { $0.verbs.contains("list") && seen.insert($0.groupKind).inserted }
            .map { ServedKind(kind: $0.groupVersionKind, isNamespaced: $0.isNamespaced, plural: $0.plural) }
    }

    func objects(
        of kind: ServedKind, namespace: String?, isOwned: Bool
    ) async throws(ClusterFailure) -> [Object] {
        try await asked { () async throws(KubernetesError) in
            try await client.list(
                try await served(kind), namespace: kind.isNamespaced ? namespace : nil,
                labelSelector: isOwned ? OwnerLabel.key : nil, fieldSelector: nil, keep: { $0.stating(kind.kind) }
            ).items
        }
    }
}

/// Turns the client's watch events into the reconciler's, one at a time in the caller's task.
private actor WatchEvents {
    private let client: KubernetesClient
    private let kind: ServedKind
    private let namespace: String?
    private let start: ObservationStart
    private var iterator: AsyncThrowingStream<WatchEvent, any Error>.Iterator?

    init(client: KubernetesClient, kind: ServedKind, namespace: String?, start: ObservationStart) {
        self.client = client
        self.kind = kind
        self.namespace = namespace
        self.start = start
    }

    func next() async throws -> ClusterEvent? {
        do {
            var events =
                if let iterator { iterator } else { try await open().makeAsyncIterator() }
            iterator = events
            switch try await events.next(isolation: #isolation) {
            case .added(let object), .modified(let object): return .present(object.stating(kind.kind))
            case .deleted(let object): return .deleted(object.stating(kind.kind))
            case .bookmark(let version): return .bookmark(version)
            case .opened: return .opened
            case .synced(let version): return .complete(version)
            case nil: return nil
            }
        } catch let error as KubernetesError {
            throw ClusterFailure(error)
        }
    }

    private func open() async throws -> AsyncThrowingStream<WatchEvent, any Error> {
        guard let resource = try await client.resource(for: kind.kind) else {
            throw KubernetesError(
                code: .expired, subject: "watch \(kind.kind)", message: "the server no longer serves it")
        }
        let from: WatchStart =
            switch start {
            case .after(let version): .after(resourceVersion: version)
            case .everything(let version): .everything(notOlderThan: version)
            }
        return client.watch(resource, namespace: namespace, labelSelector: nil, from: from)
    }
}

extension Object {
    fileprivate func stating(_ kind: GroupVersionKind) -> Object {
        var object = self
        if object["kind"] == nil { object["kind"] = .string(kind.kind) }
        if object["apiVersion"] == nil { object["apiVersion"] = .string(kind.apiVersion) }
        return object
    }
}

extension ClusterLoad {
    init(_ limits: RequestLimits) {
        self.init(
            limit: limits.limit, inFlight: limits.inFlight, waiting: limits.waiting, refused: limits.refused,
            repeated: limits.repeated, sent: limits.sent)
    }
}

extension ClusterFailure {
    init(_ error: KubernetesError) {
        let hint = error.hint.isEmpty ? "" : "; \(error.hint)"
        self.init(
            code: Code(error), message: "\(error.subject): \(error.message)\(hint)", retryAfter: error.retryAfter,
            conflicts: error.causes.compactMap { cause in
                cause.manager.map { FieldConflict(field: cause.field, manager: $0) }
            },
            fields: error.code == .invalid ? error.causes.map(\.field).filter { !$0.isEmpty } : [])
    }
}

extension ClusterFailure.Code {
    fileprivate init(_ error: KubernetesError) {
        self =
            switch error.code {
            case .unauthorized: .unauthorized
            case .forbidden: .forbidden
            case .quotaExceeded: .quotaExceeded
            case .admissionDenied: .admissionDenied
            case .notFound: .notFound
            case .namespaceNotFound: .namespaceMissing
            case .namespaceTerminating: .namespaceTerminating
            case .kindNotServed: .kindNotServed
            case .conflict: error.causes.isEmpty ? .stale : .fieldConflict
            case .alreadyExists: .stale
            case .invalid, .tooLarge: .invalid
            case .expired: .expired
            case .serverError: .serverError
            case .tooManyRequests, .unavailable, .transport, .malformedAnswer: .unavailable
            case .cancelled: .cancelled
            case .brokenOwnership: .brokenOwnership
            case .webhookFailed: .webhookFailed
            // A wrong certificate or address: the operator mends it, and the daemon goes on.
            case .configuration: .unavailable
            }
    }
}
