// SPDX-License-Identifier: Apache-2.0

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
}
