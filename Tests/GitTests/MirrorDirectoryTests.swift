// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Git

@Suite("MirrorDirectory", .timeLimit(.minutes(1)))
struct MirrorDirectoryTests {
    private func fetched() async throws -> (MirrorFixture, CommitID, String) {
        let fixture = try MirrorFixture()
        let head = try id(fixture.repository.commit("a", "some text\n"))
        _ = try await fixture.mirror.fetch(branches: ["main"])
        return (fixture, head, fixture.folder.path + "/mirror")
    }

    @Test("is kept over a restart, pins included")
    func kept() async throws {
        let (fixture, head, _) = try await fetched()
        try await fixture.mirror.pin(head, name: "x")
        try fixture.repository.remove(".git")
        let mirror = try fixture.restarted()
        #expect(try await mirror.localHead(of: "main") == head)
        #expect(try await mirror.read(at: head) { try $0.contents(of: "a", limit: 99) }.count == 10)
    }

    @Test(
        "a half-made or broken one is made anew",
        arguments: ["rm HEAD config", "rm objects", "rm refs", "truncate packs", "truncate refs", "rm all but marker"])
    func mended(_ damage: String) async throws {
        let (fixture, head, path) = try await fetched()
        let files = FileManager.default
        let packs = try files.contentsOfDirectory(atPath: path + "/objects/pack")
        switch damage {
        case "rm HEAD config":
            for name in ["HEAD", "config"] { try files.removeItem(atPath: "\(path)/\(name)") }
        case "rm objects", "rm refs": try files.removeItem(atPath: path + "/" + damage.dropFirst(3))
        case "truncate packs":
            for name in packs {
                try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(path)/objects/pack/\(name)")
                try Data().write(to: URL(fileURLWithPath: "\(path)/objects/pack/\(name)"))
            }
        case "truncate refs": try Data().write(to: URL(fileURLWithPath: path + "/refs/mainstay/remote/main"))
        default:
            for name in try files.contentsOfDirectory(atPath: path) where name != "mainstay-mirror" {
                try files.removeItem(atPath: "\(path)/\(name)")
            }
        }
        let mirror = try fixture.restarted()
        #expect(try await mirror.fetch(branches: ["main"]) == ["main": head])
        #expect(try await mirror.read(at: head) { try $0.contents(of: "a", limit: 99) }.count == 10)
    }

    @Test("a break found while reading is named, forgets the head, and the next fetch mends it")
    func brokenWhileRunning() async throws {
        let (fixture, head, path) = try await fetched()
        let folder = path + "/objects/pack"
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".pack") {
            let file = URL(fileURLWithPath: "\(folder)/\(name)")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            var bytes = try Data(contentsOf: file)
            for index in 12..<bytes.count - 20 { bytes[index] ^= 0x55 }
            try bytes.write(to: file)
        }
        let error = await expectError(.corruptMirror) {
            _ = try await fixture.mirror.read(at: head) { try? $0.contents(of: "a", limit: 99) }
        }
        #expect(error?.isTransient == true)
        #expect(try await fixture.mirror.localHead(of: "main") == nil)
        let mirror = fixture.mirror
        #expect(try await mirror.fetch(branches: ["main"]) == ["main": head])
        #expect(try await mirror.read(at: head) { try $0.contents(of: "a", limit: 99) }.count == 10)
    }

    @Test("pins of commits that come back survive the making anew")
    func pinsSurvive() async throws {
        let (fixture, head, path) = try await fetched()
        try await fixture.mirror.pin(head, name: "production/api")
        try FileManager.default.removeItem(atPath: path + "/objects/pack")
        let mirror = try fixture.restarted()
        #expect(try await mirror.fetch(branches: ["main"]) == ["main": head])
        let pin = path + "/refs/mainstay/pins/production/api"
        #expect(try String(contentsOfFile: pin, encoding: .utf8) == head.hex + "\n")
    }

    @Test("a broken mirror is not thrown away while the remote is down")
    func keptWhileDown() async throws {
        let (fixture, head, path) = try await fetched()
        try fixture.repository.commit("b", "2")
        let packs = try FileManager.default.contentsOfDirectory(atPath: path + "/objects/pack")
        await fixture.mirror.markBroken()
        try FileManager.default.moveItem(
            atPath: fixture.repository.path + "/.git", toPath: fixture.repository.path + "/away")
        await expectError(.notFound) { _ = try await fixture.mirror.fetch(branches: ["main"]) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/objects/pack") == packs)
        #expect(try await fixture.mirror.commit(head).id == head)
    }

    @Test("what a killed fetch left behind is removed")
    func leftovers() async throws {
        let (fixture, _, path) = try await fetched()
        let next = try id(fixture.repository.commit("a", "2"))
        let leftovers = ["objects/pack/pack_git2_abc", "HEAD.lock", "refs/mainstay/remote/main.lock"]
        for name in leftovers { try Data([1]).write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
        #expect(try await fixture.restarted().fetch(branches: ["main"]) == ["main": next])
        for name in leftovers { #expect(!FileManager.default.fileExists(atPath: "\(path)/\(name)")) }
    }

    @Test("a lock that stands in the way is an error, and no reason to throw the mirror away")
    func locked() async throws {
        let (fixture, head, path) = try await fetched()
        try fixture.repository.commit("a", "2")
        try Data().write(to: URL(fileURLWithPath: path + "/refs/mainstay/remote/main.lock"))
        await expectError(.other) { _ = try await fixture.mirror.fetch(branches: ["main"]) }
        #expect(try await fixture.mirror.localHead(of: "main") == head)
    }

    @Test("another URL forgets the old one's branches and keeps pins")
    func otherURL() async throws {
        let (fixture, head, _) = try await fetched()
        try await fixture.mirror.pin(head, name: "x")
        let other = try TemporaryRepository()
        let newHead = try id(other.commit("b", "other"))
        let mirror = try fixture.restarted(url: other.url)
        #expect(try await mirror.localHead(of: "main") == nil)
        #expect(try await mirror.fetch(branches: ["main"]) == ["main": newHead])
        #expect(try await mirror.commit(head).id == head)
    }

    @Test("a folder that holds something else is refused and left alone")
    func foreign() async throws {
        let (fixture, _, _) = try await fetched()
        let folder = try TemporaryDirectory()
        try folder.write("precious", to: "mirror/notes.txt")
        let mirror = try GitMirror(
            directory: folder.path + "/mirror", url: fixture.url, credentials: GitCredentials(),
            transport: fixture.transport)
        await expectError(.other) { _ = try await mirror.fetch(branches: ["main"]) }
        #expect(try String(contentsOfFile: folder.path + "/mirror/notes.txt", encoding: .utf8) == "precious")
    }

    @Test("a relative folder is refused")
    func relative() async throws {
        let transport = BackendTransport(root: "/")
        await expectError(.other) {
            _ = try GitMirror(directory: "mirror", url: "/x", credentials: GitCredentials(), transport: transport)
        }
    }
}

extension GitMirror {
    func markBroken() { isBroken = true }
}
