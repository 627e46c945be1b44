// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Testing

/// A team's repository: the tree that `mainstay init` is tested on, with the files that the team's guide adds to it.
///
/// A guide's blocks of YAML whose first line is a comment with a path are these files, so that what a guide says is what
/// was played.
struct Sample: Sendable {
    var files: [String: String]
    let guide: String

    /// One without a guide.
    init(files: [String: String]) {
        self.files = files
        guide = ""
    }

    init(_ name: String) throws {
        files = try ProposalGolden(named: name).files
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        guide = try String(contentsOf: root.appending(path: "docs/guides/\(name).md"), encoding: .utf8)
        for block in guide.components(separatedBy: "```yaml\n# ").dropFirst() {
            let text = block.components(separatedBy: "```")[0]
            guard let end = text.firstIndex(of: "\n") else { continue }
            files[String(text[..<end])] = String(text[text.index(after: end)...])
        }
        try #require(files["mainstay.yaml"] != nil)
    }

    /// What a person changes in a file.
    mutating func edit(_ path: String, _ old: String, _ new: String) throws {
        let text = try #require(files[path])
        try #require(text.contains(old))
        files[path] = text.replacing(old, with: new)
    }
}
