// SPDX-License-Identifier: Apache-2.0

@preconcurrency import Dispatch
import Glibc

/// Stands between libgit2's SSH and the server, and hangs up when the server stays silent or the caller gives up.
///
/// libgit2 1.5 has no time limits: a silent server would hold its thread for ever. So we connect, with a deadline, and
/// let libgit2 speak through a loopback socket that we can close; its read then fails and the thread is free again.
/// What passes is encrypted, and the host key is checked under the real name: the relay is trusted with nothing.
final class SSHRelay: Sendable {
    /// Where libgit2 connects on 127.0.0.1. Serves one connection.
    let port: UInt16
    private let wake: Socket.Pipe
    private let finished = DispatchSemaphore(value: 0)

    /// Connects; blocks for at most the session's connect limit an address.
    init(to address: GitURL.SSHAddress, for session: RemoteSession) throws(GitError) {
        let server = try Socket.connect(to: address, for: session)
        do throws(Socket.Failure) {
            let listener = try Socket.listen()
            (port, wake) = (listener.port, try Socket.pipe())
            let pump = RelayPump(listener: listener.descriptor, server: server, wake: wake.read, session: session)
            let finished = self.finished
            try startThread {
                pump.run()
                finished.signal()
            }
        } catch {
            close(server)
            throw GitError(.other, session.url.description, "no way to connect: \(error.message)")
        }
    }

    /// From any thread: hangs up at once.
    func interrupt() { _ = write(wake.write, [1], 1) }

    /// Hangs up and waits until the relay's thread is done, so that no socket outlives the call.
    func stop() {
        interrupt()
        finished.wait()
        close(wake.read)
        close(wake.write)
    }
}

/// The relay's thread: copies both ways until one side ends, the time is up, or it is woken.
private struct RelayPump: Sendable {
    let listener: Int32
    let server: Int32
    let wake: Int32
    let session: RemoteSession

    /// One way; `pending` is what was read and not yet written.
    private struct Way {
        let from: Int32
        let to: Int32
        var pending: ArraySlice<UInt8> = []
        var isEnded = false

        var wanted: [pollfd] {
            if !pending.isEmpty { return [pollfd(fd: to, events: Int16(POLLOUT), revents: 0)] }
            return isEnded ? [] : [pollfd(fd: from, events: Int16(POLLIN), revents: 0)]
        }

        /// True when a byte has moved. Sockets do not block: what is not ready is tried again.
        mutating func move() -> Bool {
            if pending.isEmpty, !isEnded {
                var buffer = [UInt8](repeating: 0, count: 65_536)
                let count = recv(from, &buffer, buffer.count, 0)
                if count > 0 { pending = buffer[..<count] }
                if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { isEnded = true }
            }
            guard !pending.isEmpty else { return false }
            let count = pending.withUnsafeBytes { send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 {
                if errno != EAGAIN, errno != EINTR { (pending, isEnded) = ([], true) }
                return false
            }
            pending = pending.dropFirst(count)
            return true
        }
    }

    func run() {
        defer {
            close(listener)
            close(server)
        }
        guard let client = accept() else { return }
        defer { close(client) }
        var ways = [Way(from: client, to: server), Way(from: server, to: client)]
        while !ways.contains(where: { $0.isEnded && $0.pending.isEmpty }) {
            guard wait(for: ways.flatMap(\.wanted)) else { return }
            for index in ways.indices { _ = ways[index].move() }
        }
    }

    private func accept() -> Int32? {
        guard wait(for: [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]) else { return nil }
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0 else { return nil }
        Socket.unblock(client)
        return client
    }

    /// False when it is time to hang up.
    private func wait(for wanted: [pollfd]) -> Bool {
        var descriptors = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)] + wanted
        let ready = Socket.poll(&descriptors, within: session.patience)
        if ready == 0 { session.fail(session.timeout("the server is silent")) }
        return ready > 0 && descriptors[0].revents == 0
    }
}
