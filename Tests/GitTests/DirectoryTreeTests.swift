// SPDX-License-Identifier: Apache-2.0

import Glibc
import Manifests
import TestSupport
import Testing

@testable import Git

@Suite("DirectoryTree", .timeLimit(.minutes(1)))
struct DirectoryTreeTests {
    private func fixture() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for (path, text) in [("top/a/file", "one\n"), ("top/a.b", "x"), ("top/a0", ""), ("outside/secret", "s")] {
            try directory.write(text, to: path)
        }
        for (link, target) in [("link", "a/file"), ("folder-link", "a"), ("up", "../outside")] {
            #expect(symlink(target, "\(directory.path)/top/\(link)") == 0)
        }
        return directory
    }

    private func tree(_ directory: TemporaryDirectory) throws -> DirectoryTree {
        try DirectoryTree("\(directory.path)/top")
    }

    @Test("agrees with the git tree of the same files")
    func agreement() async throws {
        let fixture = try MirrorFixture()
        let repository = fixture.repository
        for (path, text) in [("a/file", "one\n"), ("a.b", "x"), ("a/deep/er/file", ""), ("z", "z")] {
            try repository.write(text, to: path)
        }
        try repository.link("link", to: "a/file")
        try repository.link("folder-link", to: "a")
        let head = try #require(CommitID(try repository.commit("All")))
        _ = try await fixture.mirror.fetch(branches: ["main"])
        let directory = try DirectoryTree(repository.path)

        let paths = [
            "", "a", "a.b", "a/file", "a/deep", "a/deep/er/file", "link", "folder-link", "b", "a/x", "a/file/x", "/a",
            "..", ".", "a/..", "a/../z", "a//file", "link/x", "folder-link/file",
        ]
        let inGit = try await fixture.mirror.read(at: head) { tree in
            paths.map { Seen($0, in: tree, hidden: []) }
        }
        for (path, expected) in zip(paths, inGit) {
            #expect(Seen(path, in: directory, hidden: [".git"]) == expected, "\(path)")
        }
    }

    /// What a tree says of a path, but for identities and wording.
    private struct Seen: Equatable, Sendable {
        var kind: FileTreeEntry.Kind?
        var children: [String]?
        var contents: [UInt8]?

        init(_ path: String, in tree: any FileTree, hidden: Set<String>) {
            kind = (try? tree.entry(at: path))??.kind
            children = (try? tree.children(of: path))?.map(\.name).filter { !hidden.contains($0) }
            contents = try? tree.contents(of: path, limit: 100)
        }
    }

    @Test("follows no link, neither at the end of a path nor on the way, and leaves the folder by no path")
    func confinement() throws {
        let directory = try fixture()
        let tree = try tree(directory)
        #expect(try tree.entry(at: "up")?.kind == .symbolicLink)
        for path in ["up/secret", "../outside/secret", "a/../../outside/secret", "folder-link/file"] {
            #expect(try tree.entry(at: path) == nil, "\(path)")
            #expect(throws: FileTreeError.self, "\(path)") { try tree.contents(of: path, limit: 100) }
        }
        let error = try #require(throws: FileTreeError.self) { try tree.contents(of: "link", limit: 100) }
        #expect(error.message.contains("symbolic link"))
    }

    @Test("a file above the limit is refused with both sizes")
    func limit() throws {
        let directory = try fixture()
        let error = try #require(throws: FileTreeError.self) { try tree(directory).contents(of: "a/file", limit: 3) }
        #expect(error.description == "a/file: is 4 bytes, more than the limit of 3" && error.isTooLarge)
    }

    @Test("a pipe is named as such and never waited for")
    func pipe() throws {
        let directory = try fixture()
        #expect(mkfifo("\(directory.path)/top/pipe", 0o600) == 0)
        let tree = try tree(directory)
        #expect(throws: FileTreeError.self) { try tree.entry(at: "pipe") }
        let error = try #require(throws: FileTreeError.self) { try tree.contents(of: "pipe", limit: 100) }
        #expect(error.message == "is neither a file nor a folder")
    }

    @Test("a changed file has another identity, an untouched one the same")
    func identities() throws {
        let directory = try fixture()
        let tree = try tree(directory)
        let before = [try tree.entry(at: "a/file")?.id, try tree.entry(at: "a.b")?.id]
        try directory.write("other contents\n", to: "top/a/file")
        #expect(try tree.entry(at: "a/file")?.id != before[0])
        #expect(try tree.entry(at: "a.b")?.id == before[1])
    }

    @Test("a root that is not there is an error that names it")
    func missingRoot() throws {
        let error = try #require(throws: FileTreeError.self) { try DirectoryTree("/nonexistent/folder") }
        #expect(error.path == "/nonexistent/folder")
    }
}
