// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Take up again what `mainstay suspend` left alone, named as it was then.")

    @OptionGroup var scope: ScopeArguments
    @OptionGroup var control: ControlOptions

    func run() async throws { try await control.post("resume", scope.fields) }
}
