// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import TestSupport
internal import Testing

@Suite("mainstay plan, asked of a daemon", .serialized, .timeLimit(.minutes(3)))
struct PlanSocketTests {
    @Test("A daemon plans what it follows, and any branch of its repository, with no credentials of the asker's")
    func socket() async throws {
        let installation = try await Installation()
        let commit = try installation.merge(tag: "1.0.0")
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        try await installation.waitUntilHealthy(client, at: commit, of: daemon)
        let socket = "\(installation.directory.path)/data/control.sock"

        let same = try await Binary.run("plan", "--socket", socket)
        #expect(same.status == 0, "\(same.output)\(same.errors)")
        #expect(same.output == "branch main at \(commit.prefix(7)): 1 unchanged\n")

        try installation.repository.branch("feature")
        try installation.merge(tag: "1.1.0")
        try installation.repository.checkout("main")
        let changed = try await Binary.run("plan", "--socket", socket, "-r", "feature")
        #expect(changed.status == 1, "\(changed.errors)")
        #expect(changed.output.contains(#".spec.template.spec.containers[name="worker"].image: "#))
        let diff = try await Binary.run("diff", "--socket", socket, "-r", "feature")
        #expect(diff.status == 1)
        #expect(
            diff.output.contains("+        image: example.com/worker:1.1.0")
                || diff.output.contains("+      - image: example.com/worker:1.1.0"))

        let unknown = try await Binary.run("plan", "--socket", socket, "-r", "nowhere")
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("nowhere"))
        let nobody = try await Binary.run("plan", "--socket", "/nonexistent/control.sock")
        #expect(nobody.status == 2)
        #expect(nobody.errors.contains("/nonexistent/control.sock"))
        #expect(!nobody.errors.contains("--config") && nobody.errors.contains("--kubeconfig"), "what plan has")
        let both = try await Binary.run("plan", "--socket", socket, "--kubeconfig", installation.kubeconfig)
        #expect(both.status == 64, "never silently one of the two")
        #expect(both.errors.contains("--socket asks the daemon"))

        daemon.send(SIGKILL)
        _ = try await daemon.ended(within: .seconds(20))
        let dead = try await Binary.run("plan", "--socket", socket)
        #expect(dead.status == 2)
        #expect(dead.errors.contains("no daemon answers at \(socket): it is not running, and left its socket behind\n"))
        #expect(!dead.errors.contains("port 80"))
    }
}
