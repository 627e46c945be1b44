// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import TestSupport
internal import Testing

@Suite("mainstay explain, asked of a daemon", .serialized, .timeLimit(.minutes(3)))
struct ExplainSocketTests {
    @Test(
        "A daemon says what a commit of its repository deploys and why, in words and as JSON, and refuses what is none")
    func socket() async throws {
        let installation = try await Installation()
        let first = try installation.merge(tag: "1.0.0")
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        try await installation.waitUntilHealthy(client, at: first, of: daemon)
        let second = try installation.merge(tag: "1.1.0")
        try await installation.waitUntilHealthy(client, at: second, of: daemon)
        let socket = "\(installation.directory.path)/data/control.sock"

        let text = try await Binary.run("explain", second, "--socket", socket)
        #expect(text.status == 0, "\(text.errors)")
        #expect(text.output.hasPrefix("commit \(second.prefix(7)) "), "\(text.output)")
        #expect(text.output.contains(", since \(first.prefix(7))\n"), "\(text.output)")
        #expect(text.output.contains("\nstaging\n  worker  deploys"), "\(text.output)")

        let json = try await Binary.run(
            "explain", "main", "--since", first, "-o", "json", "--socket", socket)
        #expect(json.status == 0, "\(json.errors)")
        let answer = try JSON.parse(Array(json.output.utf8))
        #expect(answer["revision"]?.string == second && answer["since"]?.string == first)
        #expect(answer["targets"]?[0]?["application"] == "worker" && answer["targets"]?[0]?["outcome"] == "deploys")
        #expect((answer["targets"]?[0]?["changes"]?.array ?? []).isEmpty == false)

        let same = try await Binary.run("explain", second, "--since", second, "--socket", socket)
        #expect(same.status == 0 && same.output.contains("worker  unchanged"), "\(same.output)\(same.errors)")

        let unknown = try await Binary.run("explain", "nowhere", "--socket", socket)
        #expect(unknown.status == 2 && unknown.errors.contains("nowhere"), "\(unknown.errors)")
        let nobody = try await Binary.run("explain", "main", "--socket", "/nonexistent/control.sock")
        #expect(nobody.status == 2 && nobody.errors.contains("/nonexistent/control.sock"))
        daemon.send(SIGTERM)
        #expect(try await daemon.ended(within: .seconds(10)) == 0)
    }
}
