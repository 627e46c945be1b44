// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Manifests
internal import Transport

/// Options of every command that tells a running daemon what to do, over its control socket.
struct ControlOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The daemon's control socket (default: $MAINSTAY_SOCKET, or control.sock in its data directory).",
            valueName: "path"), completion: .file())
    var socket: String?

    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp("The daemon's configuration, which says where its data directory is.", valueName: "file"),
        completion: .file())
    var config: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Who you are, for the record, where several people share an account.", valueName: "name"))
    var person: String?

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("How to print the answer; json and yaml hold all of it.", valueName: "format"))
    var output = OutputFormat.table

    /// Asks for an action, and prints what comes of it.
    func post(_ action: String, _ fields: [(String, String?)] = []) async throws {
        let answer = try await send(action, fields)
        show(answer)
    }

    /// Asks for an action that wants words typed. Without them the daemon tells what would be done, and the words: on a
    /// terminal they are asked for then, elsewhere that is all.
    func confirmed(_ action: String, _ fields: [(String, String?)], phrase: String?) async throws {
        let answer = try await send(action, fields + [("confirm", phrase)])
        show(answer)
        guard phrase == nil, output == .table, let wanted = answer["code"]?.string else { return }
        guard isatty(0) == 1, isatty(1) == 1 else {
            throw CommandFailure.failed("nothing was done: the words are missing")
        }
        writeLine("\nType \"\(wanted.withoutControls)\" to go on: ", to: 1)
        guard let typed = readLine(), !typed.isEmpty else { throw CommandFailure.failed("nothing was done") }
        show(try await send(action, fields + Self.confirmation(typed, of: answer)))
    }

    /// The words, for exactly what was listed.
    static func confirmation(_ typed: String, of listed: Value) -> [(String, String?)] {
        [("confirm", typed), ("list", listed["list"]?.string)]
    }

    func send(_ action: String, _ fields: [(String, String?)]) async throws -> Value {
        var body = Object()
        for (name, value) in fields { if let value { body[name] = .string(value) } }
        if let person { body["as"] = .string(person) }
        return try await ask("POST", "/api/v1/\(action)", body)
    }

    func show(_ answer: Value) {
        switch output {
        case .json: writeLine(JSON.prettyText(answer) + "\n", to: 1)
        case .yaml: writeLine(YAML.text(answer), to: 1)
        case .table:
            let items = (answer["items"]?.array ?? []).compactMap(\.string)
            // What is wrong with a pipeline is a line each.
            let lines =
                [(answer["message"]?.string ?? "").linesWithoutControls()] + items.map { "  \($0.withoutControls)" }
            writeLine(lines.map { $0 + "\n" }.joined(), to: 1)
        }
    }

    /// The ways in which these commands are told of a daemon.
    private static let naming =
        "name its socket with --socket or $MAINSTAY_SOCKET, or its configuration with --config"

    /// The answer, parsed.
    ///
    /// - Parameter naming: how the command at hand is told which daemon is meant.
    /// - Throws: a `CommandFailure` that says what to do where no daemon answers, or why it refused.
    func ask(
        _ method: String, _ target: String, _ body: Object? = nil, naming: String = naming
    ) async throws -> Value {
        let path: String
        do throws(ConfigurationError) {
            path = try ControlSocket.find(
                socket: socket, config: config, environment: ProcessInfo.processInfo.environment)
        } catch {
            throw CommandFailure.start(error.description)
        }
        try CurlTransport.globalInit()
        let transport = try CurlTransport()
        var request = HTTPRequest(
            method: method, url: "http://localhost\(target)",
            headers: ["Accept": "application/json", "User-Agent": Version.userAgent],
            body: body.map { JSON.bytes(.object($0)) },
            deadlines: HTTPDeadlines(connect: .seconds(5), total: .seconds(30), silence: .seconds(30)))
        if body != nil { request.headers["Content-Type"] = "application/json" }
        request.unixSocket = path
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await transport.send(request)
        } catch {
            await transport.shutdown()
            throw CommandFailure.failed(Self.explanation(error, path, naming))
        }
        await transport.shutdown()
        guard let answer = try? JSON.parse(response.body) else {
            throw CommandFailure.failed(
                "\(path) answered \(response.status), and not with JSON: is this mainstay's control socket?")
        }
        guard response.status == 200 else {
            let message = answer["error"]?["message"]?.string ?? "status \(response.status)"
            throw CommandFailure.failed(message.linesWithoutControls())
        }
        return answer
    }

    static func explanation(_ error: TransportError, _ socket: String, _ naming: String) -> String {
        let isMissing = !FileManager.default.fileExists(atPath: socket)
        if !isMissing, !FileManager.default.isWritableFile(atPath: socket) {
            return "\(socket): permission denied\nrun this as the user that the daemon runs as, or as root"
        }
        let why =
            switch error.code {
            case _ where isMissing: "there is no such socket"
            case .connect: "it is not running, and left its socket behind"
            // The transport's own words name a host and a port, which a socket has none of.
            default: error.code.rawValue
            }
        return "no daemon answers at \(socket): \(why)\n"
            + "start it with `mainstay run`, or run this where it runs, as its user; \(naming)"
    }
}
