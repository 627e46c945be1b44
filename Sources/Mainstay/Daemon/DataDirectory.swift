// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc

/// Where the daemon keeps what outlives it: the ledger, the mirror, and the key of the audit chain. Owner only.
struct DataDirectory: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let path: String
    var ledger: String { "\(path)/ledger.db" }
    var mirror: String { "\(path)/mirror.git" }

    /// Makes the directory where it is missing.
    init(path: String) throws(Failure) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(
                description: "data.directory: cannot make \(path): \(Self.reason); make it, or name another one")
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw Failure(description: "data.directory: cannot write to \(path): \(Self.reason)")
        }
    }

    /// The key that binds audit entries to each other; made at the first start.
    func chainKey() throws(Failure) -> [UInt8] {
        let file = "\(path)/audit.key"
        if let key = FileManager.default.contents(atPath: file), key.count == 32 { return Array(key) }
        guard !FileManager.default.fileExists(atPath: file) else {
            throw Failure(description: "\(file): not readable, or not 32 bytes long; restore it from a backup")
        }
        var generator = SystemRandomNumberGenerator()
        let key = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(key), attributes: [.posixPermissions: 0o600])
        else { throw Failure(description: "\(file): cannot be written: \(Self.reason)") }
        return key
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
