// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import TestSupport

/// A sandbox process, a repository, and a configuration for daemons that follow it.
final class Installation {
    let repository: TemporaryRepository
    let directory: TemporaryDirectory
    let cluster: LoopbackClient
    let kubeconfig: String
    let configuration: String
    private let sandbox: Running

    /// - Parameter isOpen: plain HTTP, where everybody may do everything; otherwise HTTPS and an administrator.
    init(isOpen: Bool = true) async throws {
        directory = try TemporaryDirectory()
        kubeconfig = "\(directory.path)/kubeconfig"
        sandbox = try Running(Binary.path, ["sandbox", "--kubeconfig-out", kubeconfig] + (isOpen ? ["--open"] : []))
        cluster = LoopbackClient(server: try await sandbox.line(after: "sandbox  ", in: \.output))
        repository = try TemporaryRepository()
        configuration = try directory.write(
            """
            apiVersion: mainstay.dev/v1
            kind: Configuration
            source: {url: "\(repository.url)", branch: main, interval: 1s}
            cluster: {kubeconfig: ./kubeconfig}
            data: {directory: ./data}
            server: {listen: "127.0.0.1:0"}
            allow: {kinds: [Namespace]}

            """, to: "mainstay.yaml")
        guard isOpen else { return }
        try await cluster.post(
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "staging"]], to: "/api/v1/namespaces")
    }

    /// Commits a Worker with this image tag; returns the commit.
    @discardableResult
    func merge(tag: String) throws -> String {
        try repository.write(
            """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments: [{name: staging, namespace: staging}]
            applications: [{name: worker, environments: [staging], path: worker.yaml, grace: 2s}]

            """, to: "mainstay.yaml")
        return try repository.commit(
            "worker.yaml",
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: worker}
            spec:
              replicas: 1
              selector: {matchLabels: {app: worker}}
              template:
                metadata: {labels: {app: worker}}
                spec: {containers: [{name: worker, image: "example.com/worker:\(tag)"}]}

            """, message: "worker \(tag)")
    }

    /// Behind a proxy that nobody answers at: what is on this machine is reached all the same.
    func start() throws -> Running {
        let proxy = "http://127.0.0.1:9"
        return try Running(
            Binary.path, ["run", "--config", configuration], environment: ["https_proxy": proxy, "http_proxy": proxy])
    }

    /// A daemon's status server, once it answers.
    func client(of daemon: Running) async throws -> LoopbackClient {
        // The control socket listens too, and may be told first.
        LoopbackClient(
            server: "http://127.0.0.1:" + (try await daemon.line(after: "listening on 127.0.0.1:", in: \.errors)))
    }

    func worker(_ client: LoopbackClient) async throws -> Value? {
        let answer = try await client.get("/api/v1/applications")
        return try JSON.parse(Array(answer.text.utf8))["items"]?[0]
    }

    /// The Worker's status, once it is as asked for.
    @discardableResult
    func wait(
        _ client: LoopbackClient, for what: String, of daemon: Running, until isTrue: (Value) -> Bool
    ) async throws -> Value {
        try await eventually(what, or: { daemon.errors }) {
            guard let worker = try await worker(client), isTrue(worker) else { return nil }
            return worker
        }
    }

    /// Succeeded at the commit.
    func waitUntilHealthy(_ client: LoopbackClient, at commit: String, of daemon: Running) async throws {
        try await wait(client, for: "worker is healthy at \(commit)", of: daemon) {
            $0["phase"]?.string == "succeeded" && $0["health"]?.string == "healthy"
                && $0["revision"]?.string == commit
        }
    }
}
