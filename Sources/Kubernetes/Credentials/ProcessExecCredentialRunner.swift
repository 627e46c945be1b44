// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Runs credential plugins as child processes: no shell, no standard input, a deadline, bounded output.
///
/// Its standard error goes nowhere: what plugins print there is often the token they just got.
package struct ProcessExecCredentialRunner: ExecCredentialRunner {
    package static let maximumOutputBytes = 1 << 20

    private let environment: [String: String]
    private let deadline: Duration

    /// - Parameters:
    ///   - environment: what the plugin gets besides its own variables; `PATH` in it finds commands without a slash.
    ///   - deadline: in real time, which is what a process runs in.
    package init(environment: [String: String], deadline: Duration = .seconds(30)) {
        self.environment = environment
        self.deadline = deadline
    }

    package func run(_ plugin: ExecPlugin) async throws(KubernetesError) -> [UInt8] {
        func error(_ message: String, _ hint: String = "", isTransient: Bool = false) -> KubernetesError {
            KubernetesError(
                code: .configuration, subject: plugin.subject,
                message: "credential plugin \(plugin.command): \(message)", hint: hint, isTransient: isTransient)
        }
        guard let path = ChildProcess.executable(plugin.command, searchPath: environment["PATH"]) else {
            throw error("there is no such program", "install it, or correct exec.command")
        }
        var variables = environment
        for variable in plugin.environment { variables[variable.name] = variable.value.text }
        variables["KUBERNETES_EXEC_INFO"] = plugin.execInfo
        let child = ChildProcess(
            path: path, arguments: [plugin.command] + plugin.arguments.map(\.text),
            environment: variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
            limit: Self.maximumOutputBytes, deadline: deadline)
        switch await outcome(child) {
        case .output(let bytes): return bytes
        case .notStarted: throw error("it cannot be started", "check that the file is executable")
        case .failed(let status):
            throw error("it ended with status \(status)", "run it by hand to see why", isTransient: true)
        case .tooMuch: throw error("it printed more than \(Self.maximumOutputBytes) bytes")
        case .late: throw error("it did not end within \(deadline.components.seconds) s", isTransient: true)
        case .stopped:
            throw KubernetesError(
                code: .cancelled, subject: plugin.subject, message: "the credential plugin was stopped")
        }
    }

    /// A thread of its own waits, so that the cooperative pool does not.
    private func outcome(_ child: ChildProcess) async -> ChildProcess.Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: child.run()) }
            }
        } onCancel: {
            child.stop()
        }
    }
}
