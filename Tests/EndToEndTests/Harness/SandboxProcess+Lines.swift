// SPDX-License-Identifier: Apache-2.0

internal import Testing

extension SandboxProcess {
    /// Runs `kubectl LINE`; what it printed. Words in single quotes stay together.
    @discardableResult
    func run(_ line: String) async throws -> String { try await kubectl(Self.words(line)) }

    /// Creates the Deployment `web` of two pods, and waits until they are up.
    func deployWeb(_ flags: String = "") async throws {
        try await run("create deployment web --image=web:1 --replicas=2\(flags)")
        try await rolloutOfWeb()
    }

    @discardableResult
    func rolloutOfWeb() async throws -> String { try await run("rollout status deployment/web --timeout=60s") }

    /// Runs `kubectl LINE`, which fails; what it complained of.
    func refuse(_ line: String) async throws -> String { try await refused(Self.words(line)) }

    /// Runs each command, and expects it to print the line beside it.
    func expect(_ commands: [(line: String, prints: String)], at location: SourceLocation = #_sourceLocation)
        async throws
    {
        for command in commands {
            let output = try await run(command.line)
            #expect(output == command.prints + "\n", "kubectl \(command.line)", sourceLocation: location)
        }
    }

    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var isQuoted = false
        var isNew = true
        for character in line {
            switch character {
            case "'": isQuoted.toggle()
            case " " where !isQuoted: isNew = true
            default:
                if isNew { words.append("") }
                words[words.count - 1].append(character)
                isNew = false
            }
        }
        return words
    }
}

/// The words of each line of a table.
func rows(_ text: String) -> [[String]] {
    text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
}
