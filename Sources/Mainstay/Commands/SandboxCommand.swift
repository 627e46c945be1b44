// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Sandbox

struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Serve a Kubernetes API from memory, with controllers, to try things on.",
        discussion: """
            kubectl works on it: kubectl --kubeconfig FILE get pods. What an image's tag holds decides how its pods \
            fare: missing (cannot be pulled), crash, slow, unready, fail (exits non-zero); anything else runs. \
            It serves HTTPS and asks who calls, as a real cluster does: the kubeconfig holds an administrator's \
            certificate, service accounts get tokens, and RBAC decides. Everything is gone when it ends.
            """)

    @Option(
        help: ArgumentHelp(
            "The loopback address and port to listen on; port 0 takes any free one.", valueName: "host:port"))
    var listen = "127.0.0.1:0"

    @Option(
        help: ArgumentHelp("Write a kubeconfig for it to this file.", valueName: "file"), completion: .file())
    var kubeconfigOut: String?

    @Flag(help: "Serve plain HTTP and ask nobody who they are: whoever reaches it may do everything.")
    var open = false

    @Option(
        help: ArgumentHelp(
            "Serve faults and the clock on this loopback address and port (docs/sandbox.md); port 0 takes any free one.",
            valueName: "host:port"))
    var control: String?

    @Option(help: ArgumentHelp("What the faults' random numbers begin with, so that a run can be repeated."))
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "What autoscalers see: target (every metric is where it is to be), none (no metrics server), or how many "
                + "percent of its requests each pod uses.", valueName: "load"))
    var load = "target"

    func run() async throws {
        guard let address = ListenAddress(listen) else {
            throw CommandFailure.start("--listen \(listen): expected HOST:PORT, as in 127.0.0.1:8001")
        }
        let controlAddress = try control.map(Self.controlAddress)
        if seed != nil, control == nil {
            throw CommandFailure.start("--seed is for faults, which are set by way of --control 127.0.0.1:0")
        }
        guard let load = SandboxLoad(load) else {
            throw CommandFailure.start("--load \(load): expected target, none or a whole number of percent, as in 150")
        }
        guard address.isLoopback else {
            throw CommandFailure.start(
                "--listen \(listen): the sandbox is for this machine and listens on loopback only (127.0.0.1)")
        }
        let kubeconfigOut = kubeconfigOut
        // Before anything is started: without its kubeconfig the sandbox is of no use to who asked for one.
        if let kubeconfigOut {
            do {
                try SandboxHost.write("", to: kubeconfigOut)
            } catch {
                throw CommandFailure.start("--kubeconfig-out \(error); name a file that can be written")
            }
        }
        var sandbox = SandboxHost(
            authority: open ? nil : try SandboxAuthority(host: address.host), load: load,
            logger: Daemon.logger(Configuration.Log(level: .warning)))
        // At most what a person's JSON tools read as a whole number.
        let seed = seed ?? .random(in: 0..<1 << 53)
        if let address = controlAddress {
            await sandbox.serveControl(host: address.host, port: address.port, seed: seed) { port in
                writeLine("control  http://\(address.urlHost):\(port)  (seed \(seed))\n", to: 1)
            }
        }
        let host = sandbox
        do {
            try await host.run(host: address.host, port: address.port) { port in
                Self.announce(host, "\(host.scheme)://\(address.urlHost):\(port)", kubeconfig: kubeconfigOut)
            }
        } catch {
            throw CommandFailure.start("cannot listen on \(listen): \(error)")
        }
    }

    private static func controlAddress(_ text: String) throws -> ListenAddress {
        guard let address = ListenAddress(text) else {
            throw CommandFailure.start("--control \(text): expected HOST:PORT, as in 127.0.0.1:8002")
        }
        guard address.isLoopback else {
            throw CommandFailure.start(
                "--control \(text): whoever reaches it can break the sandbox, so it listens on loopback only "
                    + "(127.0.0.1)")
        }
        return address
    }

    private static func announce(_ sandbox: SandboxHost, _ server: String, kubeconfig: String?) {
        var text = "sandbox  \(server)\n"
        if let kubeconfig {
            do {
                try SandboxHost.write(sandbox.kubeconfig(server: server), to: kubeconfig)
                text += "try      kubectl --kubeconfig \(kubeconfig) get namespaces\n"
            } catch {
                writeLine("mainstay: --kubeconfig-out \(kubeconfig): cannot be written\n", to: 2)
            }
        }
        writeLine(text + "stop     Ctrl-C\n", to: 1)
    }
}
