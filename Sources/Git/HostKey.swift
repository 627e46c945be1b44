// SPDX-License-Identifier: Apache-2.0

import Crypto
import Manifests

/// A server's public key in its wire form (RFC 4253, section 6.6): a length, the type's name, then the key itself.
struct HostKey: Sendable, Equatable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var type: String {
        let length = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= 4, length <= 64, bytes.count >= 4 + length else { return "unknown" }
        return String(decoding: bytes[4..<4 + length], as: UTF8.self)
    }

    /// As `ssh-keygen -l` prints it.
    var fingerprint: String {
        "SHA256:" + Base64.encode(Array(SHA256.hash(data: bytes))).prefix { $0 != "=" }
    }

    /// Throws unless the known-hosts file vouches for this key. There is no trust on first use: a daemon has nobody to
    /// ask.
    func check(_ address: GitURL.SSHAddress, subject: String, knownHostsFile: String?) throws(GitError) {
        let name = KnownHosts.name(host: address.host, port: address.port)
        let scan = address.port == 22 ? "ssh-keyscan \(address.host)" : "ssh-keyscan -p \(address.port) \(address.host)"
        let shown = "its \(type) key is \(fingerprint)"
        guard let file = knownHostsFile else {
            throw GitError(
                .hostKey, subject, "no known-hosts file is set, so no host is trusted; \(shown)",
                hint: "compare the fingerprint, put the output of `\(scan)` into a file and name it (knownHostsFile)")
        }
        let known = KnownHosts(String(decoding: try SmallFile.read(file), as: UTF8.self))
        switch known.verdict(on: self, name: name) {
        case .trusted:
            return
        case .revoked(let line):
            throw GitError(.hostKey, subject, "\(file):\(line) revokes the server's key; \(shown)")
        case .changed(let line):
            throw GitError(
                .hostKey, subject, "the server's key is not the one in \(file):\(line); \(shown)",
                hint: "someone may be between; replace the line only if the server's owner confirms the fingerprint")
        case .otherTypes(let types):
            throw GitError(
                .hostKey, subject,
                "\(file) knows \(name) only by \(types.joined(separator: ", ")), but the server showed another; \(shown)",
                hint: "compare the fingerprint and add the server's further keys: `\(scan)`")
        case .unknown:
            throw GitError(
                .hostKey, subject, "\(file) has no line for \(name); \(shown)",
                hint: "compare the fingerprint and add the output of `\(scan)`")
        }
    }
}
