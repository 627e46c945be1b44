// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// The cluster, as the reconciler needs it: the Kubernetes API in the product.
///
/// Every call has a deadline of its own and may be cancelled.
package protocol Cluster: ClusterSurvey {
    /// The kind as the server serves it, or nil where it does not (a CRD that is not there yet).
    func kind(_ kind: GroupVersionKind) async throws(ClusterFailure) -> ServedKind?
    /// Server-side apply; answers the object as stored.
    func apply(_ object: Object, as manager: FieldManager, force: Bool, dryRun: Bool) async throws(ClusterFailure)
        -> Object
    /// Makes an object that is not there; `.stale` where it is.
    func create(_ object: Object) async throws(ClusterFailure)
    func get(_ id: ObjectID, version: String) async throws(ClusterFailure) -> Object?
    /// Everything of a kind, not older than a resource version; empty for the newest. Trimmed for observation.
    ///
    /// - Parameter inspect: is shown each object as it comes, whole.
    func list(
        _ kind: ServedKind, namespace: String?, notOlderThan version: String,
        inspect: @escaping @Sendable (Object) -> Void
    ) async throws(ClusterFailure) -> ObjectPage
    /// What changes. Ends when the server ends the watch; throws `ClusterFailure`, `.expired` where the version is too
    /// old or not known yet, `.invalid` where the server cannot begin a watch with all there is.
    func watch(_ kind: ServedKind, namespace: String?, from start: ObservationStart)
        -> AsyncThrowingStream<ClusterEvent, any Error>
    /// A JSON patch (RFC 6902), written under a name of its own, so that it makes us no co-owner of what it touches.
    /// `.stale` where it tests a resource version that is not the object's any more.
    func patch(_ id: ObjectID, version: String, _ operations: [Value]) async throws(ClusterFailure) -> Object
    /// Deletes the object with this uid, its dependents in the background. False where it is already gone.
    func delete(_ id: ObjectID, version: String, uid: String) async throws(ClusterFailure) -> Bool
    /// Would the same manifest be accepted as a new object? Tells an immutable field from a wrong one.
    func acceptsAsNew(_ object: Object) async throws(ClusterFailure) -> Bool
    /// The last lines a container wrote; empty where there are none.
    func logLines(namespace: String, pod: String, container: String, previous: Bool) async throws(ClusterFailure)
        -> [String]
    /// GET through the service's proxy; what answers is the service, whatever its status. `.notFound` where there is no
    /// such Service.
    func probe(
        namespace: String, service: String, port: String, path: String, sending headers: [Application.SentHeader]
    ) async throws(ClusterFailure) -> CheckAnswer
    /// What the server's authorizer lets the daemon do in a namespace.
    func accessRules(in namespace: String) async throws(ClusterFailure) -> AccessRules
    /// Of one thing; `namespace` is empty where it is cluster-scoped.
    func isAllowed(_ right: AccessRight) async throws(ClusterFailure) -> Bool
    func serverVersion() async throws(ClusterFailure) -> String
    /// The same cluster, asked on behalf of somebody: who asks much waits for itself, and not the others for it.
    func asked(by name: String) -> any Cluster
}

extension Cluster {
    package func asked(by name: String) -> any Cluster { self }
}

/// Where a watch begins.
package enum ObservationStart: Sendable, Hashable {
    case after(String)
    /// With all there is, each `present`, and then `complete`.
    case everything(notOlderThan: String)
}

/// Who owns the fields of an apply. The names are a contract with what is already in clusters.
package enum FieldManager: String, Sendable {
    case mainstay
    /// Holds `replicas` between our dropping it and an autoscaler taking it.
    case replicas = "mainstay-replicas"
}

package struct ServedKind: Sendable, Hashable {
    package var kind: GroupVersionKind
    package var isNamespaced: Bool
    /// As paths and RBAC name it; empty where that is not known.
    package var plural: String

    package init(kind: GroupVersionKind, isNamespaced: Bool, plural: String = "") {
        self.kind = kind
        self.isNamespaced = isNamespaced
        self.plural = plural
    }
}

package struct ObjectPage: Sendable {
    package var objects: [Object]
    package var resourceVersion: String

    package init(objects: [Object], resourceVersion: String) {
        self.objects = objects
        self.resourceVersion = resourceVersion
    }
}

package enum ClusterEvent: Sendable {
    /// The server took the watch.
    case opened
    /// All there was has been told, as of this resource version.
    case complete(String)
    case present(Object)
    case deleted(Object)
    /// Nothing changed up to this resource version.
    case bookmark(String)
}

/// Why the cluster did not do what was asked. Texts are safe to store and show.
package struct ClusterFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case unavailable = "ClusterUnavailable"
        case unauthorized = "Unauthorized"
        case forbidden = "Forbidden"
        case quotaExceeded = "QuotaExceeded"
        case admissionDenied = "AdmissionDenied"
        case namespaceMissing = "NamespaceMissing"
        case namespaceTerminating = "NamespaceTerminating"
        case kindNotServed = "KindNotServed"
        case notFound = "NotFound"
        case fieldConflict = "FieldConflict"
        /// The object changed or vanished between reading and writing.
        case stale = "Stale"
        case invalid = "Invalid"
        /// A 500 to an apply: the server's way to refuse some manifests, or its own trouble.
        case serverError = "ServerError"
        /// An admission webhook could not be called.
        case webhookFailed = "WebhookFailed"
        /// `managedFields` name a version that is no longer served: no apply works until they are mended.
        case brokenOwnership = "BrokenOwnership"
        case expired = "Expired"
        /// Another daemon that follows the same branch writes there.
        case otherDaemon = "TwoDaemons"
        case cancelled = "Cancelled"
        case other = "Refused"
    }

    package var code: Code
    package var message: String
    package var retryAfter: Duration?
    /// Who else owns which fields, of a `.fieldConflict`.
    package var conflicts: [FieldConflict]
    /// The fields that an `.invalid` names, as the server writes them.
    package var fields: [String]

    package init(
        code: Code, message: String, retryAfter: Duration? = nil, conflicts: [FieldConflict] = [], fields: [String] = []
    ) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.conflicts = conflicts
        self.fields = fields
    }

    package var description: String { message }

    /// The uid that was sent is not that of the object, or there is none.
    var isAboutAnother: Bool { code == .stale || code == .invalid && fields.contains("metadata.uid") }
}
