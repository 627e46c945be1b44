// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@testable import Git

@Suite("LocalRepository", .timeLimit(.minutes(1)))
struct LocalRepositoryTests {
    @Test("is found from any folder of its work tree, and nowhere else")
    func enclosing() async throws {
        let repository = try TemporaryRepository()
        try repository.commit("a/b/file", "1")
        let found = try #require(try LocalRepository.enclosing("\(repository.path)/a/b"))
        #expect(found.workTree == repository.path)
        let elsewhere = try TemporaryDirectory()
        #expect(try LocalRepository.enclosing(elsewhere.path) == nil)
    }

    @Test(
        "a revision is what git rev-parse makes of it", arguments: ["HEAD", "main", "HEAD~1", "v1", "light", "short"])
    func resolve(_ revision: String) async throws {
        let repository = try TemporaryRepository()
        try repository.commit("file", "1")
        try repository.git("tag", "--annotate", "--message", "One", "v1")
        try repository.git("tag", "light")
        try repository.commit("file", "2")
        let name = revision == "short" ? String(try repository.head().prefix(8)) : revision
        let local = try #require(try LocalRepository.enclosing(repository.path))
        #expect(try await local.resolve(name).hex == repository.head("\(name)^{commit}"))
    }

    @Test("a revision that is none is named, with what to do")
    func unknownRevision() async throws {
        let repository = try TemporaryRepository()
        try repository.commit("file", "1")
        let local = try #require(try LocalRepository.enclosing(repository.path))
        for name in ["nope", "HEAD:file", "", "main..other"] {
            let error = await #expect(throws: GitError.self, "\(name)") { try await local.resolve(name) }
            #expect(error?.code == .notFound)
            #expect(error?.subject == name)
            #expect(error?.hint.isEmpty == false)
        }
    }

    @Test("reads the files of a commit, whatever is checked out or not committed")
    func read() async throws {
        let repository = try TemporaryRepository()
        let first = try #require(CommitID(try repository.commit("file", "1")))
        try repository.commit("file", "2")
        try repository.write("3", to: "file")
        let local = try #require(try LocalRepository.enclosing(repository.path))
        let text = try await local.read(at: first) {
            String(decoding: try $0.contents(of: "file", limit: 10), as: UTF8.self)
        }
        #expect(text == "1")
    }

    @Test("its last commits are those of git log, and a shallow copy says what it lacks")
    func lastCommit() async throws {
        let repository = try TemporaryRepository()
        let first = try repository.commit("a/file", "1")
        let second = try repository.commit("b/file", "1")
        let local = try #require(try LocalRepository.enclosing(repository.path))
        let head = try await local.resolve("HEAD")
        #expect(try await local.lastCommit(touching: "a", from: head)?.hex == first)
        #expect(try await local.lastCommit(touching: "b", from: head)?.hex == second)
        #expect(try await local.lastCommit(touching: "c", from: head) == nil)
        #expect(try await local.isAncestor(try #require(CommitID(first)), of: head))
        #expect(try await !local.isAncestor(head, of: try #require(CommitID(first))))
    }
}
