// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Mainstay

@Suite("Listen addresses")
struct ListenAddressTests {
    @Test(
        "HOST:PORT is read, with brackets around an IPv6 address",
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1", 8080, true), ("0.0.0.0:1", "0.0.0.0", 1, false),
            ("localhost:0", "localhost", 0, true), ("[::1]:65535", "::1", 65535, true), ("[::]:80", "::", 80, false),
            ("10.127.0.1:80", "10.127.0.1", 80, false),
        ])
    func read(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isLoopback == isLoopback)
        #expect("\(address.urlHost):\(address.port)" == text)
    }

    @Test(
        "What is none is refused",
        arguments: [
            "", ":", ":8080", "8080", "localhost", "localhost:", "localhost:65536", "localhost:-1", "localhost:http",
            "[]:80", "::1:80", "[::1:80", "::1]:80", "127.0.0.1.example.com x:80", "a b:80", "localhost:+1",
        ])
    func refused(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test("A port that another program has is told of in a line, and one that nobody has is free")
    func obstacle() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound && listen(descriptor, 1) == 0)
        let taken = try #require(ListenAddress("127.0.0.1:\(UInt16(bigEndian: address.sin_port))"))
        #expect(taken.obstacle == "another program has the port: stop it, or name another port")
        #expect(ListenAddress("127.0.0.1:0")?.obstacle == nil)
        #expect(ListenAddress("192.0.2.1:8080")?.obstacle?.contains("this machine has no such address") == true)
    }
}
