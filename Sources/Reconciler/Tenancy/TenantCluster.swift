// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// The cluster, as long as no other daemon writes the same into it: nothing is changed in a namespace that another has.
struct TenantCluster: Cluster {
    let base: any Cluster
    let tenancy: TenancyBoard

    private func requireTenancy(of id: ObjectID) throws(ClusterFailure) {
        guard let cause = tenancy.refusal(in: id.namespace) else { return }
        throw ClusterFailure(code: .otherDaemon, message: cause.message)
    }

    func asked(by name: String) -> any Cluster { TenantCluster(base: base.asked(by: name), tenancy: tenancy) }

    // MARK: Changes

    func apply(
        _ object: Object, as manager: FieldManager, force: Bool, dryRun: Bool
    ) async throws(ClusterFailure) -> Object {
        if !dryRun { try requireTenancy(of: object.objectID) }
        return try await base.apply(object, as: manager, force: force, dryRun: dryRun)
    }

    func create(_ object: Object) async throws(ClusterFailure) {
        try requireTenancy(of: object.objectID)
        try await base.create(object)
    }

    func patch(_ id: ObjectID, version: String, _ operations: [Value]) async throws(ClusterFailure) -> Object {
        try requireTenancy(of: id)
        return try await base.patch(id, version: version, operations)
    }

    func delete(_ id: ObjectID, version: String, uid: String) async throws(ClusterFailure) -> Bool {
        try requireTenancy(of: id)
        return try await base.delete(id, version: version, uid: uid)
    }

    // MARK: Questions

    func kind(_ kind: GroupVersionKind) async throws(ClusterFailure) -> ServedKind? { try await base.kind(kind) }

    func get(_ id: ObjectID, version: String) async throws(ClusterFailure) -> Object? {
        try await base.get(id, version: version)
    }

    func list(
        _ kind: ServedKind, namespace: String?, notOlderThan version: String,
        inspect: @escaping @Sendable (Object) -> Void
    ) async throws(ClusterFailure) -> ObjectPage {
        try await base.list(kind, namespace: namespace, notOlderThan: version, inspect: inspect)
    }

    func watch(
        _ kind: ServedKind, namespace: String?, from start: ObservationStart
    ) -> AsyncThrowingStream<ClusterEvent, any Error> {
        base.watch(kind, namespace: namespace, from: start)
    }

    func acceptsAsNew(_ object: Object) async throws(ClusterFailure) -> Bool { try await base.acceptsAsNew(object) }

    func logLines(
        namespace: String, pod: String, container: String, previous: Bool
    ) async throws(ClusterFailure) -> [String] {
        try await base.logLines(namespace: namespace, pod: pod, container: container, previous: previous)
    }

    func probe(
        namespace: String, service: String, port: String, path: String, sending headers: [Application.SentHeader]
    ) async throws(ClusterFailure) -> CheckAnswer {
        try await base.probe(namespace: namespace, service: service, port: port, path: path, sending: headers)
    }

    func accessRules(in namespace: String) async throws(ClusterFailure) -> AccessRules {
        try await base.accessRules(in: namespace)
    }

    func isAllowed(_ right: AccessRight) async throws(ClusterFailure) -> Bool { try await base.isAllowed(right) }

    func serverVersion() async throws(ClusterFailure) -> String { try await base.serverVersion() }

    func kinds() async throws(ClusterFailure) -> [ServedKind] { try await base.kinds() }

    func objects(
        of kind: ServedKind, namespace: String?, isOwned: Bool
    ) async throws(ClusterFailure) -> [Object] {
        try await base.objects(of: kind, namespace: namespace, isOwned: isOwned)
    }
}
