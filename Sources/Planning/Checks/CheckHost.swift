// SPDX-License-Identifier: Apache-2.0

/// Who is asked directly: the host and the port of a URL or of `HOST:PORT`, as far as what is allowed needs to know them.
///
/// Narrow on purpose: what another reader of URLs might take for another host is no URL here.
package struct CheckHost: Sendable, Hashable {
    /// In lower case; an IPv6 address in brackets.
    package var host: String
    package var port: Int

    package init?(url: String) {
        let rest: Substring
        let usual: Int
        if url.hasPrefix("https://") {
            (rest, usual) = (url.dropFirst(8), 443)
        } else if url.hasPrefix("http://") {
            (rest, usual) = (url.dropFirst(7), 80)
        } else {
            return nil
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else { return nil }
        self.init(authority: rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }, usual: usual)
    }

    package init?(address: String) { self.init(authority: address[...], usual: nil) }

    private init?(authority: Substring, usual: Int?) {
        var host = authority
        var port = usual
        let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : authority.startIndex
        guard let end else { return nil }
        if let colon = authority[end...].lastIndex(of: ":") {
            let digits = authority[authority.index(after: colon)...]
            guard let number = Int(digits), digits.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) else { return nil }
            port = number
            host = authority[..<colon]
        }
        guard let port, (1...65_535).contains(port), Self.isHost(host) else { return nil }
        self.host = host.lowercased()
        self.port = port
    }

    /// A name (RFC 1123), or an address.
    private static func isHost(_ host: Substring) -> Bool {
        let isInBrackets = host.hasPrefix("[") && host.hasSuffix("]")
        let bare = isInBrackets ? host.dropFirst().dropLast() : host
        return !bare.isEmpty && bare.utf8.count <= 253
            && bare.utf8.allSatisfy { byte in
                let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                let isDigit = byte &- UInt8(ascii: "0") <= 9
                return isInBrackets
                    ? isLetter || isDigit || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
                    : isLetter || isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                        || byte == UInt8(ascii: "_")
            }
    }

    /// - Parameters:
    ///   - pattern: a host, `*.example.com` for all hosts beneath, or either with `:PORT`.
    ///   - usual: the port of a pattern without one; nil for any.
    package func fits(_ pattern: String, usual: Int? = nil) -> Bool {
        var wanted = pattern.lowercased()[...]
        // Not the colons of an address in brackets.
        if let colon = wanted.lastIndex(of: ":"), !wanted[colon...].contains("]") {
            guard Int(wanted[wanted.index(after: colon)...]) == port else { return false }
            wanted = wanted[..<colon]
        } else if let usual, port != usual {
            return false
        }
        return wanted.hasPrefix("*.") ? host.hasSuffix(wanted.dropFirst()) : host == wanted
    }

    /// What an operator may list.
    package static func isPattern(_ text: String) -> Bool {
        var bare = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
        if CheckHost(address: bare) == nil { bare += ":1" }
        return CheckHost(address: bare) != nil
    }
}
