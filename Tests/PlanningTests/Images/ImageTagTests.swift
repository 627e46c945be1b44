// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("Tags of images")
struct ImageTagTests {
    private static let id = "0123456789abcdef0123456789abcdef01234567"

    private func read(_ image: String) throws -> Application.Image? {
        let text = """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments: [{name: staging, namespace: s}, {name: production, namespace: p}]
            applications:
            - {name: a, environments: [staging, production], path: k8s, images: [{name: r.example.com/a, \(image)}]}
            """
        return try Pipeline.parse(Array(text.utf8)).application("a")?.images.first
    }

    private func problem(_ image: String) -> String {
        do {
            _ = try read(image)
            return ""
        } catch {
            return "\(error)"
        }
    }

    private func tag(_ image: String, in environment: String) throws -> String? {
        try read(image)?.tag?.text(in: environment, commit: Self.id)
    }

    @Test("A commit stands in a tag whole, or shortened, with words around it and the environment's name")
    func forms() throws {
        #expect(try tag("tag: lastCommit, from: apps/a", in: "staging") == Self.id)
        #expect(try tag("tag: revision, length: 7", in: "staging") == "0123456")
        #expect(
            try tag("tag: \"staging-{lastCommit}\", from: apps/a, length: 12", in: "production")
                == "staging-0123456789ab")
        let both = "tag: \"{environment}-{revision}\""
        #expect(try tag(both, in: "production") == "production-" + Self.id)
        #expect(try tag("tag: \"1.2-{environment}\"", in: "staging") == "1.2-staging")
    }

    @Test("Each environment may have a form of its own, and follows what its own form says")
    func byEnvironment() throws {
        let image = "tag: {staging: \"staging-{lastCommit}\", production: stable}, from: apps/a"
        #expect(try tag(image, in: "staging") == "staging-" + Self.id)
        #expect(try tag(image, in: "production") == "stable")
        let tag = try #require(try read(image)?.tag)
        #expect(tag.commit(in: "staging") == .lastCommit(from: "apps/a"))
        #expect(tag.commit(in: "production") == nil)
        #expect(try read(image)?.wait == .seconds(1200), "CI pushes one of them after the merge")
        #expect(try read("tag: {staging: a, production: b}")?.wait == nil)
    }

    @Test(
        "What makes no tag is refused with its place",
        arguments: [
            ("tag: {staging: a}", "images[0].tag: \"production\" is missing"),
            ("tag: {staging: a, production: b, prodution: c}", "unknown field \"prodution\""),
            ("tag: {staging: lastCommit, production: revision}, from: b", "images[0].tag: has lastCommit and revision"),
            ("tag: \"{lastcommit}\"", "images[0].tag: must be lastCommit, revision, or a tag"),
            ("tag: \"x{lastCommit}\"", "images[0].from: is missing"),
            ("tag: \"-{revision}\"", "images[0].tag: must be"),
            ("tag: \"a b\"", "images[0].tag: must be"),
            ("tag: revision, length: 6", "images[0].length: must be from 7 to 40"),
            ("tag: revision, length: 41", "images[0].length: must be from 7 to 40"),
            ("tag: fixed, length: 7", "images[0].length: has no effect"),
            ("tag: revision, from: apps/a", "images[0].from: has no effect"),
            ("tag: \"\(String(repeating: "a", count: 100))-{revision}\"", "is longer than 128 characters"),
        ])
    func refused(image: String, message: String) {
        let problem = problem(image)
        #expect(problem.contains(message), "\(problem)")
        #expect(problem.split(separator: "\n").count == 1, "\(problem)")
    }
}
