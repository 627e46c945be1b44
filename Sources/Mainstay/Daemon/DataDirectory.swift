// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Kubernetes

/// Where the daemon keeps what outlives it: the ledger, the mirror, and the key of the audit chain. Owner only.
struct DataDirectory: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let keyLength = 32

    let path: String
    var ledger: String { "\(path)/ledger.db" }
    var mirror: String { "\(path)/mirror.git" }
    var controlSocket: String { ControlSocket.path(in: path) }

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
            throw Failure(
                description: "data.directory: cannot write to \(path): \(Self.reason); give it to the daemon's user, "
                    + "or name another one")
        }
    }

    /// The key that binds audit entries to each other; made at the first start.
    func chainKey() throws(Failure) -> [UInt8] {
        let file = "\(path)/audit.key"
        do throws(FileReader.Failure) {
            let key = try FileReader.disk.read(file, Self.keyLength)
            guard key.count == Self.keyLength else { throw FileReader.Failure("not \(Self.keyLength) bytes long") }
            return key
        } catch {
            guard access(file, F_OK) != 0 else {
                throw Failure(description: "\(file): \(error.description); restore it from a backup")
            }
        }
        var generator = SystemRandomNumberGenerator()
        let key = (0..<Self.keyLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        try write(key, to: file)
        return key
    }

    /// Whole or not at all, and never readable by others, not even for a moment.
    private func write(_ bytes: [UInt8], to file: String) throws(Failure) {
        let draft = "\(file).new"
        unlink(draft)
        let descriptor = open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer {
            close(descriptor)
            close(directory)
        }
        // The directory too: a key that a power cut takes back would leave a ledger that nobody can open.
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            rename(draft, file) == 0, fsync(directory) == 0
        else { throw Failure(description: "\(file): cannot be written: \(Self.reason)") }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
