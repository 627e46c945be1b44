// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

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

}

/// Where the executable begins.
package enum Program {
    package static func main() async { await MainstayCommand.main() }
}
