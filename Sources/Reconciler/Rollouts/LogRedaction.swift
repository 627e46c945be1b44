// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Planning

/// Takes secrets out of log lines before they are quoted: the values of the Secrets that the application's pods are
/// given, and what stands before the `@` of an address.
package struct LogRedaction: Sendable {
    private let secrets: [String]

    /// - Parameter objects: Secrets, as in git or as live.
    package init(secrets objects: [Object]) {
        // A log prints a key, or a file, line by line.
        let secrets = SecretValues.all(of: objects, lineBytes: 8)
        // Shorter values would take words out of innocent lines.
        self.secrets = secrets.filter { $0.utf8.count >= 4 }.sorted { ($1.count, $0) < ($0.count, $1) }
    }

    /// At most 20 lines of 400 characters. Cut after the secrets are out: half of one would not be found.
    package func redact(_ lines: [String]) -> [String] { lines.suffix(20).map { String(redact($0).prefix(400)) } }

    /// A text of at most 16,384 characters.
    package func redact(_ text: String) -> String {
        var text = String(text.prefix(16_384))
        for secret in secrets { text = text.replacing(secret, with: "[secret]") }
        return text.replacing(/:\/\/[^\s\/@]+@/, with: "://[secret]@")
    }
}
