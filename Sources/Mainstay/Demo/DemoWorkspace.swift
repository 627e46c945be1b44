// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Git
internal import Manifests
internal import Reconciler

/// The folder that a demo works in: the repository, the daemon's data, the kubeconfig.
struct DemoWorkspace: Sendable {
    let directory: String
    let repository: RepositoryWriter

    init() throws {
        directory =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("mainstay-demo-\(SystemTime.makeID().prefix(8))").path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        repository = try RepositoryWriter(creating: "\(directory)/planet.git", author: "Planet Team")
    }

    var kubeconfig: String { "\(directory)/kubeconfig" }
    var log: String { "\(directory)/mainstay.log" }

    /// The daemon's configuration: the real one, with a short poll interval.
    func configuration(_ sandbox: SandboxHost, server: String) throws -> Configuration {
        try SandboxHost.write(sandbox.kubeconfig(server: server), to: kubeconfig)
        var configuration = Configuration()
        configuration.source.url = "file://\(repository.path)"
        configuration.source.interval = .seconds(1)
        configuration.cluster.kubeconfig = kubeconfig
        configuration.dataDirectory = "\(directory)/data"
        configuration.server.listen = "127.0.0.1:0"
        configuration.allow = AllowRules(namespaces: PlanetSample.namespaces)
        return configuration
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }
}
