// SPDX-License-Identifier: Apache-2.0

import Glibc
import Manifests

/// How to prove who we are, and who the remote is. Files are read on each use, so that rotation needs no restart.
///
/// Over HTTP: `username` with `passwordFile` or `tokenFile` is Basic; `tokenFile` alone is Bearer (RFC 6750).
/// Over SSH: `sshKeyFile`, with its passphrase in `sshPassphraseFile`; hosts are looked up in `knownHostsFile`, without
/// which no host is trusted.
package struct GitCredentials: Sendable, Hashable {
    package var username: String?
    package var passwordFile: String?
    package var tokenFile: String?
    package var sshKeyFile: String?
    package var sshPassphraseFile: String?
    package var knownHostsFile: String?

    package init(
        username: String? = nil, passwordFile: String? = nil, tokenFile: String? = nil, sshKeyFile: String? = nil,
        sshPassphraseFile: String? = nil, knownHostsFile: String? = nil
    ) {
        self.username = username
        self.passwordFile = passwordFile
        self.tokenFile = tokenFile
        self.sshKeyFile = sshKeyFile
        self.sshPassphraseFile = sshPassphraseFile
        self.knownHostsFile = knownHostsFile
    }

    /// The `Authorization` field for a request; nil where no credentials are set. Blocks on small files.
    func authorization(user: String?) throws(GitError) -> String? {
        guard let file = tokenFile ?? passwordFile else { return nil }
        let secret = try SmallFile.secret(file)
        if let name = username ?? user {
            return "Basic " + Base64.encode(Array("\(name):\(secret)".utf8))
        }
        guard tokenFile != nil else {
            throw GitError(.credentials, file, "a password needs a user name", hint: "set the credentials' username")
        }
        return "Bearer \(secret)"
    }
}

/// Files of a few lines: keys, tokens, known hosts.
enum SmallFile {
    static let limit = 1 << 20

    /// The first line, without its end. Refused where empty or where it could break out of a header.
    static func secret(_ path: String) throws(GitError) -> String {
        let text = String(decoding: try read(path), as: UTF8.self).trimmed()
        guard !text.isEmpty, text.utf8.count <= 16_384, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw GitError(.credentials, path, "the file is empty or holds more than one line of text")
        }
        return text
    }

    static func read(_ path: String) throws(GitError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw GitError(
                .credentials, path, "the file cannot be opened: \(String(cString: strerror(errno)))",
                hint: "check that it exists and that the daemon's user may read it")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else {
                throw GitError(.credentials, path, "the file cannot be read: \(String(cString: strerror(errno)))")
            }
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
            guard bytes.count <= limit else {
                throw GitError(.credentials, path, "the file is larger than \(limit) bytes")
            }
        }
    }
}
