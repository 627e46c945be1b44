// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What keeps modules apart, checked on the sources themselves.
@Suite("Import rules")
struct ImportRulesTests {
    @Test("Each module imports only what docs/architecture.md says it may")
    func table() throws {
        let allowed = try ModuleTable.read()
        for (module, files) in try SourceTree.modules() {
            let row = try #require(allowed[module], "docs/architecture.md has no row for \(module)")
            for file in files {
                for name in file.imports where !row.contains(name) {
                    Issue.record("\(file.path) imports \(name), which docs/architecture.md does not allow \(module)")
                }
            }
        }
    }

    /// The table is a document, which may be edited with the code; these rules may not bend with it.
    @Test(
        "The pure modules import no C module, database, server or Foundation",
        arguments: ["Manifests", "Kustomize", "Planning", "Reconciler", "Sandbox"])
    func purity(module: String) throws {
        var forbidden: Set = [
            "CCurl", "CGit2", "CYAML", "Foundation", "FoundationEssentials", "FoundationNetworking", "GRDB", "Glibc",
            "Dispatch", "Hummingbird", "Git", "Transport", "Kubernetes", "Ledger",
        ]
        switch module {
        case "Manifests": forbidden.remove("CYAML")
        case "Sandbox": forbidden.remove("Hummingbird")
        default: break
        }
        for file in try SourceTree.files(of: module) {
            #expect(file.imports.filter(forbidden.contains) == [], "\(file.path)")
        }
    }

    @Test("Nothing imports FoundationNetworking: it would bring a second libcurl and hidden threads")
    func networking() throws {
        for (_, files) in try SourceTree.modules() {
            for file in files { #expect(!file.imports.contains("FoundationNetworking"), "\(file.path)") }
        }
    }

    @Test(
        "Time, ids, randomness and tasks are handed in, so that a simulation repeats",
        arguments: ["Planning", "Reconciler", "Sandbox"])
    func determinism(module: String) throws {
        for file in try SourceTree.files(of: module) where !file.path.contains("/Sandbox/Server/") {
            for (number, line) in file.code {
                guard let word = ForbiddenWord.first(in: line) else { continue }
                Issue.record("\(file.path):\(number) has \(word), which is handed in: \(line)")
            }
        }
    }

    @Test(
        "The rules find what they are for",
        arguments: [
            "let now = Date()", "Task { await run() }", "Task.detached {", "DispatchQueue.main",
            "try await Task.sleep(for: .zero)", "let id = UUID().uuidString", "Double.random(in: 0..<1)",
            "list.shuffled()", "@MainActor", "Task<Void, Never> {", "let clock = ContinuousClock()",
        ])
    func rulesWork(line: String) {
        #expect(ForbiddenWord.first(in: line) != nil)
    }

    @Test(
        "The rules leave lawful code alone",
        arguments: [
            "try Task.checkCancellation()", "while !Task.isCancelled {", "group.addTask { }", "lastUpdate(of: object)",
            "random.next()", "Double.random(in: 0..<1, using: &generator)", "withDiscardingTaskGroup { group in",
        ])
    func rulesSpare(line: String) {
        #expect(ForbiddenWord.first(in: line) == nil)
    }

    @Test("Sources begin with their licence, and no file but tables of data is too long to read")
    func files() throws {
        for (_, files) in try SourceTree.modules() {
            for file in files {
                #expect(file.lines.first == "// SPDX-License-Identifier: Apache-2.0", "\(file.path)")
                #expect(file.lines.count <= 500 || file.path.hasSuffix("+Data.swift"), "\(file.path)")
            }
        }
    }
}

private enum ForbiddenWord {
    private static let words = [
        "Task.detached", "Task.sleep", "Task {", "Task{", "Task(", "Task<", "Dispatch", "Thread", "MainActor", "Date(",
        "UUID(", "SystemRandomNumberGenerator", ".random(in:", ".shuffled()", ".randomElement()", "ContinuousClock",
        "SuspendingClock", "ProcessInfo", "getenv", "nonisolated(unsafe)",
    ]

    static func first(in line: String) -> String? {
        words.first { word in
            guard let range = line.firstRange(of: word) else { return false }
            // `addTask {` is lawful, and so is randomness from a generator that was given.
            let isWhole = range.lowerBound == line.startIndex || !line[line.index(before: range.lowerBound)].isLetter
            return (isWhole || word.hasPrefix(".")) && !line.contains("using: &")
        }
    }
}

/// The table of modules in docs/architecture.md.
private enum ModuleTable {
    static func read() throws -> [String: Set<String>] {
        let text = try String(contentsOfFile: SourceTree.root + "/docs/architecture.md", encoding: .utf8)
        var table: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map(String.init)
            guard cells.count >= 3 else { continue }
            var allowed = words(in: cells[2])
            if cells[2].contains("all of ours") { allowed.formUnion(table.keys) }
            for module in words(in: cells[0]) { table[module] = allowed }
        }
        return table
    }

    private static func words(in cell: String) -> Set<String> {
        Set(cell.matches(of: /`(\w+)`/).map { String($0.output.1) })
    }
}

/// The Swift files below Sources/.
private enum SourceTree {
    struct File {
        /// Relative to the project's root.
        let path: String
        let lines: [String]

        /// `@testable internal import struct Module.Type` imports `Module`.
        var imports: [String] {
            lines.filter { $0.contains("import ") }.compactMap { line in
                let words = line.split(separator: " ")
                guard let keyword = words.firstIndex(of: "import"), keyword < words.count - 1,
                    words[..<keyword].allSatisfy({ $0.hasPrefix("@") || Self.accessLevels.contains(String($0)) })
                else { return nil }
                let isOneDeclaration = words.count > keyword + 2 && !words[keyword + 2].hasPrefix("//")
                return words[isOneDeclaration ? keyword + 2 : keyword + 1].split(separator: ".").first.map(String.init)
            }
        }

        private static let accessLevels: Set = ["public", "package", "internal", "fileprivate", "private"]

        /// Lines without those that are comments, with their numbers.
        var code: [(number: Int, line: String)] {
            lines.enumerated().map { ($0.offset + 1, $0.element.trimmingCharacters(in: .whitespaces)) }
                .filter { !$0.1.hasPrefix("//") }
        }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static func modules() throws -> [(name: String, files: [File])] {
        let names = try FileManager.default.contentsOfDirectory(atPath: root + "/Sources").sorted()
        let modules = try names.map { ($0, try files(of: $0)) }
        try #require(modules.count > 10, "Sources/ was not found beside the tests")
        return modules
    }

    static func files(of module: String) throws -> [File] {
        let folder = root + "/Sources/" + module
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".swift") }.sorted()
        return try paths.map { path in
            let text = try String(contentsOfFile: folder + "/" + path, encoding: .utf8)
            // By bytes: a debug build is slow over characters.
            var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .map { String(Substring($0)) }
            if lines.last == "" { lines.removeLast() }
            return File(path: "Sources/\(module)/\(path)", lines: lines)
        }
    }
}
