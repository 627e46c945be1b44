// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Manifests

struct ExplainCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what a commit deploys where, and why: which file, image tag or pipeline entry moved.",
        discussion: """
            Compares what each application is made of at the commit with what it was made of at the commit's first parent, \
            or at --since. An application deploys, is held (its environment asks for something first), is unchanged, was \
            removed from the pipeline, or is broken. On local files no daemon and no cluster are needed; with --socket or \
            --config a running daemon answers for its repository, and knows what is held at this moment.

            Exit status: 0 when it could be said, 1 when an application is broken at the commit, 2 when it could not be \
            said.
            """)

    @Argument(help: ArgumentHelp("A commit, branch or tag.", valueName: "rev"))
    var revision: String

    @Argument(
        help: ArgumentHelp("A folder of the repository (default: the current folder).", valueName: "path"),
        completion: .directory)
    var path = "."

    @Option(
        name: .long, help: ArgumentHelp("Compare with this revision (default: the first parent).", valueName: "rev"))
    var since: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Only this environment.", valueName: "name"))
    var environment: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Only this application.", valueName: "name"))
    var application: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Ask the daemon at this control socket; $MAINSTAY_SOCKET alone asks none.", valueName: "path"),
        completion: .file())
    var socket: String?

    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp("Ask the daemon of this configuration.", valueName: "file"), completion: .file())
    var config: String?

    @Option(name: [.customShort("o"), .long], help: "text or json.")
    var output = Format.text

    func validate() throws {
        if path != ".", socket != nil || config != nil {
            throw ValidationError("a daemon explains commits of its own repository: leave the path out, or the daemon")
        }
    }

    func run() async throws {
        let explanation = try await explanation()
        switch output {
        case .json: writeLine(JSON.prettyText(explanation) + "\n", to: 1)
        case .text: writeLine(ExplanationText(explanation: explanation).text, to: 1)
        }
        let isBroken = (explanation["targets"]?.array ?? []).contains { $0["outcome"]?.string == "broken" }
        if isBroken { throw ExitCode(1) }
    }

    private func explanation() async throws -> Value {
        // A daemon that only the environment names knows nothing of the commits here.
        if socket != nil || config != nil { return try await fromDaemon() }
        do {
            return try await LocalExplainer.explanation(
                path, revision: revision, since: since, application: application, environment: environment)
        } catch {
            throw CommandFailure.start("\(error)")
        }
    }

    private func fromDaemon() async throws -> Value {
        var query = URLComponents()
        query.queryItems = [
            ("revision", revision), ("since", since), ("application", application), ("environment", environment),
        ].compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
        let text = query.percentEncodedQuery?.replacing("+", with: "%2B") ?? ""
        let options = [("--socket", socket), ("--config", config)].flatMap { name, value in
            value.map { [name, $0] } ?? []
        }
        do {
            return try await ControlOptions.parse(options).ask("GET", "/api/v1/explain?\(text)")
        } catch is ExitCode {
            // What is wrong was said; here it is always an error.
            throw ExitCode(2)
        }
    }
}
