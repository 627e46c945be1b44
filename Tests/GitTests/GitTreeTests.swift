// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@testable import Git

@Suite("GitTree", .timeLimit(.minutes(1)))
struct GitTreeTests {
    private func fixture() async throws -> (MirrorFixture, CommitID) {
        let fixture = try MirrorFixture()
        let repository = fixture.repository
        try repository.write("one\n", to: "a/file")
        try repository.write("one\n", to: "a/same")
        try repository.write("x", to: "a.b")
        try repository.write("x", to: "a0")
        try repository.write("", to: "empty")
        try repository.link("link", to: "a/file")
        try repository.link("folder-link", to: "a")
        try repository.git("update-index", "--add", "--cacheinfo", "160000,\(String(repeating: "1", count: 40)),module")
        try repository.commit("Everything")
        // `git add --all` takes the submodule away again: it has no folder.
        try repository.git("update-index", "--add", "--cacheinfo", "160000,\(String(repeating: "1", count: 40)),module")
        try repository.git("commit", "--quiet", "--amend", "--no-edit")
        let head = try id(repository.head())
        _ = try await fixture.mirror.fetch(branches: ["main"])
        return (fixture, head)
    }

    @Test("reports each entry's kind and content id, sorted by name")
    func entries() async throws {
        let (fixture, head) = try await fixture()
        let (root, below) = try await fixture.mirror.read(at: head) { tree in
            (try tree.children(of: ""), try tree.children(of: "a"))
        }
        #expect(root.map(\.name) == ["a", "a.b", "a0", "empty", "folder-link", "link", "module"])
        #expect(
            root.map(\.kind) == [.directory, .file, .file, .file, .symbolicLink, .symbolicLink, .submodule])
        #expect(below.map(\.name) == ["file", "same"])
        #expect(below[0].id == below[1].id)
        let expected = try fixture.repository.git("rev-parse", "HEAD:a/file", "HEAD:a", "HEAD^{tree}")
        let found = try await fixture.mirror.read(at: head) { tree in
            [try tree.entry(at: "a/file")?.id, try tree.entry(at: "a")?.id, tree.rootID]
        }
        #expect(found.compactMap { $0 }.joined(separator: "\n") == expected)
    }

    @Test("what is not there is nil", arguments: ["b", "a/x", "a/file/x", "/a", "..", "link/x", "folder-link/file"])
    func absent(_ path: String) async throws {
        let (fixture, head) = try await fixture()
        #expect(try await fixture.mirror.read(at: head) { try $0.entry(at: path) } == nil)
        // An odd path is no sign of a broken mirror.
        #expect(try await fixture.mirror.localHead(of: "main") == head)
    }

    @Test(
        "refuses to read what is no file, by name",
        arguments: [
            ("link", "symbolic link"), ("folder-link", "symbolic link"), ("module", "submodule"), ("a", "folder"),
            ("", "folder"), ("absent", "not found"),
        ])
    func noFile(_ path: String, _ reason: String) async throws {
        let (fixture, head) = try await fixture()
        let error = await #expect(throws: FileTreeError.self) {
            _ = try await fixture.mirror.read(at: head) { try $0.contents(of: path, limit: 100) }
        }
        #expect(error?.path == path)
        #expect(error?.message.contains(reason) == true)
    }

    @Test("children of a file or of nothing are an error", arguments: ["a/file", "absent", "link", "module"])
    func noFolder(_ path: String) async throws {
        let (fixture, head) = try await fixture()
        await #expect(throws: FileTreeError.self) {
            _ = try await fixture.mirror.read(at: head) { try $0.children(of: path) }
        }
    }

    @Test("a file above the limit is refused with both sizes, one at the limit is read")
    func limits() async throws {
        let (fixture, head) = try await fixture()
        #expect(try await fixture.mirror.read(at: head) { try $0.contents(of: "a/file", limit: 4) }.count == 4)
        #expect(try await fixture.mirror.read(at: head) { try $0.contents(of: "empty", limit: 0) }.isEmpty)
        let error = await #expect(throws: FileTreeError.self) {
            _ = try await fixture.mirror.read(at: head) { try $0.contents(of: "a/file", limit: 3) }
        }
        #expect(error?.description == "a/file: is 4 bytes, more than the limit of 3")
    }

    @Test("what the reader throws comes through")
    func passesErrors() async throws {
        struct Mine: Error {}
        let (fixture, head) = try await fixture()
        await #expect(throws: Mine.self) { _ = try await fixture.mirror.read(at: head) { _ in throw Mine() } }
    }
}
