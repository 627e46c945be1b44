// SPDX-License-Identifier: Apache-2.0

import Git
import TestSupport
import Testing

@Suite("Who wrote what a commit changed")
struct CommitAuthorsTests {
    private func commit(_ fixture: MirrorFixture, _ path: String, _ text: String, by name: String) throws -> CommitID {
        let commit = try fixture.repository.commit(path, text)
        try fixture.repository.git(
            "commit", "--quiet", "--amend", "--no-edit", "--author", "\(name) <\(name)@example.com>")
        _ = commit
        return try #require(CommitID(fixture.repository.git("rev-parse", "HEAD")))
    }

    @Test("Those of the commits since another that changed one of the paths, each once; nobody else")
    func authors() async throws {
        let fixture = try MirrorFixture()
        let base = try commit(fixture, "api/a", "1", by: "ada")
        _ = try commit(fixture, "api/a", "2", by: "grace")
        _ = try commit(fixture, "web/b", "1", by: "linus")
        let again = try commit(fixture, "api/c", "1", by: "grace")
        let head = try commit(fixture, "web/b", "2", by: "linus")
        _ = try await fixture.mirror.fetch(branches: ["main"])
        func names(_ commit: CommitID, _ base: CommitID?, _ paths: [String]) async throws -> [String] {
            try await fixture.mirror.authors(of: commit, notIn: base, touching: paths).map(\.name)
        }
        #expect(try await names(head, base, ["api"]) == ["grace"])
        #expect(try await names(head, base, ["api", "web/b"]) == ["linus", "grace"])
        #expect(try await names(head, again, ["api"]) == [])
        #expect(try await names(head, nil, ["api/a"]) == ["grace"])
        #expect(try await names(head, head, ["api"]) == [])
        #expect(
            try await fixture.mirror.authors(of: head, notIn: nil, touching: ["web"]).first?.email
                == "linus@example.com")
    }

    /// Merges a branch as somebody; what they do to the outcome before they commit it is theirs.
    private func merge(
        _ fixture: MirrorFixture, _ branch: String, by name: String, strategy: String = "ort",
        change: (TemporaryRepository) throws -> Void = { _ in }
    ) throws -> CommitID {
        let repository = fixture.repository
        // Fails where there is a conflict.
        _ = try? repository.git("merge", "--quiet", "--no-ff", "--no-commit", "--strategy", strategy, branch)
        try change(repository)
        try repository.git("add", "--all")
        try repository.git("commit", "--quiet", "--message", "Merge", "--author", "\(name) <\(name)@example.com>")
        return try #require(CommitID(repository.head()))
    }

    @Test("Whoever merges wrote nothing of it, but for what the merge has beyond what git makes of its parents")
    func merges() async throws {
        let fixture = try MirrorFixture()
        let repository = fixture.repository
        let lines = { (first: String, last: String) in "\(first)\n1\n2\n3\n4\n5\n6\n7\n\(last)\n" }
        _ = try commit(fixture, "web/b", "1", by: "ada")
        var base = try commit(fixture, "api/a", lines("a", "z"), by: "ada")
        func names(_ commit: CommitID, _ paths: [String] = ["api"]) async throws -> [String] {
            _ = try await fixture.mirror.fetch(branches: ["main"])
            return try await fixture.mirror.authors(of: commit, notIn: base, touching: paths).map(\.name).sorted()
        }
        func sideBySide(_ branch: String, theirs: String, ours: String) throws {
            try repository.branch(branch)
            _ = try commit(fixture, "api/a", theirs, by: "grace")
            try repository.checkout("main")
            _ = try commit(fixture, "api/a", ours, by: "linus")
        }

        try repository.branch("plain")
        _ = try commit(fixture, "api/c", "1", by: "grace")
        try repository.checkout("main")
        _ = try commit(fixture, "web/b", "2", by: "linus")
        let plain = try merge(fixture, "plain", by: "lead")
        #expect(try await names(plain) == ["grace"])

        base = plain
        try sideBySide("lines", theirs: lines("b", "z"), ours: lines("a", "y"))
        let same = try merge(fixture, "lines", by: "lead")
        #expect(try await names(same) == ["grace", "linus"], "both in one file, as git merges it")

        base = same
        try sideBySide("conflict", theirs: lines("c", "y"), ours: lines("d", "y"))
        let solved = try merge(fixture, "conflict", by: "lead") { try $0.write(lines("e", "y"), to: "api/a") }
        #expect(try await names(solved) == ["grace", "lead", "linus"])

        base = solved
        try repository.branch("quiet")
        _ = try commit(fixture, "web/b", "3", by: "grace")
        try repository.checkout("main")
        _ = try commit(fixture, "web/d", "1", by: "linus")
        let slipped = try merge(fixture, "quiet", by: "lead") { try $0.write("slipped in", to: "api/e") }
        #expect(try await names(slipped) == ["lead"])
        #expect(try await names(slipped, ["web"]) == ["grace", "linus"])

        base = slipped
        try repository.branch("dropped")
        _ = try commit(fixture, "api/e", "2", by: "grace")
        try repository.checkout("main")
        _ = try commit(fixture, "web/d", "2", by: "linus")
        let dropped = try merge(fixture, "dropped", by: "lead", strategy: "ours")
        #expect(try await names(dropped) == ["grace", "lead"], "to leave a change out is to change it back")
    }
}
