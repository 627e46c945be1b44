// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc

/// The sockets that libcurl has open, for what it has no call for: while a request is under way it tells the
/// connection's local port only. Lives on the owner thread, and longer than every connection.
final class CurlSockets {
    private var open: Set<curl_socket_t> = []

    /// Has libcurl tell of the sockets that it opens and closes on behalf of the handle.
    func follow(_ easy: UnsafeMutableRawPointer) {
        let owner = Unmanaged.passUnretained(self).toOpaque()
        mainstay_easy_set_pointer(easy, CURLOPT_SOCKOPTDATA, owner)
        mainstay_easy_set_closesocket(easy, closeSocket)
        mainstay_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, owner)
    }

    fileprivate func opened(_ socket: curl_socket_t) { open.insert(socket) }
    fileprivate func closed(_ socket: curl_socket_t) { open.remove(socket) }

    /// Ends the connection of this local port with all that it carries, where nothing came over it for so long
    /// (tcp(7), TCP_INFO).
    func end(localPort: Int, ifSilentFor time: Duration) {
        for socket in open where Self.localPort(of: socket) == localPort {
            var info = tcp_info()
            var size = socklen_t(MemoryLayout<tcp_info>.size)
            guard getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0,
                Duration.milliseconds(Int64(info.tcpi_last_data_recv)) >= time
            else { continue }
            shutdown(socket, Int32(SHUT_RDWR))
        }
    }

    private static func localPort(of socket: curl_socket_t) -> Int? {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &address) { bytes -> Int? in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                getsockname(socket, base, &size) == 0
            else { return nil }
            // In both families the port stands behind the family, in network order.
            return Int(UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }
}

/// A peer that vanished without a word is given up after 30 s of unacknowledged bytes (tcp(7), TCP_USER_TIMEOUT): the
/// kernel's own patience is a quarter of an hour, and an HTTP/2 connection would be used again all that time.
///
/// No child inherits the connection: it would hold open what we close (credential plugins are children).
func prepareSocket(_ owner: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ purpose: curlsocktype) -> Int32 {
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    var milliseconds: UInt32 = 30_000
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, socklen_t(MemoryLayout<UInt32>.size))
    if let owner { Unmanaged<CurlSockets>.fromOpaque(owner).takeUnretainedValue().opened(socket) }
    return Int32(CURL_SOCKOPT_OK)
}

private func closeSocket(_ owner: UnsafeMutableRawPointer?, _ socket: curl_socket_t) -> Int32 {
    if let owner { Unmanaged<CurlSockets>.fromOpaque(owner).takeUnretainedValue().closed(socket) }
    return close(socket)
}
