// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The entries of a generated ConfigMap or Secret: environment files first, then literals, then files.
struct KeyValueSources {
    struct Entry {
        var key: String
        var bytes: [UInt8]
        var source: Located<String>
    }

    private(set) var entries: [Entry] = []
    private(set) var problems: [RenderError] = []
    private(set) var warnings: [RenderWarning] = []
    private let rule: GeneratorRule
    private let file: String

    init(_ rule: GeneratorRule, of kustomization: Kustomization, reader: inout TreeReader) {
        self.rule = rule
        file = kustomization.file
        for source in rule.environmentFiles { readEnvironment(source, kustomization.folder, &reader) }
        for source in rule.literals { readLiteral(source) }
        for source in rule.files { readFile(source, kustomization.folder, &reader) }
        var seen: Set<String> = []
        for entry in entries where !seen.insert(entry.key).inserted {
            problems.append(invalid(entry.source, "\(rule.name) gets the key \(entry.key) twice"))
        }
    }

    private mutating func readLiteral(_ source: Located<String>) {
        guard let equals = source.value.firstIndex(of: "="), equals != source.value.startIndex else {
            problems.append(invalid(source, "a literal of \(rule.name) is not key=value"))
            return
        }
        let value = source.value[source.value.index(after: equals)...]
        append(String(source.value[..<equals]), Array(Self.unquoted(value).utf8), source)
    }

    private mutating func readFile(_ source: Located<String>, _ folder: String, _ reader: inout TreeReader) {
        let parts = source.value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let path = parts.last ?? ""
        let key = parts.count == 2 ? parts[0] : TreePath.name(of: path)
        guard !path.isEmpty, !key.isEmpty, !path.contains("=") else {
            problems.append(invalid(source, "\(source.value) is neither a file nor key=file"))
            return
        }
        guard let bytes = contents(of: path, source, folder, &reader) else { return }
        append(key, bytes, source)
    }

    private mutating func readEnvironment(_ source: Located<String>, _ folder: String, _ reader: inout TreeReader) {
        guard var bytes = contents(of: source.value, source, folder, &reader)?[...] else { return }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        for (index, var line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if line.last == 0x0D { line = line.dropLast() }
            line = line.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            let place = environmentPath(source.value, folder)
            guard String(validating: line, as: UTF8.self) != nil else {
                problems.append(RenderError(.invalidField, file: place, line: index + 1, "the line is no UTF-8"))
                continue
            }
            let equals = line.firstIndex(of: UInt8(ascii: "="))
            let key = String(decoding: line[..<(equals ?? line.endIndex)], as: UTF8.self)
            // Kustomize overlooks a value without a name, and looks a name without a value up where it runs. A render
            // depends on the repository alone: there such a variable is never set.
            if key.isEmpty { continue }
            if equals == nil {
                warnings.append(
                    RenderWarning(
                        file: place, line: index + 1,
                        "\(key) has no value and is left empty, no environment is read; write \(key)=…"))
            }
            append(key, equals.map { Array(line[($0 + 1)...]) } ?? [], source)
        }
    }

    private func environmentPath(_ path: String, _ folder: String) -> String {
        (try? TreePath.resolve(path, from: folder)) ?? path
    }

    private mutating func contents(
        of path: String, _ source: Located<String>, _ folder: String, _ reader: inout TreeReader
    ) -> [UInt8]? {
        do throws(RenderError) {
            return try reader.file(path, from: folder, namedIn: file, at: source.position, field: source.path).bytes
        } catch {
            problems.append(error)
            return nil
        }
    }

    /// Which keys are valid is the cluster's to say: kustomize takes all.
    private mutating func append(_ key: String, _ bytes: [UInt8], _ source: Located<String>) {
        entries.append(Entry(key: key, bytes: bytes, source: source))
    }

    private func invalid(_ source: Located<String>, _ message: String) -> RenderError {
        RenderError(.invalidField, file: file, at: source, message)
    }

    /// Without the quotes around it, if the same kind stands at both ends.
    private static func unquoted(_ text: Substring) -> Substring {
        guard text.count >= 2, let first = text.first, first == text.last, first == "\"" || first == "'" else {
            return text
        }
        return text.dropFirst().dropLast()
    }
}
