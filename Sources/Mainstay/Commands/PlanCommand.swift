// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Manifests
internal import Planning

struct PlanCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, unified, json, markdown
    }

    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a rollout would change in a cluster, field by field, and in which order.",
        discussion: """
            Compares what local files, or a revision of them, stand for with what the cluster of a kubeconfig holds. \
            Where PATH is the root of a repository with a mainstay.yaml, or with --environment or --application, its \
            applications are planned as they would be deployed, with what they would prune. Nothing is written: only \
            reads and dry runs are sent. Values of Secrets are shown as hashes, which differ where the values do.

            Exit status: 0 when nothing would change, 1 when something would, now or once it is not held back any more, \
            2 when something would be refused or could not be planned.
            """)

    @OptionGroup var files: FilesOptions
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var daemon: PlanSocketOptions

    @Option(
        name: [.customShort("o"), .long],
        help: "text; unified: as diff -u; json; markdown: a comment on a pull request.")
    var output = Format.text

    func validate() throws { try PlanRun(files: files, cluster: cluster, daemon: daemon).validate() }

    func run() async throws {
        let report = try await PlanRun(files: files, cluster: cluster, daemon: daemon).report()
        switch output {
        case .text:
            let terminal = Terminal.standardOutput(environment: ProcessInfo.processInfo.environment)
            writeLine(PlanText(report: report).text(on: terminal), to: 1)
        case .json: writeLine(JSON.prettyText(report.value()) + "\n", to: 1)
        case .markdown: writeLine(PlanMarkdown(report: report).text, to: 1)
        case .unified:
            writeLine(PlanDocuments(report).unified, to: 1)
            DiffCommand.tellProblems(of: report)
        }
        try PlanRun.end(report)
    }
}
