// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Git

@Suite("GitMirror.lastCommit", .timeLimit(.minutes(3)))
struct LastCommitTests {
    /// What `git log -1 --format=%H` says; nil where it says nothing.
    private func expected(_ repository: TemporaryRepository, _ path: String, from commit: String) throws -> String? {
        let text = try repository.git("log", "-1", "--format=%H", commit, "--", path)
        return text.isEmpty ? nil : text
    }

    @Test("goes through merges, deletions, mode changes and type changes as git log does")
    func shapes() async throws {
        let fixture = try MirrorFixture()
        let repository = fixture.repository
        try repository.commit("apps/api/main.swift", "1")
        try repository.commit("apps/worker/main.swift", "1")
        try repository.branch("feature")
        try repository.commit("apps/api/main.swift", "2")
        try repository.checkout("main")
        try repository.commit("apps/worker/main.swift", "2")
        try repository.git("merge", "--quiet", "--no-ff", "--message", "Merge", "feature")
        try repository.directory.write("2", to: "apps/worker/main.swift", permissions: 0o700)
        try repository.commit("Executable")
        try repository.git("checkout", "--quiet", "-b", "ours", "HEAD~1")
        try repository.commit("apps/api/main.swift", "3")
        try repository.checkout("main")
        try repository.git("merge", "--quiet", "--strategy", "ours", "--message", "Keep ours", "ours")
        try repository.remove("apps/worker")
        try repository.write("a file now", to: "apps/worker")
        try repository.commit("Turn the folder into a file")
        try repository.remove("apps/worker")
        try repository.commit("Remove it")
        try await compareAll(
            fixture,
            paths: ["", "apps", "apps/api", "apps/api/main.swift", "apps/worker", "absent", "apps/worker/main.swift"])
    }

    @Test("agrees with git log on random histories with merges", arguments: [1, 2, 3, 4] as [UInt64])
    func random(_ seed: UInt64) async throws {
        let fixture = try MirrorFixture()
        let repository = fixture.repository
        var random = SeededGenerator(seed: seed)
        let files = ["a/x", "a/y", "b/x", "c"]
        try repository.commit("a/x", "0")
        for branch in ["left", "right"] { try repository.git("branch", branch) }
        let branches = ["main", "left", "right"]
        for step in 0..<30 {
            guard let here = branches.randomElement(using: &random), let there = branches.randomElement(using: &random),
                let file = files.randomElement(using: &random)
            else { continue }
            try repository.checkout(here)
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where here != there:
                let strategy = Bool.random(using: &random) ? ["--strategy", "ours"] : ["--strategy-option", "theirs"]
                _ = try? repository.git(
                    "-c", "merge.renames=false", "merge", "--quiet", "--no-ff", strategy[0], strategy[1], "--message",
                    "Merge \(there)", there)
                // What could not be merged is no merge.
                try repository.git("reset", "--quiet", "--hard")
            case 1:
                // The same content again and again, so that branches come to equal each other by chance.
                try repository.commit(file, String(Int.random(in: 0..<2, using: &random)))
            default:
                try repository.commit(file, "\(step)")
            }
        }
        try await compareAll(fixture, paths: ["", "a", "b"] + files)
    }

    private func compareAll(_ fixture: MirrorFixture, paths: [String]) async throws {
        let repository = fixture.repository
        try repository.checkout("main")
        _ = try await fixture.mirror.fetch(branches: ["main"])
        for commit in try repository.git("rev-list", "--reverse", "main").split(separator: "\n").map(String.init) {
            for path in paths {
                let found = try await fixture.mirror.lastCommit(touching: path, from: id(commit))
                let wanted = try expected(repository, path.isEmpty ? "." : path, from: commit)
                #expect(found?.hex == wanted, "\(path) from \(commit)")
            }
        }
    }

    @Test("the second answer is the first one, with slashes at the ends or without")
    func remembered() async throws {
        let fixture = try MirrorFixture()
        let touched = try id(fixture.repository.commit("apps/api/x", "1"))
        for number in 0..<5 { try fixture.repository.commit("other", "\(number)") }
        let head = try id(fixture.repository.head())
        _ = try await fixture.mirror.fetch(branches: ["main"])
        for path in ["apps/api", "apps/api/", "apps/api"] {
            #expect(try await fixture.mirror.lastCommit(touching: path, from: head) == touched)
        }
    }

    @Test("a history longer than the bound is an error, not an answer")
    func bounded() async throws {
        var limits = GitLimits()
        limits.historyCommits = 3
        let fixture = try MirrorFixture(limits: limits)
        try fixture.repository.commit("old", "1")
        for number in 0..<5 { try fixture.repository.commit("other", "\(number)") }
        let head = try id(fixture.repository.head())
        _ = try await fixture.mirror.fetch(branches: ["main"])
        await expectError(.tooLarge) { _ = try await fixture.mirror.lastCommit(touching: "old", from: head) }
        #expect(try await fixture.mirror.lastCommit(touching: "other", from: head) == head)
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
