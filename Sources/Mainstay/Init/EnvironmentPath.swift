// SPDX-License-Identifier: Apache-2.0

/// The environment that a path is of, by the words in it, and the path with `{environment}` in its place.
struct EnvironmentPath: Hashable {
    /// As it stands in the path.
    var environment: String
    var template: String
    /// The word alone is no proof: `test` may be a folder of tests.
    var isCertain: Bool

    static let placeholder = "{environment}"

    /// In the order in which a change usually goes through them.
    static let ladder = [
        "local", "dev", "develop", "development", "int", "integration", "test", "testing", "qa", "uat", "preview",
        "demo",
        "sandbox", "stage", "staging", "preprod", "pre-production", "prod", "production", "live",
    ]
    private static let uncertain: Set = ["int", "integration", "test", "testing", "preview", "demo", "sandbox", "live"]
    /// Whatever is below these is an environment.
    private static let parents: Set = ["overlays", "environments", "envs", "stages", "clusters"]

    /// Nil where the path names none.
    init?(_ path: String) {
        let parts = path.split(separator: "/").map(String.init)
        guard let found = Self.folder(parts) ?? Self.file(parts), Self.isName(found.word) else { return nil }
        environment = found.word
        isCertain = found.isCertain
        template = parts.enumerated().map { number, part in
            if number == found.place, part == found.word { return Self.placeholder }
            // `staging/api-staging.yaml` says it twice.
            return number == parts.count - 1 ? Self.replaced(found.word, in: part) : part
        }.joined(separator: "/")
    }

    private static func folder(_ parts: [String]) -> (word: String, place: Int, isCertain: Bool)? {
        for (number, part) in parts.enumerated() {
            // A file's name is looked into word by word.
            guard number < parts.count - 1 || !isFile(part) else { continue }
            let isBelow = number > 0 && parents.contains(parts[number - 1])
            if isBelow || ladder.contains(part) { return (part, number, isBelow || !uncertain.contains(part)) }
        }
        return nil
    }

    private static func file(_ parts: [String]) -> (word: String, place: Int, isCertain: Bool)? {
        guard let name = parts.last, isFile(name) else { return nil }
        return words(stem(name)).first { ladder.contains($0) }.map { ($0, parts.count - 1, !uncertain.contains($0)) }
    }

    private static func replaced(_ word: String, in name: String) -> String {
        guard isFile(name) else { return name == word ? placeholder : name }
        let stem = stem(name)
        var result = ""
        var rest = stem[...]
        while !rest.isEmpty {
            let piece = rest.prefix { !isSeparator($0) }
            result += piece == word ? placeholder[...] : piece
            rest = rest.dropFirst(piece.count)
            if let separator = rest.first {
                result.append(separator)
                rest.removeFirst()
            }
        }
        return result + name.dropFirst(stem.count)
    }

    static func isFile(_ name: String) -> Bool { [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } }

    static func stem(_ name: String) -> String {
        isFile(name) ? String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)]) : name
    }

    static func words(_ text: String) -> [String] { text.split(whereSeparator: isSeparator).map(String.init) }

    private static func isSeparator(_ character: Character) -> Bool { "-_.".contains(character) }

    /// What an environment can be called.
    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 40 && text == PipelineProposal.label(text)
    }
}
