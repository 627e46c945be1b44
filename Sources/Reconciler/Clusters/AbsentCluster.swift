// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Stands for a cluster that the ledger knows of and the configuration does not: what is there is left alone.
struct AbsentCluster: Cluster {
    let name: String

    var failure: ClusterFailure {
        ClusterFailure(
            code: .unavailable,
            message: "\(ClusterPlace.words(name)) is not in the daemon's configuration: add it there under `clusters`")
    }

    func kinds() async throws(ClusterFailure) -> [ServedKind] { throw failure }

    func objects(
        of kind: ServedKind, namespace: String?, isOwned: Bool
    ) async throws(ClusterFailure) -> [Object] { throw failure }

    func kind(_ kind: GroupVersionKind) async throws(ClusterFailure) -> ServedKind? { throw failure }

    func apply(
        _ object: Object, as manager: FieldManager, force: Bool, dryRun: Bool
    ) async throws(ClusterFailure) -> Object { throw failure }

    func get(_ id: ObjectID, version: String) async throws(ClusterFailure) -> Object? { throw failure }

    func list(
        _ kind: ServedKind, namespace: String?, notOlderThan version: String,
        inspect: @escaping @Sendable (Object) -> Void
    ) async throws(ClusterFailure) -> ObjectPage { throw failure }

    func watch(
        _ kind: ServedKind, namespace: String?, from start: ObservationStart
    ) -> AsyncThrowingStream<ClusterEvent, any Error> {
        let failure = failure
        return AsyncThrowingStream { $0.finish(throwing: failure) }
    }

    func patch(_ id: ObjectID, version: String, _ operations: [Value]) async throws(ClusterFailure) -> Object {
        throw failure
    }

    func create(_ object: Object) async throws(ClusterFailure) { throw failure }

    func delete(_ id: ObjectID, version: String, uid: String) async throws(ClusterFailure) -> Bool { throw failure }

    func acceptsAsNew(_ object: Object) async throws(ClusterFailure) -> Bool { throw failure }

    func logLines(
        namespace: String, pod: String, container: String, previous: Bool
    ) async throws(ClusterFailure) -> [String] { throw failure }

    func probe(
        namespace: String, service: String, port: String, path: String, sending headers: [Application.SentHeader]
    ) async throws(ClusterFailure) -> CheckAnswer { throw failure }

    func accessRules(in namespace: String) async throws(ClusterFailure) -> AccessRules { throw failure }

    func isAllowed(_ right: AccessRight) async throws(ClusterFailure) -> Bool { throw failure }

    func serverVersion() async throws(ClusterFailure) -> String { throw failure }
}
