// SPDX-License-Identifier: Apache-2.0

/// An image reference in the parts that a registry is asked by (the grammar of container references).
///
/// Only what holds nothing but these parts is one: they become a URL.
package struct RegistryImage: Sendable, Hashable, CustomStringConvertible {
    /// As manifests write it.
    package let description: String
    /// With its port, where it has one: `registry.example.com:5000`.
    package let host: String
    /// `team/api`.
    package let repository: String
    /// A tag, or `sha256:…`; `latest` where it has neither.
    package let reference: String

    /// Nil where it names no registry, or is no reference.
    package init?(_ text: String) {
        guard text.utf8.count <= 1024 else { return nil }
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0]
        guard let slash = name.firstIndex(of: "/") else { return nil }
        let host = name[..<slash]
        // The first part is a host where it cannot be a folder of the registry that everybody means.
        guard host.contains(".") || host.contains(":") || host == "localhost", Self.isHost(String(host)) else {
            return nil
        }
        var path = name[name.index(after: slash)...]
        var tag: Substring?
        let lastPart = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        if let colon = path[lastPart...].firstIndex(of: ":") {
            tag = path[path.index(after: colon)...]
            path = path[..<colon]
        }
        let components = path.split(separator: "/", omittingEmptySubsequences: false)
        guard components.allSatisfy(Self.isComponent), path.utf8.count <= 255 else { return nil }
        if let tag, !TagText.isTag(String(tag)) { return nil }
        if parts.count == 2, !Self.isDigest(parts[1]) { return nil }
        description = text
        self.host = host.lowercased()
        repository = String(path)
        reference = parts.count == 2 ? String(parts[1]) : tag.map(String.init) ?? "latest"
    }

    /// A name or an address, with a port or without.
    package static func isHost(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty, parts[0].utf8.count <= 253 else { return false }
        if parts.count == 2 {
            guard let port = Int(parts[1]), (1...65_535).contains(port), parts[1].utf8.allSatisfy({ $0.isDigit }) else {
                return false
            }
        }
        return parts[0].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { $0.isDigit || $0.isLetter || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isComponent(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return [first, last].allSatisfy { $0.isDigit || $0.isLowercase }
            && text.utf8.allSatisfy { byte in
                byte.isDigit || byte.isLowercase || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: "-")
            }
    }

    private static func isDigest(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && (32...128).contains(parts[1].utf8.count)
            && parts[0].utf8.allSatisfy { $0.isDigit || $0.isLowercase }
            && parts[1].utf8.allSatisfy { $0.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self &- UInt8(ascii: "0") <= 9 }
    fileprivate var isLowercase: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
    fileprivate var isLetter: Bool { (self | 0x20).isLowercase }
}
