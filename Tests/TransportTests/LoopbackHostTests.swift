// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Transport

@Suite struct LoopbackHostTests {
    @Test(
        "This machine is told by name and by address",
        arguments: [
            "https://localhost:6443/api", "http://LOCALHOST", "https://127.0.0.1:6443", "https://127.8.9.10/x",
            "https://[::1]:6443/version", "https://ada:secret@127.0.0.1/",
        ])
    func loopback(url: String) {
        #expect(LoopbackHost.isNamed(in: url))
    }

    @Test(
        "Other hosts are not, whatever they are called",
        arguments: [
            "https://localhost.example.com", "https://127.0.0.1.example.com", "https://128.0.0.1", "https://10.127.0.0",
            "https://[::2]", "https://[2001:db8::1]", "https://127.0.0.1@example.com/", "https://example.com/localhost",
            "", "no URL at all",
        ])
    func elsewhere(url: String) {
        #expect(!LoopbackHost.isNamed(in: url))
    }
}
