// SPDX-License-Identifier: Apache-2.0

/// Finds host names in a text: in URLs, before a port, or as the whole of it.
struct AddressScanner {
    struct Host: Hashable {
        /// The name's labels, in lower case.
        var labels: [String]
        /// The place says that it is a host: a URL, a port behind it, or the whole value. Without that, a name of one
        /// label is just a word.
        var isCertain: Bool
    }

    /// A longer text is no configuration value; what is behind the limit is not read.
    private static let limit = 64 << 10
    private static let hostsLimit = 256

    /// - Parameter wholeIsHost: a bare word that is the whole text, or an item of a comma-separated list, is a host.
    static func hosts(in text: String, wholeIsHost: Bool) -> [Host] {
        var found: [Host] = []
        let bytes = Array(text.utf8.prefix(limit))
        let isList =
            wholeIsHost && bytes.allSatisfy { isHostByte($0) || $0 == UInt8(ascii: ",") || $0 == 0x20 }
            && !containsInnerBlank(bytes)
        for token in bytes.split(whereSeparator: isSeparator) {
            guard let host = host(in: token, bareIsCertain: isList) else { continue }
            if !found.contains(host) { found.append(host) }
            if found.count == hostsLimit { break }
        }
        return found
    }

    /// A blank that does not follow a comma: a sentence, no list.
    private static func containsInnerBlank(_ bytes: [UInt8]) -> Bool {
        for (index, byte) in bytes.enumerated() where byte == 0x20 {
            let before = bytes[..<index].last { $0 != 0x20 }
            let after = bytes[index...].first { $0 != 0x20 }
            guard let before, after != nil, before != UInt8(ascii: ",") else { continue }
            return true
        }
        return false
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x20, 0x7F: true
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"),
            UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "|"), UInt8(ascii: "="),
            UInt8(ascii: "&"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "$"):
            true
        default: false
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// `[scheme://][user[:password]@]host[:port][/path]`.
    private static func host(in token: ArraySlice<UInt8>, bareIsCertain: Bool) -> Host? {
        var rest = token
        var certain = false
        if let scheme = rest.firstRange(of: Array("://".utf8)) {
            rest = rest[scheme.upperBound...]
            certain = true
        }
        if let path = rest.firstIndex(of: UInt8(ascii: "/")) { rest = rest[..<path] }
        if let user = rest.lastIndex(of: UInt8(ascii: "@")) { rest = rest[(user + 1)...] }
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            let port = rest[(colon + 1)...]
            let isPort = (1...5).contains(port.count) && port.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            guard isPort || port.isEmpty else { return nil }
            // "postgres:" is a key of a YAML text, "postgres:5432" an address.
            certain = certain || isPort
            rest = rest[..<colon]
        }
        if rest.last == UInt8(ascii: ".") { rest = rest.dropLast() }
        guard !rest.isEmpty, rest.count <= 253, rest.allSatisfy(isHostByte) else { return nil }
        let labels = String(decoding: rest, as: UTF8.self).lowercased().split(
            separator: ".", omittingEmptySubsequences: false
        ).map(String.init)
        guard !labels.contains("") else { return nil }
        return Host(labels: labels, isCertain: certain || bareIsCertain)
    }
}
