// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Synchronization

/// Runs credential plugins as child processes: no shell, no standard input, a deadline, bounded output.
///
/// Its standard error goes nowhere: what plugins print there is often the token they just got.
package struct ProcessExecCredentialRunner: ExecCredentialRunner {
    package static let maximumOutputBytes = 1 << 20

    private let environment: [String: String]
    private let deadline: Duration
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - environment: what the plugin gets besides its own variables; `PATH` in it finds commands without a slash.
    package init(environment: [String: String], deadline: Duration = .seconds(30), clock: any Clock<Duration>) {
        self.environment = environment
        self.deadline = deadline
        self.clock = clock
    }

    package func run(_ plugin: ExecPlugin) async throws(KubernetesError) -> [UInt8] {
        func error(_ message: String, _ hint: String = "", isTransient: Bool = false) -> KubernetesError {
            KubernetesError(
                code: .configuration, subject: plugin.subject,
                message: "credential plugin \(plugin.command): \(message)", hint: hint,
                isTransient: isTransient)
        }
        guard let path = executable(plugin.command) else {
            throw error("there is no such program", "install it, or correct exec.command")
        }
        let child = ChildProcess(limit: Self.maximumOutputBytes)
        child.process.executableURL = URL(fileURLWithPath: path)
        child.process.arguments = plugin.arguments.map(\.text)
        var variables = environment
        for variable in plugin.environment { variables[variable.name] = variable.value.text }
        variables["KUBERNETES_EXEC_INFO"] = plugin.execInfo
        child.process.environment = variables
        let outcome = await finished(child)
        switch outcome {
        case .output(let bytes): return bytes
        case .notStarted: throw error("it cannot be started", "check that the file is executable")
        case .failed(let status):
            throw error("it ended with status \(status)", "run it by hand to see why", isTransient: true)
        case .tooMuch: throw error("it printed more than \(Self.maximumOutputBytes) bytes")
        case .late: throw error("it did not end within \(deadline.components.seconds) s", isTransient: true)
        case .cancelled:
            throw KubernetesError(
                code: .cancelled, subject: plugin.subject, message: "the credential plugin was stopped")
        }
    }

    private func finished(_ child: ChildProcess) async -> ChildProcess.Outcome {
        await withTaskGroup(of: ChildProcess.Outcome.self) { group in
            group.addTask { await child.run() }
            group.addTask { [clock, deadline] in
                do {
                    try await clock.sleep(for: deadline)
                    return .late
                } catch {
                    return .cancelled
                }
            }
            let first = await group.next() ?? .cancelled
            child.kill()
            group.cancelAll()
            return first
        }
    }

    private func executable(_ command: String) -> String? {
        let candidates =
            command.contains("/")
            ? [command]
            : (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map { "\($0)/\(command)" }
        return candidates.first { access($0, X_OK) == 0 }
    }
}

/// One run of a program, from start to the end of its output.
private final class ChildProcess: Sendable {
    enum Outcome: Sendable {
        case output([UInt8])
        case notStarted
        case failed(Int32)
        case tooMuch
        case late
        case cancelled
    }

    private struct State {
        var output: [UInt8] = []
        var isOutputOver = false
        var status: Int32?
        var isTooMuch = false
        var isStopped = false
        var continuation: CheckedContinuation<Outcome, Never>?
    }

    let process = Process()
    private let pipe = Pipe()
    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    func run() async -> Outcome {
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardOutput = pipe
        process.terminationHandler = { ended in
            self.change { $0.status = ended.terminationReason == .exit ? ended.terminationStatus : -1 }
        }
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let bytes = handle.availableData
            if bytes.isEmpty { handle.readabilityHandler = nil }
            self.change { state in
                if bytes.isEmpty {
                    state.isOutputOver = true
                } else if state.output.count + bytes.count > self.limit {
                    state.isTooMuch = true
                } else {
                    state.output += bytes
                }
            }
        }
        return await withCheckedContinuation { continuation in
            // Started under the lock, so that a stop comes either before and is seen, or after and finds a process.
            let outcome = state.withLock { state -> Outcome? in
                guard !state.isStopped else { return .cancelled }
                guard (try? process.run()) != nil else { return .notStarted }
                state.continuation = continuation
                return nil
            }
            guard let outcome else { return }
            pipe.fileHandleForReading.readabilityHandler = nil
            continuation.resume(returning: outcome)
        }
    }

    /// Ends the program and everything that waits for it.
    func kill() {
        state.withLock { state in
            state.isStopped = true
            if process.isRunning { _ = Glibc.kill(process.processIdentifier, SIGKILL) }
        }
        pipe.fileHandleForReading.readabilityHandler = nil
        resume { _ in .cancelled }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
        resume { state in
            if state.isTooMuch { return .tooMuch }
            guard state.isOutputOver, let status = state.status else { return nil }
            return status == 0 ? .output(state.output) : .failed(status)
        }
    }

    /// Answers once, with the first outcome there is.
    private func resume(_ outcome: (State) -> Outcome?) {
        let ready = state.withLock { state -> (CheckedContinuation<Outcome, Never>, Outcome)? in
            guard let continuation = state.continuation, let outcome = outcome(state) else { return nil }
            state.continuation = nil
            return (continuation, outcome)
        }
        ready?.0.resume(returning: ready?.1 ?? .cancelled)
    }
}
