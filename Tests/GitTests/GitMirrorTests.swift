// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifests
import TestSupport
import Testing

@testable import Git

@Suite("GitMirror", .timeLimit(.minutes(2)))
struct GitMirrorTests {
    @Test("brings branches and reads a commit's files", arguments: MirrorFixture.Kind.allCases)
    func fetchAndRead(_ kind: MirrorFixture.Kind) async throws {
        let fixture = try MirrorFixture(kind)
        try fixture.repository.write("kind: Service\n", to: "k8s/api/service.yaml")
        let first = try id(fixture.repository.commit("Add the API\n\nWith reasons."))
        try fixture.repository.branch("next")
        let second = try id(fixture.repository.commit("k8s/api/service.yaml", "kind: Ingress\n"))

        let heads = try await fixture.mirror.fetch(branches: ["main", "next", "absent"])
        #expect(heads == ["main": first, "next": second])
        #expect(try await fixture.mirror.remoteHeads(of: ["next", "absent"]) == ["next": second])
        #expect(try await fixture.mirror.localHead(of: "next") == second)
        #expect(try await fixture.mirror.localHead(of: "absent") == nil)

        let info = try await fixture.mirror.commit(second)
        #expect(info.parents == [first])
        #expect(info.authorName == "Ada")
        #expect(try await fixture.mirror.commit(first).message == "Add the API")
        let text = try await fixture.mirror.read(at: first) { tree in
            String(decoding: try tree.contents(of: "k8s/api/service.yaml", limit: 100), as: UTF8.self)
        }
        #expect(text == "kind: Service\n")
        #expect(try await fixture.mirror.isAncestor(first, of: second))
        #expect(try await fixture.mirror.isAncestor(second, of: second))
        #expect(try await !fixture.mirror.isAncestor(second, of: first))
    }

    @Test("follows new commits, rewritten history and a deleted branch", arguments: MirrorFixture.Kind.allCases)
    func moves(_ kind: MirrorFixture.Kind) async throws {
        let fixture = try MirrorFixture(kind)
        let first = try id(fixture.repository.commit("a", "1"))
        let lost = try id(fixture.repository.commit("a", "2"))
        #expect(try await fixture.mirror.fetch(branches: ["main"]) == ["main": lost])
        try await fixture.mirror.pin(lost, name: "production/api")

        try fixture.repository.git("reset", "--quiet", "--hard", first.hex)
        let rewritten = try id(fixture.repository.commit("a", "3"))
        #expect(try await fixture.mirror.fetch(branches: ["main"]) == ["main": rewritten])
        #expect(try await !fixture.mirror.isAncestor(lost, of: rewritten))
        #expect(try await fixture.mirror.commit(lost).id == lost)

        try fixture.repository.branch("other")
        try fixture.repository.git("branch", "--quiet", "-D", "main")
        #expect(try await fixture.mirror.fetch(branches: ["main", "other"]) == ["other": rewritten])
        #expect(try await fixture.mirror.localHead(of: "main") == nil)
        #expect(try await fixture.mirror.remoteHeads(of: ["main"]) == [:])
    }

    @Test("brings no tags and no branches that nobody asked for")
    func onlyWhatIsAsked() async throws {
        let fixture = try MirrorFixture()
        try fixture.repository.commit("a", "1")
        try fixture.repository.git("tag", "v1")
        try fixture.repository.git("branch", "unasked")
        _ = try await fixture.mirror.fetch(branches: ["main"])
        let refs = try Command.run(
            "git", ["-C", fixture.folder.path + "/mirror", "for-each-ref", "--format=%(refname)"],
            environment: Command.gitEnvironment())
        #expect(refs.text == "refs/mainstay/remote/main\n")
    }

    @Test("an empty repository has no branches", arguments: MirrorFixture.Kind.allCases)
    func empty(_ kind: MirrorFixture.Kind) async throws {
        let fixture = try MirrorFixture(kind)
        #expect(try await fixture.mirror.remoteHeads(of: ["main"]) == [:])
        #expect(try await fixture.mirror.fetch(branches: ["main"]) == [:])
    }

    @Test(
        "a repository that has gone is named, and the mirror can still be read", arguments: MirrorFixture.Kind.allCases)
    func gone(_ kind: MirrorFixture.Kind) async throws {
        let fixture = try MirrorFixture(kind)
        let head = try id(fixture.repository.commit("a", "1"))
        _ = try await fixture.mirror.fetch(branches: ["main"])
        try fixture.repository.remove(".git")
        let error = await expectError(.notFound) { _ = try await fixture.mirror.fetch(branches: ["main"]) }
        #expect(error?.subject == fixture.url)
        await expectError(.notFound) { _ = try await fixture.mirror.remoteHeads(of: ["main"]) }
        #expect(try await fixture.mirror.read(at: head) { try $0.contents(of: "a", limit: 9) } == Array("1".utf8))
    }

    @Test("a commit that was never fetched is not found")
    func unknownCommit() async throws {
        let fixture = try MirrorFixture()
        let unknown = try id(String(repeating: "1", count: 40))
        await expectError(.notFound) { _ = try await fixture.mirror.commit(unknown) }
        await expectError(.notFound) { _ = try await fixture.mirror.read(at: unknown) { $0.rootID } }
        await expectError(.notFound) { try await fixture.mirror.pin(unknown, name: "x") }
    }

    @Test("a pin outlives its branch and can be let go twice")
    func pins() async throws {
        let fixture = try MirrorFixture()
        let head = try id(fixture.repository.commit("a", "1"))
        _ = try await fixture.mirror.fetch(branches: ["main"])
        try await fixture.mirror.pin(head, name: "production/api")
        let pin = fixture.folder.path + "/mirror/refs/mainstay/pins/production/api"
        #expect(try String(contentsOfFile: pin, encoding: .utf8) == head.hex + "\n")
        try await fixture.mirror.unpin(name: "production/api")
        try await fixture.mirror.unpin(name: "production/api")
        #expect(throws: (any Error).self) { try String(contentsOfFile: pin, encoding: .utf8) }
        await expectError(.other) { try await fixture.mirror.pin(head, name: "a..b") }
    }

    @Test("unusable branch names are refused", arguments: ["", "a b", "-x", "a..b", "x.lock", "a\nb", "a:b", "*"])
    func branchNames(_ name: String) async throws {
        let fixture = try MirrorFixture()
        await expectError(.other) { _ = try await fixture.mirror.fetch(branches: [name]) }
    }

    @Test("two fetches and reads at once get on")
    func concurrent() async throws {
        let fixture = try MirrorFixture(.http)
        let head = try id(fixture.repository.commit("a", "1"))
        let mirror = fixture.mirror
        _ = try await mirror.fetch(branches: ["main"])
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask { try await mirror.fetch(branches: ["main"]) == ["main": head] }
                group.addTask { try await mirror.read(at: head) { try $0.children(of: "").count == 1 } }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
