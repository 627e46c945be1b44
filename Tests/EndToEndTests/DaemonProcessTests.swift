// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import TestSupport
internal import Testing

@Suite("The daemon as a process", .serialized)
struct DaemonProcessTests {
    @Test("It rolls out, tells of it in every form, and ends on SIGTERM with 0")
    func surfaces() async throws {
        let installation = try await Installation()
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        #expect(try await client.get("/healthz").status == 200)
        let commit = try installation.merge(tag: "1.0.0")
        try await installation.waitUntilHealthy(client, at: commit, of: daemon)

        let ready = try await eventually("it is ready", or: { daemon.errors }) {
            let answer = try await client.get("/readyz")
            return answer.status == 200 ? answer : nil
        }
        #expect(ready.text == "ok\n")
        let metrics = try await client.get("/metrics").text
        #expect(metrics.contains("# TYPE"))
        #expect(metrics.contains("worker"))

        let status = try await Binary.run("status", "--server", client.server)
        #expect(status.status == 0, "everything is healthy")
        #expect(status.output.contains("staging      worker"))
        #expect(status.output.contains(commit.prefix(7)))
        let one = try await Binary.run("status", "worker", "-e", "staging", "--server", client.server)
        #expect(one.status == 0 && one.output.contains("staging      worker"))
        let none = try await Binary.run("status", "-e", "nowhere", "--server", client.server)
        #expect(none.status == 1 && none.errors.contains("there is no environment \"nowhere\""))
        let json = try await Binary.run("status", "--server", client.server, "-o", "json")
        let value = try JSON.parse(Array(json.output.utf8))
        #expect(value["applications"]?[0]?["revision"]?.string == commit)
        #expect(value["status"]?["cluster"]?["version"]?.string != nil)

        for kind in ["applications", "rollouts", "revisions"] {
            let table = try await Binary.run("get", kind, "--server", client.server)
            #expect(table.status == 0)
            #expect(table.output.contains(commit.prefix(7)), "\(kind): \(table.output)")
        }
        let history = try await Binary.run(
            "history", "worker", "-o", "json", environment: ["MAINSTAY_SERVER": client.server])
        let rollouts = try JSON.parse(Array(history.output.utf8))["items"]?.array
        #expect(rollouts?.count == 1)
        #expect(rollouts?.first?["phase"]?.string == "succeeded")
        let yaml = try await Binary.run("get", "applications", "--server", client.server, "-o", "yaml")
        #expect(yaml.output.contains("name: worker"))

        daemon.send(SIGTERM)
        #expect(try await daemon.ended(within: .seconds(10)) == 0)
    }

    @Test("Over HTTPS hundreds of objects of many kinds are applied side by side, beside their watches")
    func manyObjects() async throws {
        let installation = try await Installation(isOpen: false)
        let kinds = [
            ("v1", "ConfigMap", "data: {a: b}"), ("v1", "ServiceAccount", "automountServiceAccountToken: false"),
            ("v1", "Service", "spec: {ports: [{port: 80}]}"), ("v1", "Secret", "stringData: {a: b}"),
            ("policy/v1", "PodDisruptionBudget", "spec: {minAvailable: 1, selector: {matchLabels: {app: a}}}"),
            ("networking.k8s.io/v1", "NetworkPolicy", "spec: {podSelector: {}}"),
            ("networking.k8s.io/v1", "Ingress", "spec: {defaultBackend: {service: {name: x, port: {number: 80}}}}"),
        ]
        var documents = ["apiVersion: v1\nkind: Namespace\nmetadata: {name: staging}\n"]
        for (version, kind, rest) in kinds {
            for index in 0..<80 {
                documents.append(
                    "apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: \(kind.lowercased())-\(index)}\n\(rest)\n")
            }
        }
        try installation.merge(tag: "1.0.0")
        let commit = try installation.repository.commit("worker.yaml", documents.joined(separator: "---\n"))
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        try await installation.waitUntilHealthy(client, at: commit, of: daemon)
    }

    @Test("status exits with 1 while something is not healthy, and says what")
    func unhealthy() async throws {
        let installation = try await Installation()
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        try installation.merge(tag: "1.0.0-missing")
        try await installation.wait(client, for: "worker fails", of: daemon) { $0["quarantine"]?.object != nil }
        let status = try await Binary.run("status", "--server", client.server)
        #expect(status.status == 1)
        #expect(status.output.contains("ImagePull") || status.output.contains("ErrImagePull"))
    }

    @Test("SIGTERM in the middle of a rollout ends it within ten seconds, and the next start goes on")
    func terminateInRollout() async throws {
        let installation = try await Installation()
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        let commit = try installation.merge(tag: "1.0.0-slow")
        try await installation.wait(client, for: "a rollout is under way", of: daemon) {
            $0["phase"]?.string == "progressing"
        }
        daemon.send(SIGTERM)
        #expect(try await daemon.ended(within: .seconds(10)) == 0)

        let second = try installation.start()
        let again = try await installation.client(of: second)
        try await installation.waitUntilHealthy(again, at: commit, of: second)
        try await expectOneRollout(again)
    }

    @Test("Killed with SIGKILL in the middle of a rollout, the next start goes on where it was")
    func killInRollout() async throws {
        let installation = try await Installation()
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        let commit = try installation.merge(tag: "1.0.0-slow")
        try await installation.wait(client, for: "a rollout is under way", of: daemon) {
            $0["phase"]?.string == "progressing"
        }
        daemon.send(SIGKILL)
        #expect(try await daemon.ended(within: .seconds(10)) == -SIGKILL)

        let second = try installation.start()
        let again = try await installation.client(of: second)
        try await installation.waitUntilHealthy(again, at: commit, of: second)
        try await expectOneRollout(again)
    }

    private func expectOneRollout(_ client: LoopbackClient) async throws {
        let rollouts = try JSON.parse(Array(try await client.get("/api/v1/rollouts").text.utf8))["items"]?.array
        #expect(rollouts?.count == 1, "it is the same rollout that goes on")
    }

    @Test("A second daemon on the same data directory exits with 2 and says why; the first is not disturbed")
    func secondDaemon() async throws {
        let installation = try await Installation()
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        let commit = try installation.merge(tag: "1.0.0")
        try await installation.waitUntilHealthy(client, at: commit, of: daemon)

        let second = try installation.start()
        #expect(try await second.ended(within: .seconds(20)) == 2)
        #expect(second.errors.contains("data") && second.errors.contains("in use"), "\(second.errors)")

        let next = try installation.merge(tag: "1.0.1")
        try await installation.waitUntilHealthy(client, at: next, of: daemon)
    }

    @Test("Without its repository it runs, is not ready, and says so")
    func noRepository() async throws {
        let installation = try await Installation()
        let daemon = try Running(
            Binary.path, ["run", "--config", installation.configuration],
            environment: ["MAINSTAY_SOURCE_URL": "file:///nonexistent/planet.git"])
        let client = try await installation.client(of: daemon)
        try await eventually("the error is shown", or: { daemon.errors }) {
            let text = try await client.get("/api/v1/status").text
            return try JSON.parse(Array(text.utf8))["source"]?["error"]?.string == nil ? nil : ()
        }
        #expect(try await client.get("/healthz").status == 200)
        #expect(try await client.get("/readyz").status == 503)
        daemon.send(SIGINT)
        #expect(try await daemon.ended(within: .seconds(10)) == 0)
    }
}
