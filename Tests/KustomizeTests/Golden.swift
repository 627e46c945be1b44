// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifests
import TestSupport

/// Files, and what `kubectl kustomize` makes of them: one text file a case, `Goldens/NAME.txt`.
///
/// ```
/// What the case is about.
///
/// -- base/kustomization.yaml --
/// resources: [web.yaml]
/// -- base/logo.png (base64) --
/// iVBORw0KGgo=
/// == objects of base ==
/// apiVersion: v1
/// ```
///
/// The last section is what was recorded: the objects, or, under `== errors of base ==`, what Mainstay says where both
/// refuse.
struct Golden: Sendable {
    enum Outcome: Sendable, Equatable {
        /// As kubectl printed them.
        case objects(String)
        /// A line each.
        case errors(String)
    }

    struct FormatError: Error {
        var message: String
    }

    /// What the case is about.
    var text: String
    var files: [String: [UInt8]]
    /// The kustomization's folder.
    var target: String
    var outcome: Outcome

    var tree: MemoryTree { MemoryTree(bytes: files) }
}

extension MemoryTree {
    init(bytes files: [String: [UInt8]]) {
        self.init()
        for (path, bytes) in files { setBytes(bytes, at: path) }
    }
}

// MARK: - Files

extension Golden {
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
    }()

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")

    init(named name: String) throws {
        try self.init(parsing: String(contentsOf: Self.folder.appending(path: "\(name).txt"), encoding: .utf8))
    }

    func write(named name: String) throws {
        try Data(description.utf8).write(to: Self.folder.appending(path: "\(name).txt"))
    }

    init(parsing text: String) throws {
        self.init(text: "", files: [:], target: "", outcome: .errors(""))
        var section: Substring?
        var lines: [Substring] = []
        func close(_ golden: inout Golden) throws {
            try golden.add(section, lines.map { $0 + "\n" }.joined())
            lines = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isHeader = ["--", "=="].contains { line.hasPrefix("\($0) ") && line.hasSuffix(" \($0)") }
            guard isHeader else {
                lines.append(line)
                continue
            }
            try close(&self)
            section = line
        }
        // The text ends with a line break, after which there is no further line.
        if lines.last == "" { lines.removeLast() }
        try close(&self)
        guard !target.isEmpty else { throw FormatError(message: "no section says what was recorded") }
    }

    private mutating func add(_ section: Substring?, _ content: String) throws {
        guard let section else { return text = content }
        let title = section.dropFirst(3).dropLast(3)
        if section.hasPrefix("--") {
            guard title.hasSuffix(" (base64)") else { return files[String(title)] = Array(content.utf8) }
            guard let bytes = Base64.decode(content) else { throw FormatError(message: "\(title) is no base64") }
            files[String(title.dropLast(9))] = bytes
        } else if title.hasPrefix("objects of ") {
            target = String(title.dropFirst(11))
            outcome = .objects(content)
        } else if title.hasPrefix("errors of ") {
            target = String(title.dropFirst(10))
            outcome = .errors(content)
        } else {
            throw FormatError(message: "\(section) is no section")
        }
    }
}

extension Golden: CustomStringConvertible {
    /// The text that reads back as this golden.
    var description: String {
        var result = text
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            if let text = String(validating: bytes, as: UTF8.self), Self.isPlain(text) {
                result += "-- \(path) --\n\(text)"
            } else {
                result += "-- \(path) (base64) --\n\(Base64.encode(bytes))\n"
            }
        }
        switch outcome {
        case .objects(let text): return result + "== objects of \(target) ==\n\(text)"
        case .errors(let text): return result + "== errors of \(target) ==\n\(text)"
        }
    }

    /// True where the text survives in a section, and in an editor.
    private static func isPlain(_ text: String) -> Bool {
        (text.isEmpty || text.hasSuffix("\n")) && !text.unicodeScalars.contains { $0 == "\r" || $0 == "\u{FEFF}" }
            && !text.split(separator: "\n").contains { $0.hasPrefix("-- ") || $0.hasPrefix("== ") }
    }
}
