// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Manifests
internal import Transport

/// Options of every command that asks a running daemon.
struct ServerOptions: ParsableArguments {
    private static let standardAddress = "http://127.0.0.1:8080"

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The daemon's address (default: $MAINSTAY_SERVER, or \(standardAddress)).", valueName: "url"))
    var server: String?

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("How to print the answer; json and yaml hold all of it.", valueName: "format"))
    var output = OutputFormat.table

    /// The answer to a GET, parsed.
    ///
    /// - Throws: a `CommandFailure` that says what to do where no daemon answers.
    func get(_ path: String) async throws -> Value {
        let address = Self.address(server, environment: ProcessInfo.processInfo.environment)
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
                "no daemon answers at \(address): \(error.message)\n"
                    + "start one with `mainstay run`, or name its address with --server or $MAINSTAY_SERVER")
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
            throw CommandFailure.failed("\(address)\(path): \(message.linesWithoutControls())")
        }
        return body
    }

    /// An empty one counts as not given.
    static func address(_ option: String?, environment: [String: String]) -> String {
        let given = [option, environment["MAINSTAY_SERVER"]].compactMap { $0 }.first { !$0.isEmpty }
        var address = given ?? standardAddress
        while address.hasSuffix("/") { address.removeLast() }
        return address
    }

    /// Prints the answer itself where JSON or YAML is asked for; otherwise what `table` makes of it.
    func print(_ answer: Value, table: (Terminal) -> String) {
        switch output {
        case .json: writeLine(JSON.prettyText(answer) + "\n", to: 1)
        case .yaml: writeLine(YAML.text(answer), to: 1)
        case .table:
            writeLine(table(.standardOutput(environment: ProcessInfo.processInfo.environment)), to: 1)
        }
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, yaml
}

/// How many items of a list are asked for; the daemon gives 500 at most.
struct ListLimit: ParsableArguments {
    @Option(name: [.short, .long], help: ArgumentHelp("How many at most, from 1 to 500.", valueName: "count"))
    var limit = 50

    func validate() throws {
        guard (1...500).contains(limit) else { throw ValidationError("--limit must be from 1 to 500") }
    }
}
