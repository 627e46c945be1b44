// SPDX-License-Identifier: Apache-2.0

package import Manifests
internal import Transport

/// Asks servers on this machine, as anybody would.
package struct LoopbackClient: Sendable {
    package struct Answer: Sendable {
        package var status: Int
        package var text: String
    }

    /// `http://127.0.0.1:8080`.
    package let server: String

    package init(server: String) { self.server = server }

    package func get(_ path: String) async throws -> Answer { try await send("GET", path, nil) }

    @discardableResult
    package func post(_ object: Object, to path: String) async throws -> Answer {
        try await send("POST", path, JSON.bytes(.object(object)))
    }

    private func send(_ method: String, _ path: String, _ body: [UInt8]?) async throws -> Answer {
        try CurlTransport.globalInit()
        let transport = try CurlTransport()
        do {
            let response = try await transport.send(
                HTTPRequest(
                    method: method, url: server + path, headers: ["Content-Type": "application/json"], body: body,
                    deadlines: HTTPDeadlines(connect: .seconds(5), total: .seconds(20), silence: .seconds(20))))
            await transport.shutdown()
            return Answer(status: response.status, text: String(decoding: response.body, as: UTF8.self))
        } catch {
            await transport.shutdown()
            throw error
        }
    }
}
