// SPDX-License-Identifier: Apache-2.0

/// An image reference without its tag and digest: `registry.example.com:5000/api` of
/// `registry.example.com:5000/api:1.2@sha256:…`.
package enum ImageName {
    package static func withoutVersion(_ reference: String) -> String {
        let name = reference.prefix { $0 != "@" }
        let lastPart = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
        guard let colon = name[lastPart...].firstIndex(of: ":") else { return String(name) }
        return String(name[..<colon])
    }
}
