// SPDX-License-Identifier: Apache-2.0

import Glibc

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
            let milliseconds = Int32(
                clamping: left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000)
            let ready = Glibc.poll(&descriptors, nfds_t(descriptors.count), milliseconds + 1)
            if ready >= 0 || errno != EINTR { return ready }
        }
    }
}
