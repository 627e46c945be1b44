// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Manifests
internal import Transport

/// Options of every command that asks a running daemon.
struct ServerOptions: ParsableArguments {
    @Option(
        name: .long,
        help: "The daemon's address (default: $MAINSTAY_SERVER, or http://127.0.0.1:8080).")
    var server: String?

    @Option(name: [.customShort("o"), .long], help: "table, json or yaml.")
    var output = OutputFormat.table

    /// The answer to a GET, parsed.
    ///
    /// - Throws: a `CommandFailure` that says what to do where no daemon answers.
    func get(_ path: String) async throws -> Value {
        let address = server ?? ProcessInfo.processInfo.environment["MAINSTAY_SERVER"] ?? "http://127.0.0.1:8080"
        try CurlTransport.globalInit()
        let transport = try CurlTransport()
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await transport.send(
                HTTPRequest(
                    url: address + path, headers: ["Accept": "application/json", "User-Agent": Version.userAgent],
                    deadlines: HTTPDeadlines(connect: .seconds(5), total: .seconds(15), silence: .seconds(15))))
        } catch {
            await transport.shutdown()
            throw CommandFailure.failed(
                "no daemon answers at \(address): \(error.message); start one with `mainstay run`, or name its address "
                    + "with --server")
        }
        await transport.shutdown()
        let body: Value
        do throws(JSONError) {
            body = try JSON.parse(response.body)
        } catch {
            throw CommandFailure.failed(
                "\(address)\(path) answered \(response.status), and not with JSON: is this mainstay?")
        }
        guard response.status == 200 else {
            let message = body["error"]?["message"]?.string ?? body["message"]?.string ?? "status \(response.status)"
            throw CommandFailure.failed("\(address)\(path): \(message)")
        }
        return body
    }

    /// Prints the answer itself where JSON or YAML is asked for; otherwise what `table` makes of it.
    func print(_ answer: Value, table: () -> String) {
        switch output {
        case .json: writeLine(JSON.prettyText(answer) + "\n", to: 1)
        case .yaml: writeLine(YAML.text(answer), to: 1)
        case .table: writeLine(table(), to: 1)
        }
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, yaml
}
