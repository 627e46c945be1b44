// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show it all in half a minute, on a cluster in memory and a repository in a temporary folder.",
        discussion: """
            Four merges: the first brings everything up in order; one touches a single service; one brings an image \
            that cannot be pulled, which is judged, rolled back and quarantined; one mends it. Exit status: 0 only if \
            each of these was really observed.
            """)

    @Flag(help: "Leave it running afterwards, and say how to look at it.")
    var keep = false

    @Flag(help: "Plain lines, also on a terminal.")
    var plain = false

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let isLive = isatty(1) == 1 && environment["TERM"] != "dumb" && !plain
        let passed = try await Demo(isLive: isLive, keeps: keep).run()
        if !passed { throw ExitCode(1) }
    }
}
