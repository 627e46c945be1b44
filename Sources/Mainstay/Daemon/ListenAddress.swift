// SPDX-License-Identifier: Apache-2.0

internal import Glibc

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

    /// Why nothing can listen on it now; nil where something can. Tried before anything else is begun.
    var obstacle: String? {
        guard port != 0 else { return nil }
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, String(port), &hints, &found)
        defer { if let found { freeaddrinfo(found) } }
        guard failure == 0, let address = found?.pointee else {
            return "there is no address of this name: " + String(cString: gai_strerror(failure))
        }
        let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return Self.reason(errno) }
        defer { close(descriptor) }
        var isReused: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, 1) == 0 else {
            return Self.reason(errno)
        }
        return nil
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case EADDRINUSE: "another program has the port: stop it, or name another port"
        case EADDRNOTAVAIL: "this machine has no such address: name one that it has, or 0.0.0.0 for all"
        case EACCES: "the port is reserved for root: name one from 1024 on"
        default: String(cString: strerror(code))
        }
    }
}
