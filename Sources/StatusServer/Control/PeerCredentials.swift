// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore

/// Who is at the other end of a Unix socket, as the kernel says (unix(7), SO_PEERCRED).
struct PeerCredentials: Sendable {
    var uid: UInt32

    /// `struct ucred`, which glibc hides from Swift (socket.h, `_GNU_SOURCE`).
    private struct Raw: Sendable {
        var pid: Int32
        var uid: UInt32
        var gid: UInt32
    }

    /// Nil where the connection is not one that the kernel vouches for.
    static func of(_ channel: any Channel) async throws -> PeerCredentials? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let credentials: Raw = try await provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
        return PeerCredentials(uid: credentials.uid)
    }
}

/// Who may use the control socket, and what they are called in the audit.
package struct ControlAccess: Sendable {
    /// The daemon's own user. Root may too: it could read and write everything anyway.
    package var owner: UInt32
    /// A user's name, where the system knows one.
    package var name: @Sendable (UInt32) -> String?

    package init(owner: UInt32, name: @escaping @Sendable (UInt32) -> String?) {
        self.owner = owner
        self.name = name
    }

    func allows(_ peer: PeerCredentials) -> Bool { peer.uid == owner || peer.uid == 0 }

    /// `ada`, or `uid 1000` where the system knows no name.
    func account(_ peer: PeerCredentials) -> String { name(peer.uid) ?? "uid \(peer.uid)" }

    /// `ada (uid 1000)`; with what they call themselves, `mainstay (uid 999) as ada`.
    func actor(_ peer: PeerCredentials, as note: String?) -> String {
        let user = name(peer.uid).map { "\($0) (uid \(peer.uid))" } ?? "uid \(peer.uid)"
        return note.map { "\(user) as \($0)" } ?? user
    }
}
