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

/// The few socket calls that the relay needs. Descriptors are the caller's to close.
enum Socket {
    struct Failure: Error {
        let message: String

        /// With what the failed call left in `errno`.
        init(_ what: String) { message = "\(what): \(String(cString: strerror(errno)))" }
    }

    struct Pipe: Sendable {
        let read: Int32
        let write: Int32
    }

    static func pipe() throws(Failure) -> Pipe {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Failure("pipe") }
        ends.forEach(unblock)
        return Pipe(read: ends[0], write: ends[1])
    }

    /// Calls return at once, and child processes do not inherit it.
    static func unblock(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    /// A listening socket on a free port of 127.0.0.1.
    static func listen() throws(Failure) -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(descriptor, generic, length) == 0, Glibc.listen(descriptor, 1) == 0 else { return Int32(-1) }
                return getsockname(descriptor, generic, &length)
            }
        }
        guard code == 0 else {
            let failure = Failure("listen")
            close(descriptor)
            throw failure
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// Tries each address of the host. The resolver has its own time limits (resolv.conf(5)).
    static func connect(to address: GitURL.SSHAddress, for session: RemoteSession) throws(GitError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, String(address.port), &hints, &list)
        guard code == 0, let list else {
            throw GitError(
                .unreachable, session.url.description, "name not found: \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        for candidate in sequence(first: list, next: { $0.pointee.ai_next }) {
            try session.checkpoint()
            do throws(Failure) {
                return try connect(candidate.pointee, within: min(session.limits.connect, session.patience))
            } catch {
                reason = error.message
            }
        }
        throw GitError(.unreachable, session.url.description, "no connection: \(reason)")
    }

    private static func connect(_ info: addrinfo, within limit: Duration) throws(Failure) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(info.ai_family, kind, 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        if Glibc.connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 { return descriptor }
        if errno == EINPROGRESS {
            var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
            var code: Int32 = ETIMEDOUT
            if poll(&descriptors, within: limit) > 0 {
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            }
            if code == 0 { return descriptor }
            errno = code
        }
        let failure = Failure("connect")
        close(descriptor)
        throw failure
    }

    /// The number of descriptors that are ready; 0 when time is up, negative on failure.
    static func poll(_ descriptors: inout [pollfd], within limit: Duration) -> Int32 {
        let deadline = ContinuousClock.now + limit
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: deadline))
            let milliseconds = Int32(clamping: left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000)
            let ready = Glibc.poll(&descriptors, nfds_t(descriptors.count), milliseconds + 1)
            if ready >= 0 || errno != EINTR { return ready }
        }
    }
}
