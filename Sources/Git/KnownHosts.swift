// SPDX-License-Identifier: Apache-2.0

import Crypto
import Manifests

/// A known-hosts file, as sshd(8) describes it: patterns, `[host]:port`, hashed names, `@revoked`. Host certificates
/// (`@cert-authority`) are not used.
struct KnownHosts: Sendable {
    enum Verdict: Equatable {
        case trusted
        case revoked(line: Int)
        /// A line of the same type has another key.
        case changed(line: Int)
        case otherTypes([String])
        case unknown
    }

    private struct Entry: Sendable {
        var line: Int
        var isRevoked: Bool
        var names: String
        var type: String
        var key: String
    }

    private let entries: [Entry]

    init(_ text: String) {
        entries = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            var fields = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = fields.first, !first.hasPrefix("#") else { return nil }
            if first.hasPrefix("@") {
                guard first == "@revoked" else { return nil }
                fields.removeFirst()
            }
            guard fields.count >= 3 else { return nil }
            return Entry(
                line: index + 1, isRevoked: first == "@revoked", names: fields[0], type: fields[1], key: fields[2])
        }
    }

    /// How a host is written in the file.
    static func name(host: String, port: UInt16) -> String {
        port == 22 ? host.lowercased() : "[\(host.lowercased())]:\(port)"
    }

    func verdict(on key: HostKey, name: String) -> Verdict {
        let encoded = Base64.encode(key.bytes)
        let matching = entries.filter { Self.matches($0.names, name) }
        if let revoked = matching.first(where: { $0.isRevoked && $0.key == encoded }) {
            return .revoked(line: revoked.line)
        }
        let valid = matching.filter { !$0.isRevoked }
        if valid.contains(where: { $0.key == encoded }) { return .trusted }
        if let changed = valid.first(where: { $0.type == key.type }) { return .changed(line: changed.line) }
        return valid.isEmpty ? .unknown : .otherTypes(Array(Set(valid.map(\.type))).sorted())
    }

    private static func matches(_ names: String, _ name: String) -> Bool {
        if names.hasPrefix("|1|") { return matchesHash(names, name) }
        var isMatch = false
        for pattern in names.lowercased().split(separator: ",") {
            if pattern.hasPrefix("!") {
                if matchesPattern(Array(pattern.dropFirst().utf8)[...], Array(name.utf8)[...]) { return false }
            } else if matchesPattern(Array(pattern.utf8)[...], Array(name.utf8)[...]) {
                isMatch = true
            }
        }
        return isMatch
    }

    /// `|1|salt|hash`: HMAC-SHA1 of the name, both base64.
    private static func matchesHash(_ field: String, _ name: String) -> Bool {
        let parts = field.dropFirst(3).split(separator: "|")
        guard parts.count == 2, let salt = Base64.decode(parts[0]), let hash = Base64.decode(parts[1]) else {
            return false
        }
        let key = SymmetricKey(data: salt)
        return HMAC<Insecure.SHA1>.isValidAuthenticationCode(hash, authenticating: Array(name.utf8), using: key)
    }

    /// `*` and `?`; keeps one place to go back to, so that no pattern takes more than length times length steps.
    private static func matchesPattern(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        var (pattern, name) = (pattern, name)
        var retry: (pattern: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?
        while true {
            if let first = pattern.first, first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (pattern, name)
            } else if let character = name.first, let first = pattern.first,
                first == character || first == UInt8(ascii: "?")
            {
                (pattern, name) = (pattern.dropFirst(), name.dropFirst())
            } else if name.isEmpty, pattern.isEmpty {
                return true
            } else if let last = retry, !last.name.isEmpty {
                retry = (last.pattern, last.name.dropFirst())
                (pattern, name) = (last.pattern, last.name.dropFirst())
            } else {
                return false
            }
        }
    }
}
