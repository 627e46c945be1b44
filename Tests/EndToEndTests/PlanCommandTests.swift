// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import TestSupport
internal import Testing

@Suite("mainstay plan, diff and graph", .serialized, .timeLimit(.minutes(3)))
struct PlanCommandTests {
    private static func map(_ name: String, _ level: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name), namespace: staging}\ndata: {level: \(level)}\n"
    }

    @Test("Exit statuses are 0 without a difference, 1 with one, and 2 for an error")
    func statuses() async throws {
        let installation = try await Installation()
        let commit = try installation.merge(tag: "1.0.0")
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        try await installation.waitUntilHealthy(client, at: commit, of: daemon)
        let path = installation.repository.path

        let same = try await Binary.run("plan", path, "--kubeconfig", installation.kubeconfig)
        #expect(same.status == 0, "\(same.output)\(same.errors)")
        #expect(same.output.hasPrefix("the repository: 1 unchanged\n\nnote: without the daemon it is not known"))
        let empty = try await Binary.run("diff", path, "--kubeconfig", installation.kubeconfig)
        #expect(empty.status == 0 && empty.output.isEmpty && empty.errors.isEmpty)

        daemon.send(SIGTERM)
        _ = try await daemon.ended(within: .seconds(20))
        let file = try String(contentsOfFile: "\(path)/worker.yaml", encoding: .utf8)
        try installation.repository.write(file.replacing("1.0.0", with: "1.2.0"), to: "worker.yaml")
        let changed = try await Binary.run("plan", path, "--kubeconfig", installation.kubeconfig)
        #expect(changed.status == 1, "\(changed.errors)")
        #expect(changed.output.contains(#".spec.template.spec.containers[name="worker"].image: "#))
        let json = try await Binary.run("plan", path, "-o", "json", "--kubeconfig", installation.kubeconfig)
        #expect(json.status == 1)
        #expect(try JSON.parse(json.output)["counts"]?["configure"] == 1)
        let markdown = try await Binary.run("plan", path, "-o", "markdown", "--kubeconfig", installation.kubeconfig)
        #expect(markdown.status == 1 && markdown.output.hasPrefix("### Mainstay: 1 to change\n"))

        let diff = try await Binary.run("diff", path, "--kubeconfig", installation.kubeconfig)
        #expect(diff.status == 1)
        #expect(diff.output.contains("+++ planned/apps.v1.Deployment.staging.worker\n"))
        #expect(diff.output.contains("+      - image: example.com/worker:1.2.0\n"))
        let external = try await Binary.run(
            "diff", path, "--kubeconfig", installation.kubeconfig,
            environment: ["KUBECTL_EXTERNAL_DIFF": "diff -r -N"])
        #expect(external.status == 1)
        #expect(external.output.contains("> ") && external.output.contains("1.2.0"))

        try installation.repository.write("kind: [\n", to: "worker.yaml")
        let broken = try await Binary.run("plan", path, "--kubeconfig", installation.kubeconfig)
        #expect(broken.status == 2)
        #expect(broken.output.contains("worker.yaml:"))
    }

    @Test("A folder is planned by itself; a refused object and a cluster that is not there are errors")
    func folder() async throws {
        let installation = try await Installation()
        let directory = try TemporaryDirectory()
        try directory.write(Self.map("a", "info"), to: "a.yaml")
        let created = try await Binary.run("plan", directory.path, "--kubeconfig", installation.kubeconfig)
        #expect(created.status == 1, "\(created.errors)")
        #expect(created.output.contains("  + ConfigMap staging/a: create\n"))
        try directory.write(
            "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, namespace: staging}\n", to: "b.yaml")
        let refused = try await Binary.run("diff", directory.path, "--kubeconfig", installation.kubeconfig)
        #expect(refused.status == 2)
        #expect(refused.output.contains("+kind: ConfigMap\n"), "what can be shown is shown")
        #expect(refused.errors.contains("Widget staging/w"))
        let kubeconfig = try directory.write(
            """
            apiVersion: v1
            kind: Config
            clusters: [{name: a, cluster: {server: "http://127.0.0.1:9"}}]
            contexts: [{name: a, context: {cluster: a}}]
            current-context: a

            """, to: "kubeconfig")
        try FileManager.default.removeItem(atPath: "\(directory.path)/b.yaml")
        try FileManager.default.moveItem(atPath: kubeconfig, toPath: "\(directory.path).kubeconfig")
        defer { try? FileManager.default.removeItem(atPath: "\(directory.path).kubeconfig") }
        let nobody = try await Binary.run("plan", directory.path, "--kubeconfig", "\(directory.path).kubeconfig")
        #expect(nobody.status == 2)
        #expect(nobody.errors.contains("127.0.0.1:9"))
        let wrong = try await Binary.run("plan", directory.path, "--kubeconfig", "/nonexistent/kubeconfig")
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains("/nonexistent/kubeconfig"))
    }

    @Test("graph needs no cluster, and draws in each of its formats")
    func graph() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("apiVersion: v1\nkind: Namespace\nmetadata: {name: staging}\n", to: "namespace.yaml")
        try directory.write(Self.map("a", "info"), to: "a.yaml")
        let beginnings = [
            "text": "2 objects in 2 waves, 1 dependency", "dot": "digraph ", "mermaid": "flowchart LR", "svg": "<svg ",
        ]
        for (format, beginning) in beginnings.sorted(by: { $0.key < $1.key }) {
            let outcome = try await Binary.run("graph", directory.path, "-o", format)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.hasPrefix(beginning))
            #expect(outcome.output.contains("lives in the namespace"))
        }
    }
}
