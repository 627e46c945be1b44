// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Read-only view of the store for controllers; lists are sorted by namespace and name.
package protocol ClusterReader {
    func object(_ id: ObjectID) -> Object?

    /// All objects of a kind, in one namespace or (nil) in all.
    func objects(_ kind: GroupKind, namespace: String?) -> [Object]

    /// Objects of a kind that name `uid` among their owner references.
    func owned(by uid: String, kind: GroupKind) -> [Object]

    /// Why the server refused what an owner's controller wanted to create last.
    func refusal(of owner: Object) -> Refusal?

    /// What this controller had to remember of the object that it is asked about: the last `ControllerResult.memory`.
    var memory: Object? { get }
}

extension ClusterReader {
    package func refusal(of owner: Object) -> Refusal? { nil }
    package var memory: Object? { nil }
}

/// A create that the server refused: tried again later and later.
package struct Refusal: Sendable {
    package var message: String
    package var retryAt: Timestamp
    var attempts: Int
}

/// What a controller wants written; the cluster applies it through the same write path as requests.
package enum ControllerChange: Sendable {
    /// `metadata.generateName` is allowed.
    case create(Object)
    /// Replaces specification and metadata; the status stays.
    case update(Object)
    /// Replaces the status and, as the server allows with it, the annotations; everything else stays.
    case updateStatus(Object)
    /// Deletes in the background. With a uid, only the object that has it.
    case delete(ObjectID, uid: String?)
    /// The same, and the object stays until its dependents are gone.
    case deleteForeground(ObjectID, uid: String?)
    /// Sets a workload's size, through its `scale` subresource.
    case scale(ObjectID, replicas: Int)
    /// Puts a pod on a node, through its `binding` subresource.
    case bind(ObjectID, node: String)
    /// `type` is `Normal` or `Warning`.
    case event(regarding: Object, type: String, reason: String, message: String)
}

package struct ControllerResult: Sendable {
    package var changes: [ControllerChange]
    /// When to reconcile the same key again, even if nothing changes.
    package var wakeAt: Timestamp?
    /// What the next pass over the same key is to know that no object tells: what a real controller keeps in its
    /// memory. Nil forgets.
    package var memory: Object?

    package init(changes: [ControllerChange] = [], wakeAt: Timestamp? = nil) {
        self.changes = changes
        self.wakeAt = wakeAt
    }
}

/// One control loop, as a pure function of the store, the time and randomness.
package protocol SandboxController: Sendable {
    /// The source of its events, e.g. `deployment-controller` or `kubelet`.
    var name: String { get }

    /// The field manager of its writes: the program that it is part of.
    var manager: String { get }

    /// The objects to reconcile when `object` changed (or went away).
    func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID]

    func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult
}

extension SandboxController {
    package var manager: String { "kube-controller-manager" }
}
