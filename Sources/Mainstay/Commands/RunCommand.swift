// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Glibc

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the daemon until it is told to stop.",
        discussion: """
            Everything is in the configuration file; every key of it can be overridden by an environment variable \
            (MAINSTAY_SOURCE_URL for source.url). SIGTERM and SIGINT end it within ten seconds, with nothing half \
            written. Exit status: 0 when stopped, 2 when it could not start.
            """)

    @Option(
        name: [.customShort("c"), .long], help: ArgumentHelp("The configuration file.", valueName: "file"),
        completion: .file())
    var config: String

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let configuration: Configuration
        do throws(ConfigurationError) {
            configuration = try ConfigurationFile.load(config, environment: environment)
        } catch {
            throw CommandFailure.start(error.description)
        }
        // What it makes is its user's alone, the control socket above all.
        umask(0o077)
        let daemon: Daemon
        do {
            daemon = try await Daemon(
                configuration: configuration, environment: environment, logger: Daemon.logger(configuration.log))
        } catch {
            throw CommandFailure.start("\(error)")
        }
        try await daemon.run()
    }
}
