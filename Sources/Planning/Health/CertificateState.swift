// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// How a certificate stands that cert-manager keeps: `cert-manager.io` `Certificate`, its `Ready` condition,
/// `status.notAfter` and `status.renewalTime`.
package struct CertificateState: Sendable, Hashable {
    package static let kind = GroupKind(group: "cert-manager.io", kind: "Certificate")

    package var object: ObjectID
    package var isReady: Bool
    /// Nil before the first was issued.
    package var expiresAt: Timestamp?
    package var renewsAt: Timestamp?

    package init(object: ObjectID, isReady: Bool, expiresAt: Timestamp? = nil, renewsAt: Timestamp? = nil) {
        self.object = object
        self.isReady = isReady
        self.expiresAt = expiresAt
        self.renewsAt = renewsAt
    }

    /// Nil where the object is no certificate.
    package init?(_ object: Object) {
        guard object.objectID.groupKind == Self.kind else { return nil }
        self.object = object.objectID
        let conditions = object.value(at: "status", "conditions")?.array ?? []
        isReady = conditions.contains { $0["type"] == "Ready" && $0["status"] == "True" }
        func moment(_ field: String) -> Timestamp? {
            object.value(at: "status", field)?.string.flatMap { Timestamp($0) }
        }
        expiresAt = moment("notAfter")
        renewsAt = moment("renewalTime")
    }
}
