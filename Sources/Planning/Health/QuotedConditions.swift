// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Whose conditions' messages are quoted: controllers that write them for people, and into which no values of Secrets go
/// but by what they quote themselves. That is left out, and so is the password of an address.
package enum QuotedConditions {
    private static let groups: Set = [
        "serving.knative.dev", "cert-manager.io", "acme.cert-manager.io", "external-secrets.io", "bitnami.com",
    ]

    package static func mayQuote(_ id: ObjectID) -> Bool { groups.contains(id.group) }

    /// One line of at most 300 characters; empty where nothing may be quoted.
    static func quote(_ message: String, by group: String) -> String {
        guard groups.contains(group) else { return "" }
        var text = message[...]
        // What a container wrote last follows: Knative has it end in its termination message.
        if let end = text.firstRange(of: "Container failed with") { text = text[..<end.upperBound] }
        let line = SafeText.quote(String(text.prefix(2000)), limit: 2000)
        return SafeText.quote(line.replacing(/:\/\/[^\s\/@]+@/, with: "://[secret]@"))
    }
}
