// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Takes secrets out of log lines before they are quoted: the values of the Secrets that the application's pods are
/// given, and what stands before the `@` of an address.
package struct LogRedaction: Sendable {
    private let secrets: [String]

    /// - Parameter objects: Secrets, as in git or as live.
    package init(secrets objects: [Object]) {
        var secrets: Set<String> = []
        for object in objects {
            for field in ["data", "stringData"] {
                for pair in object[field]?.object?.pairs ?? [] {
                    guard let text = pair.value.string else { continue }
                    secrets.insert(text)
                    if let plain = Base64.decode(text).flatMap({ String(validating: $0, as: UTF8.self) }) {
                        secrets.insert(plain)
                        secrets.formUnion(Self.lines(of: plain))
                    } else {
                        secrets.formUnion(Self.lines(of: text))
                    }
                }
            }
        }
        // Shorter values would take words out of innocent lines.
        self.secrets = secrets.filter { $0.utf8.count >= 4 }.sorted { ($1.count, $0) < ($0.count, $1) }
    }

    /// A log prints a key, or a file, line by line. Short lines are left out: they would be words.
    private static func lines(of value: String) -> [String] {
        value.split(whereSeparator: \.isNewline).map(String.init).filter { $0.utf8.count >= 8 }
    }

    /// At most 20 lines of 400 characters. Cut after the secrets are out: half of one would not be found.
    package func redact(_ lines: [String]) -> [String] {
        lines.suffix(20).map { line in
            var text = String(line.prefix(16_384))
            for secret in secrets { text = text.replacing(secret, with: "[secret]") }
            return String(text.replacing(/:\/\/[^\s\/@]+@/, with: "://[secret]@").prefix(400))
        }
    }
}
