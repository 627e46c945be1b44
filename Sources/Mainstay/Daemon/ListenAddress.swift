// SPDX-License-Identifier: Apache-2.0

/// `HOST:PORT`, or `[V6]:PORT`.
struct ListenAddress: Sendable, Equatable {
    var host: String
    var port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        let isName = host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F } && !host.contains { "[]/".contains($0) }
        // Without brackets it would be anyone's guess where an IPv6 address ends.
        guard !host.isEmpty, isName, isBracketed == host.contains(":") else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }

    var isLoopback: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isIPv4 = parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
        return (isIPv4 && parts.first == "127") || host == "::1" || host == "localhost"
    }

    /// The host as it stands in a URL.
    var urlHost: String { host.contains(":") ? "[\(host)]" : host }
}
