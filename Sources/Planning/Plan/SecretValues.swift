// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What is secret in Secrets: their values, as they stand there, decoded, and line by line.
package enum SecretValues {
    /// - Parameters:
    ///   - secrets: as in git or as live.
    ///   - lineBytes: shorter lines of a value are left out: they would be words.
    package static func all(of secrets: [Object], lineBytes: Int) -> Set<String> {
        var values: Set<String> = []
        for secret in secrets {
            for field in ["data", "stringData"] {
                for pair in secret[field]?.object?.pairs ?? [] {
                    guard let text = pair.value.string else { continue }
                    values.insert(text)
                    let plain = Base64.decode(text).flatMap { String(validating: $0, as: UTF8.self) } ?? text
                    values.insert(plain)
                    values.formUnion(
                        plain.split(whereSeparator: \.isNewline).map(String.init).filter { $0.utf8.count >= lineBytes })
                }
            }
        }
        return values
    }
}
