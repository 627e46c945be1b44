// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Reads a file, at most so many bytes. A value instead of calls to the system, so that tests need no disk.
package struct FileReader: Sendable {
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var description: String
        package init(_ description: String) { self.description = description }
    }

    package var read: @Sendable (_ path: String, _ limit: Int) throws(Failure) -> [UInt8]

    package init(read: @escaping @Sendable (_ path: String, _ limit: Int) throws(Failure) -> [UInt8]) {
        self.read = read
    }

    /// The real files. Certificates and tokens are small and local, so the read does not leave the caller's thread.
    package static let disk = FileReader { path, limit throws(Failure) in
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(String(cString: strerror(errno)))
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= limit else { throw Failure("larger than \(limit) bytes") }
        }
    }
}
