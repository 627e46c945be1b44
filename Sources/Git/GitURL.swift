// SPDX-License-Identifier: Apache-2.0

/// Where a repository is, read strictly: `https://`, `http://`, `ssh://`, `user@host:path`, `file:///path`, `/path`.
package struct GitURL: Sendable, Hashable, CustomStringConvertible {
    enum Location: Sendable, Hashable {
        case directory(String)
        /// The URL without user info and without a slash at its end.
        case http(String)
        case ssh(SSHAddress)
    }

    struct SSHAddress: Sendable, Hashable {
        var host: String
        var port: UInt16
        /// As the server's shell gets it: absolute, or relative to the user's home in the `user@host:path` form.
        var path: String
    }

    let location: Location
    /// The user that the URL names, for HTTP and SSH.
    let user: String?
    /// For messages: without user info.
    package let description: String

    package init(_ text: String) throws(GitError) {
        guard !text.isEmpty, text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw GitError(
                .invalidURL, "the repository's URL", "it is empty, too long, or has a space or control character")
        }
        if text.hasPrefix("/") {
            self = GitURL(directory: text)
        } else if let scheme = text.range(of: "://") {
            let rest = text[scheme.upperBound...]
            switch text[..<scheme.lowerBound].lowercased() {
            case "file": self = try GitURL(file: rest)
            case "https": self = try GitURL(http: rest, scheme: "https")
            case "http": self = try GitURL(http: rest, scheme: "http")
            case "ssh": self = try GitURL(ssh: rest)
            default:
                throw GitError(
                    .invalidURL, Self.withoutUserInfo(text), "this kind of URL is not supported",
                    hint: "use https://, ssh://, user@host:path, file:/// or an absolute path")
            }
        } else if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") {
            self = try GitURL(host: text[..<colon], path: text[text.index(after: colon)...])
        } else {
            throw GitError(
                .invalidURL, Self.withoutUserInfo(text), "it is a relative path",
                hint: "write an absolute path or a URL")
        }
    }

    init(location: Location, user: String?, description: String) {
        self.location = location
        self.user = user
        self.description = description
    }

    private init(directory: String) {
        self.init(location: .directory(directory), user: nil, description: directory)
    }

    private init(file rest: Substring) throws(GitError) {
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let host = rest[..<slash]
        guard host.isEmpty || host == "localhost", slash < rest.endIndex, let path = percentDecoded(rest[slash...])
        else {
            throw GitError(
                .invalidURL, Self.withoutUserInfo("file://\(rest)"), "it names no absolute path on this machine",
                hint: "write file:///path/to/repository")
        }
        self.init(location: .directory(path), user: nil, description: "file://\(path)")
    }

    private init(http rest: Substring, scheme: String) throws(GitError) {
        let authority = try Authority(rest, scheme: scheme)
        guard !authority.path.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw GitError(
                .invalidURL, "\(scheme)://\(authority.host)", "it has a query or fragment",
                hint: "give credentials as files, and the branch by its own key")
        }
        var path = authority.path
        while path.hasSuffix("/") { path.removeLast() }
        let port = authority.port.map { ":\($0)" } ?? ""
        let url = "\(scheme)://\(authority.host)\(port)\(path)"
        self.init(location: .http(url), user: authority.user, description: url)
    }

    private init(ssh rest: Substring) throws(GitError) {
        let authority = try Authority(rest, scheme: "ssh")
        let address = SSHAddress(
            host: authority.host.trimmingBrackets(), port: authority.port ?? 22, path: authority.path)
        try address.checkPath()
        let port = authority.port.map { ":\($0)" } ?? ""
        self.init(
            location: .ssh(address), user: authority.user, description: "ssh://\(authority.host)\(port)\(address.path)")
    }

    /// The form of `scp`: `user@host:path`.
    private init(host: Substring, path: Substring) throws(GitError) {
        // `robot:token@host/path` is a URL without its scheme: neither is a host, and both would be told.
        let first = path.prefix { $0 != "/" }
        if let at = first.lastIndex(of: "@") {
            throw GitError(
                .invalidURL, String(path[path.index(after: at)...]), "a user and a password stand before its host",
                hint: "write the URL with its scheme, and name a password or token file")
        }
        let authority = try Authority(host, scheme: "ssh")
        let address = SSHAddress(host: authority.host.trimmingBrackets(), port: 22, path: String(path))
        try address.checkPath()
        self.init(location: .ssh(address), user: authority.user, description: "\(authority.host):\(path)")
    }

    static func withoutUserInfo(_ text: String) -> String {
        let start = text.range(of: "://")?.upperBound ?? text.startIndex
        let rest = text[start...]
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let at = rest[..<end].lastIndex(of: "@") else { return text }
        return String(text[..<start] + rest[rest.index(after: at)...])
    }
}

extension GitURL.SSHAddress {
    /// The same repository through a relay on 127.0.0.1. A path relative to the user's home needs the form of `scp`.
    func relayed(user: String, port: UInt16) -> String {
        path.hasPrefix("/") ? "ssh://\(user)@127.0.0.1:\(port)\(path)" : "[\(user)@127.0.0.1:\(port)]:\(path)"
    }

    /// The path reaches a shell on the other side, quoted by libgit2; what could end the quotes is refused here too.
    fileprivate func checkPath() throws(GitError) {
        let forbidden: Set<Character> = ["'", "\"", "\\", "`", "$", "!", ";", "&", "|", "<", ">", "*", "?", "#"]
        guard !path.isEmpty, path != "/", !path.hasPrefix("-"), !path.contains(where: forbidden.contains) else {
            throw GitError(
                .invalidURL, "ssh://\(host)", "the path is missing or has a character that a shell would act on")
        }
    }
}

/// `[user@]host[:port][/path]`
private struct Authority {
    var user: String?
    var host: String
    var port: UInt16?
    var path: String

    init(_ text: Substring, scheme: String) throws(GitError) {
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        path = String(text[slash...])
        var rest = text[..<slash]
        if let at = rest.lastIndex(of: "@") {
            let info = rest[..<at]
            rest = rest[rest.index(after: at)...]
            guard !info.contains(":") else {
                throw GitError(
                    .invalidURL, "\(scheme)://\(rest)\(path)", "it holds a password",
                    hint: "take it out of the URL and name a password or token file")
            }
            guard let name = percentDecoded(info), !name.isEmpty, !name.hasPrefix("-") else {
                throw GitError(.invalidURL, "\(scheme)://\(rest)\(path)", "its user name cannot be read")
            }
            user = name
        }
        let bracket = rest.lastIndex(of: "]") ?? rest.startIndex
        if let colon = rest[bracket...].lastIndex(of: ":") {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else {
                throw GitError(.invalidURL, "\(scheme)://\(rest)\(path)", "its port is no number from 1 to 65535")
            }
            port = number
            rest = rest[..<colon]
        }
        host = rest.lowercased()
        let isName = !host.isEmpty && host.utf8.allSatisfy(isHostByte) && !host.hasPrefix("-")
        let isAddress =
            host.hasPrefix("[") && host.hasSuffix("]")
            && host.dropFirst().dropLast().utf8.allSatisfy { isHostByte($0) || $0 == UInt8(ascii: ":") }
        guard isName || isAddress else {
            throw GitError(.invalidURL, "\(scheme)://\(rest)\(path)", "its host name is missing or malformed")
        }
    }
}

private func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
}

/// Nil where an escape is malformed, or hides a control character or is not UTF-8.
private func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard rest.count >= 2, let value = UInt8(String(Substring(rest.prefix(2))), radix: 16), value >= 0x20 else {
            return nil
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
}

extension String {
    fileprivate func trimmingBrackets() -> String { hasPrefix("[") ? String(dropFirst().dropLast()) : self }
}

extension StringProtocol where SubSequence == Substring {
    fileprivate func range(of needle: String) -> Range<Index>? { firstRange(of: needle) }
}
