// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc
internal import Manifests

/// The command line: one file a command.
struct MainstayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mainstay",
        abstract: "Keeps a Kubernetes cluster true to main.",
        discussion: """
            Teams merge to main to deploy: mainstay renders what should run, applies it in dependency order, judges \
            every rollout, and takes a bad revision back by itself.
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, DemoCommand.self, SandboxCommand.self, StatusCommand.self, GetCommand.self,
            HistoryCommand.self, ReportCommand.self, InitCommand.self, ValidateCommand.self, SimulateCommand.self,
            RenderCommand.self, PlanCommand.self, DiffCommand.self, GraphCommand.self, ExplainCommand.self,
            ReconcileCommand.self, RollbackCommand.self, ReleaseCommand.self, SuspendCommand.self, ResumeCommand.self,
            ApproveCommand.self, PromoteCommand.self, RejectCommand.self, FreezeCommand.self, DestroyCommand.self,
            NotifyCommand.self,
        ])

    /// What is wrong with the name of a command, where it is close to one that there is.
    static func mistake(in arguments: [String]) -> String? {
        let names = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let name = arguments.first, !name.hasPrefix("-"), !names.contains(name),
            let meant = Suggestion.closest(to: name, among: names)
        else { return nil }
        return "there is no command \"\(name.withoutControls)\"; did you mean \"\(meant)\"?"
    }
}

/// Where the executable begins.
package enum Program {
    package static func main() async {
        if let mistake = MainstayCommand.mistake(in: Array(CommandLine.arguments.dropFirst())) {
            writeLine("mainstay: \(mistake)\n", to: 2)
            exit(ExitCode.validationFailure.rawValue)
        }
        await MainstayCommand.main()
    }
}
