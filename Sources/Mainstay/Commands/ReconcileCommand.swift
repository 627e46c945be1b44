// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Have the daemon read the repository now, and wait until it has.",
        discussion: "Exit status: 0 once the repository was read, 1 where it could not be, or no daemon answers.")

    @OptionGroup var control: ControlOptions

    func run() async throws { try await control.post("reconcile") }
}
