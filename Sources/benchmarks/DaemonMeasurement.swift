// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Kubernetes
internal import Manifests
internal import TestSupport
internal import Transport

/// The daemon as a process, from a merge to what it sends, and at rest.
struct DaemonMeasurement {
    let sample: MonorepoSample

    private static let steady = 60.0

    init(sample: MonorepoSample) throws {
        self.sample = sample
        try sample.repository.commit("mainstay.yaml", Self.pipeline)
    }

    /// Configured for a sandbox.
    func configuration(for sandbox: MeasuredSandbox) throws -> String {
        try sandbox.directory.write(
            """
            apiVersion: mainstay.dev/v1
            kind: Configuration
            source: {url: "\(sample.repository.url)", branch: main, interval: 1s}
            cluster: {kubeconfig: ./kubeconfig}
            data: {directory: ./data}
            server: {listen: "127.0.0.1:0"}
            allow: {kinds: [Namespace]}
            log: {format: json}

            """, to: "configuration.yaml")
    }

    func run() async throws {
        let sandbox = try MeasuredSandbox()
        defer { sandbox.terminate() }
        let configuration = try configuration(for: sandbox)
        let daemon = try MeasuredDaemon(configuration: configuration, log: sandbox.directory.path + "/first.log")
        defer { daemon.terminate() }
        let seen = try await daemon.seesCommit()
        let healthy = try await daemon.rollout("succeeded", of: try sample.head) { $0.last?.phase == "succeeded" }
        report("all new, from the commit seen to healthy", (healthy.last?.at ?? seen) - seen)
        try await reportRequests(daemon, "  requests")

        try await measureCommits(daemon, sandbox)
        try await measurePlans(daemon, sandbox)
        reportMemory(daemon, "resident after all that")
        try await measureRest(daemon)
        reportMemory(daemon, "resident after a minute at rest")
        daemon.terminate()

        let second = try MeasuredDaemon(configuration: configuration, log: sandbox.directory.path + "/second.log")
        defer { second.terminate() }
        try await second.untilHealthy(at: try sample.head)
        try await reportRequests(second, "started again: requests until healthy")
        try await Task.sleep(for: .seconds(Self.steady))
        reportMemory(second, "resident after a minute")
    }

    private static let pipeline = """
        apiVersion: mainstay.dev/v1
        kind: Pipeline
        environments: [{name: staging, namespace: staging}]
        applications: [{name: all, environments: [staging], path: clusters/staging}]

        """

    /// From the commit seen to the first object that changed in the cluster.
    private func measureCommits(_ daemon: MeasuredDaemon, _ sandbox: MeasuredSandbox) async throws {
        let transport = try CurlTransport()
        let client = try sandbox.client(over: transport)
        var first: [Double] = []
        var changed: [Double] = []
        for round in 1...5 {
            try sample.touch(round, round: round)
            let head = try sample.head
            let changedAt = try await timeOfChange(round, client)
            let seen = try await daemon.line {
                $0["message"]?.string == "new revision" && $0["commit"]?.string == head
            }
            let phases = try await daemon.rollout("succeeded", of: head) { $0.last?.phase == "succeeded" }
            guard let begun = phases.first(where: { $0.phase == "applying" }) else { continue }
            first.append(begun.at - seen)
            changed.append(changedAt - seen)
        }
        await transport.shutdown()
        report("a commit to one service: seen to first apply", first.sorted()[first.count / 2])
        report("  to the object changed in the cluster", changed.sorted()[changed.count / 2])
        try await reportRequests(daemon, "  requests after five of them")
    }

    /// As a command from start to end. None of them finds a difference, or it would end otherwise; the one by itself has no
    /// configuration that allows the namespace, which it says with 2.
    private func measurePlans(_ daemon: MeasuredDaemon, _ sandbox: MeasuredSandbox) async throws {
        let before = try await daemon.requests()
        let rounds = 5
        let socket = ["plan", "--socket", sandbox.directory.path + "/data/control.sock"]
        let byDaemon = try MeasuredProcess.best(of: rounds, MeasuredProgram.executable.path, socket)
        let after = try await daemon.requests()
        report("a plan by the daemon, no differences", byDaemon.duration / .seconds(1))
        let sent = after.values.reduce(0, +) - before.values.reduce(0, +)
        Measure.report("  requests a plan", String(format: "%.1f", Double(sent) / Double(rounds)))
        let direct = try MeasuredProcess.best(
            of: rounds, MeasuredProgram.executable.path,
            ["plan", sample.repository.path, "--kubeconfig", sandbox.kubeconfig], accepting: 2)
        report("a plan by itself, no differences", direct.duration / .seconds(1))
    }

    /// Resident memory is the process's own and the pages of its program and libraries.
    private func reportMemory(_ daemon: MeasuredDaemon, _ what: String) {
        let own = Measure.memory("RssAnon", of: daemon.id)
        let files = Measure.memory("RssFile", of: daemon.id)
        let most = Measure.memory("VmHWM", of: daemon.id)
        Measure.report(what, "\(Measure.memory(of: daemon.id)) MB (\(own) own, \(files) code), \(most) at most")
    }

    /// When a reader of the cluster saw the Deployment as the commit has it, in seconds since 1970.
    private func timeOfChange(_ round: Int, _ client: KubernetesClient) async throws -> Double {
        let kind = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
        guard let deployments = try await client.resource(for: kind) else { return 0 }
        for _ in 0..<30_000 {
            let live = try await client.get(deployments, namespace: "staging", name: MonorepoSample.name(round))
            let container = live?.value(at: "spec", "template", "spec", "containers")?.array?.first
            let isNew = container?["env"]?.array?.contains { entry in
                entry["name"]?.string == "ROUND" && entry["value"]?.string == "\(round)"
            }
            if isNew == true { return Date().timeIntervalSince1970 }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw MeasuredProcess.Failure(description: "the commit of round \(round) does not reach the cluster")
    }

    private func measureRest(_ daemon: MeasuredDaemon) async throws {
        let before = try await daemon.requests()
        let used = daemon.processorSeconds
        try await Task.sleep(for: .seconds(Self.steady))
        let after = try await daemon.requests()
        Measure.report(
            "a minute at rest",
            "\(after.values.reduce(0, +) - before.values.reduce(0, +)) requests, "
                + String(format: "%.2f%% of a core", (daemon.processorSeconds - used) / Self.steady * 100))
    }

    private func reportRequests(_ daemon: MeasuredDaemon, _ what: String) async throws {
        let counts = try await daemon.requests().sorted { $0.key < $1.key }
        Measure.report(what, counts.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
    }

    private func report(_ what: String, _ seconds: Double) { Measure.report(what, Measure.milliseconds(seconds)) }
}
