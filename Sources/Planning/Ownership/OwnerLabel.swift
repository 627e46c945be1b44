// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The label that every object we apply carries: `<application>.<environment>.<identity hash>`.
///
/// The hash binds the value to one object, since controllers copy labels to what they make (a Service's onto its
/// EndpointSlices): a copy names another identity than its bearer's, and so is not taken for ours.
package enum OwnerLabel {
    package static let key = "mainstay.dev/owner"

    /// How long an application's and an environment's name may be together, so that the value stays a valid label
    /// (63 characters, Kubernetes' "Labels and Selectors").
    package static let longestNames = 63 - hashLength - 2

    private static let hashLength = 10

    package static func value(target: TargetID, id: ObjectID) -> String {
        "\(target.application).\(target.environment).\(identityHash(of: id))"
    }

    /// Nil for a value that we did not write.
    package static func parse(
        _ value: String
    ) -> (application: String, environment: String, identityHash: String)? {
        let parts = value.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 3, let hash = parts.last, hash.utf8.count == hashLength,
            hash.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) })
        else { return nil }
        // An application's name may hold dots, an environment's may not: the environment is the last but one.
        let application = parts.dropLast(2).joined(separator: ".")
        let environment = String(parts[parts.count - 2])
        guard !application.isEmpty, !environment.isEmpty else { return nil }
        return (application, environment, String(hash))
    }

    /// The first ten hexadecimal digits of FNV-1a 64 over the identity's key.
    package static func identityHash(of id: ObjectID) -> String { FNV.tenDigits(id.key) }
}
