// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import StatusServer

/// Over a socket: what the routes never see.
@Suite("Status server")
struct StatusServerTests {
    @Test("It answers on a port of its own")
    func answers() async throws {
        try await Fixtures.server().application().test(.live) { client in
            let alive = try await client.execute(uri: "/healthz", method: .get) { String(buffer: $0.body) }
            #expect(alive == "ok\n")
        }
    }

    @Test("Headers beyond 16 KiB are refused")
    func largeHeaders() async throws {
        try await Fixtures.server().application().test(.live) { client in
            let padding = String(repeating: "x", count: 17 << 10)
            let status = try await client.execute(
                uri: "/healthz", method: .get, headers: [.userAgent: padding]
            ) { $0.status }
            #expect(status == .badRequest)
        }
    }

    @Test("More than a hundred headers are refused")
    func manyHeaders() async throws {
        try await Fixtures.server().application().test(.live) { client in
            var headers = HTTPFields()
            for _ in 0..<101 { headers.append(HTTPField(name: .accept, value: "x")) }
            let status = try await client.execute(uri: "/healthz", method: .get, headers: headers) { $0.status }
            #expect(status == .badRequest)
        }
    }
}
