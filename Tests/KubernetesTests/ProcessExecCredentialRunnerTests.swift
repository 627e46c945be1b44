// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Kubernetes

@Suite(.timeLimit(.minutes(1))) struct ProcessExecCredentialRunnerTests {
    private let patient = ProcessExecCredentialRunner(
        environment: ["PATH": "/usr/bin:/bin", "KEPT": "yes"])

    private func plugin(
        _ command: String, _ arguments: [String] = [], _ environment: [ExecPlugin.Variable] = []
    ) -> ExecPlugin {
        ExecPlugin(
            command: command, arguments: arguments.map { Secret($0) }, environment: environment, subject: "kubeconfig f"
        )
    }

    @Test("arguments go as they are, without a shell")
    func arguments() async throws {
        let output = try await patient.run(plugin("printf", ["%s|", "a b", "$HOME", "`id`"]))
        #expect(String(decoding: output, as: UTF8.self) == "a b|$HOME|`id`|")
    }

    @Test("the program gets the plugin's variables, the given ones and the exec info, and no other")
    func environment() async throws {
        let output = try await patient.run(plugin("env", [], [.init(name: "A", value: Secret("1"))]))
        let lines = Set(String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init))
        #expect(lines.isSuperset(of: ["A=1", "KEPT=yes", "PATH=/usr/bin:/bin"]))
        #expect(
            lines.contains { $0.hasPrefix("KUBERNETES_EXEC_INFO={") && $0.contains("client.authentication.k8s.io/v1") })
        #expect(!lines.contains { $0.hasPrefix("HOME=") })
    }

    @Test("failing, missing and endless programs are told apart")
    func failures() async {
        func says(_ plugin: ExecPlugin, _ runner: ProcessExecCredentialRunner) async -> String {
            await refusal { _ = try await runner.run(plugin) }?.description ?? "no error"
        }
        #expect(
            await says(plugin("false"), patient).contains(
                "kubeconfig f: credential plugin false: it ended with status 1"))
        #expect(await says(plugin("/nonexistent/x"), patient).contains("there is no such program"))
        #expect(await says(plugin("yes"), patient).contains("printed more than"))
        let hasty = ProcessExecCredentialRunner(environment: ["PATH": "/usr/bin:/bin"], deadline: .milliseconds(50))
        #expect(await says(plugin("sleep", ["1000"]), hasty).contains("did not end within"))
    }

    @Test("a program that leaves another one holding its output is ended at the deadline")
    func orphan() async {
        let hasty = ProcessExecCredentialRunner(
            environment: ["PATH": "/usr/bin:/bin"], deadline: .milliseconds(50))
        let error = await refusal { _ = try await hasty.run(plugin("sh", ["-c", "sleep 1000 & echo x"])) }
        #expect(error?.description.contains("did not end within") == true)
    }

    @Test("a cancelled task stops the program")
    func cancelled() async {
        let running = Task { try await patient.run(plugin("sleep", ["1000"])) }
        running.cancel()
        let error = await refusal { _ = try await running.value }
        #expect(error?.code == .cancelled)
    }
}
