// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Kubernetes
internal import StatusServer

/// Where the control socket is, and who is at its other end.
enum ControlSocket {
    static func path(in dataDirectory: String) -> String { "\(dataDirectory)/control.sock" }

    /// The daemon's own user, and names as this machine's own list of users has them: a directory of users on the
    /// network may not answer, and would be waited for.
    static var access: ControlAccess {
        ControlAccess(owner: geteuid()) { uid in
            guard let bytes = try? FileReader.disk.read("/etc/passwd", 1 << 20) else { return nil }
            return userName(uid, in: String(decoding: bytes, as: UTF8.self))
        }
    }

    /// passwd(5): name, password, uid and so on, separated by colons.
    static func userName(_ uid: UInt32, in passwd: String) -> String? {
        for line in passwd.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 2, UInt32(fields[2]) == uid, !fields[0].isEmpty { return String(fields[0]) }
        }
        return nil
    }

    /// The socket to use: the one named, `MAINSTAY_SOCKET`, or that of a configuration's data directory. An empty one
    /// counts as not given.
    static func find(
        socket: String?, config: String?, environment: [String: String]
    ) throws(ConfigurationError) -> String {
        if let given = [socket, environment["MAINSTAY_SOCKET"]].compactMap({ $0 }).first(where: { !$0.isEmpty }) {
            return given
        }
        guard let config else {
            let directory = environment["MAINSTAY_DATA_DIRECTORY"] ?? ""
            return path(in: directory.isEmpty ? Configuration().dataDirectory : directory)
        }
        return path(in: try ConfigurationFile.load(config, environment: environment).dataDirectory)
    }
}
