// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Logging

struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Serve a Kubernetes API from memory, with controllers, to try things on.",
        discussion: """
            kubectl works on it: kubectl --kubeconfig FILE get pods. What an image's tag holds decides how its pods \
            fare: missing (cannot be pulled), crash, slow, unready, fail (exits non-zero); anything else runs. \
            Everything is gone when it ends.
            """)

    @Option(help: "The loopback address and port to listen on; port 0 takes any free one.")
    var listen = "127.0.0.1:0"

    @Option(help: "Write a kubeconfig for it to this file.", completion: .file())
    var kubeconfigOut: String?

    func run() async throws {
        guard let address = ListenAddress(listen) else {
            throw CommandFailure.start("--listen \(listen): expected HOST:PORT, as in 127.0.0.1:8001")
        }
        guard address.isLoopback else {
            throw CommandFailure.start(
                "--listen \(listen): the sandbox asks nobody who they are, so it listens on loopback only (127.0.0.1)")
        }
        let kubeconfigOut = kubeconfigOut
        let sandbox = SandboxHost(logger: Daemon.logger(Configuration.Log(level: .warning)))
        do {
            try await sandbox.run(host: address.host, port: address.port) { port in
                let server = "http://\(address.urlHost):\(port)"
                if let kubeconfigOut {
                    do {
                        try SandboxHost.kubeconfig(server: server).write(
                            toFile: kubeconfigOut, atomically: true, encoding: .utf8)
                    } catch {
                        writeLine("mainstay: --kubeconfig-out \(kubeconfigOut): cannot be written\n", to: 2)
                    }
                }
                let hint = kubeconfigOut.map { "\ntry      kubectl --kubeconfig \($0) get namespaces\n" } ?? "\n"
                writeLine("sandbox  \(server)\(hint)stop     Ctrl-C\n", to: 1)
            }
        } catch {
            throw CommandFailure.start("cannot listen on \(listen): \(error)")
        }
    }
}
