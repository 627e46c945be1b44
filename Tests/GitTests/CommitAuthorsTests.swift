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
}
