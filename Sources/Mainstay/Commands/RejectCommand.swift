// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct RejectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject",
        abstract: "Refuse what waits at an environment's gate, until git asks for something else or `mainstay release`."
    )

    @OptionGroup var gate: GateArguments

    @Option(name: .long, help: ArgumentHelp("Why, for the record and for `mainstay status`.", valueName: "text"))
    var reason: String

    @OptionGroup var control: ControlOptions

    func run() async throws { try await control.post("reject", gate.fields + [("reason", reason)]) }
}
