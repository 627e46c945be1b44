// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Sandbox
internal import Synchronization

/// Plays the operators that make Secrets of what is in git, as if whatever they ask answered: an ExternalSecret, a
/// SealedSecret and a Certificate have theirs a few seconds after they were applied.
struct SecretMakers: SandboxController {
    let name = "secret-makers"
    let manager = "secret-makers"
    let orders: Orders

    /// What is to be in which Secret, and which of them nobody makes.
    final class Orders: Sendable {
        private let state = Mutex<(keys: [ObjectID: [String]], withheld: Set<ObjectID>)>(([:], []))

        func set(_ keys: [(object: ObjectID, keys: [String])]) {
            state.withLock { state in
                for (object, keys) in keys { state.keys[object] = keys }
            }
        }

        func withhold(_ secrets: [ObjectID]) { state.withLock { $0.withheld.formUnion(secrets) } }

        /// Nil where it is withheld.
        func keys(of secret: ObjectID) -> [String]? {
            state.withLock { $0.withheld.contains(secret) ? nil : $0.keys[secret] ?? [] }
        }
    }

    private static let pace = Duration.seconds(3)
    static let kinds = [
        GroupKind(group: "bitnami.com", kind: "SealedSecret"),
        GroupKind(group: "cert-manager.io", kind: "Certificate"),
        GroupKind(group: "external-secrets.io", kind: "ExternalSecret"),
    ]

    func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        if object.madeSecret != nil { return [object.objectID] }
        guard object.objectID.groupKind == GroupKind(group: "", kind: "Secret") else { return [] }
        return Self.kinds.flatMap { cluster.objects($0, namespace: object.namespace) }
            .filter { $0.madeSecret == object.name }.map(\.objectID)
    }

    func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard let maker = cluster.object(key), let name = maker.madeSecret else { return result }
        let id = ObjectID(group: "", kind: "Secret", namespace: maker.namespace, name: name)
        if cluster.object(id) != nil {
            report(maker, isReady: true, "", now, &result)
        } else if let keys = orders.keys(of: id) {
            let made = maker.metadata["creationTimestamp"]?.string.flatMap { Timestamp($0) } ?? now
            guard now >= made + Self.pace else {
                result.wakeAt = made + Self.pace
                return result
            }
            result.changes.append(
                .create([
                    "apiVersion": "v1", "kind": "Secret",
                    "metadata": ["name": .string(name), "namespace": .string(maker.namespace)],
                    "stringData": .object(Object(keys.map { ($0, Value.string("simulated")) })),
                ]))
        } else {
            report(maker, isReady: false, "what the Secret is made from is not there", now, &result)
        }
        return result
    }

    private func report(
        _ maker: Object, isReady: Bool, _ message: String, _ now: Timestamp, _ result: inout ControllerResult
    ) {
        let status: Value = isReady ? "True" : "False"
        guard maker.value(at: "status", "conditions")?.array?.first?["status"] != status else { return }
        let type: Value = maker.kind == "SealedSecret" ? "Synced" : "Ready"
        var reported = maker
        reported["status"] = [
            "conditions": [
                [
                    "type": type, "status": status, "reason": isReady ? "SecretSynced" : "SecretSyncedError",
                    "message": .string(message), "lastTransitionTime": .string(now.secondsDescription),
                ]
            ]
        ]
        result.changes.append(.updateStatus(reported))
    }
}
