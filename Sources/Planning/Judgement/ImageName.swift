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

    /// Words of tags that a script fills in.
    private static let placeholderWords: Set = [
        "TAG", "VERSION", "SHA", "COMMIT", "REVISION", "DIGEST", "IMAGE", "BUILD", "PLACEHOLDER", "REPLACE", "CHANGEME",
    ]

    /// Whether a tag stands for one: `IMAGE_TAG`, `__TAG__`, `$TAG`, `{{tag}}`. Nobody pushes such an image.
    package static func isPlaceholder(_ tag: String) -> Bool {
        if tag.contains("$") || tag.contains("{") { return true }
        if tag.hasPrefix("__"), tag.hasSuffix("__"), tag.utf8.count > 4 { return true }
        let words = tag.split(whereSeparator: { $0 == "_" || $0 == "-" })
        let isUpperCase = tag.utf8.allSatisfy { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || "0123456789_-".utf8.contains(byte)
        }
        return isUpperCase && words.contains { placeholderWords.contains(String($0)) }
    }
}
