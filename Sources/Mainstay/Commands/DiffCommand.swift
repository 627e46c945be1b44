// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Planning

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what a rollout would change in a cluster as a unified difference, as kubectl diff does.",
        discussion: """
            The same comparison as `mainstay plan`: the live object on one side, and what applying would make of it on \
            the other. KUBECTL_EXTERNAL_DIFF names a program to show it with: it is given two folders, in which values of \
            Secrets are hashes.

            Exit status: 0 when there is no difference, 1 when there is one, 2 when something would be refused or could \
            not be planned.
            """)

    @OptionGroup var files: FilesOptions
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var daemon: PlanSocketOptions

    func validate() throws { try PlanRun(files: files, cluster: cluster, daemon: daemon).validate() }

    func run() async throws {
        let external: ExternalDiff?
        do {
            external = try ExternalDiff(environment: ProcessInfo.processInfo.environment)
        } catch {
            throw CommandFailure.start("\(error)")
        }
        let report = try await PlanRun(files: files, cluster: cluster, daemon: daemon).report()
        let documents = PlanDocuments(report)
        if let external {
            let status: Int32
            do {
                status = documents.documents.isEmpty ? 0 : try external.run(documents)
            } catch {
                throw CommandFailure.start("\(error)")
            }
            Self.tellProblems(of: report)
            if status > 1 { throw ExitCode(2) }
        } else {
            writeLine(documents.unified, to: 1)
            Self.tellProblems(of: report)
        }
        try PlanRun.end(report)
    }

    /// What a difference does not show, on standard error.
    static func tellProblems(of report: PlanReport) {
        var lines = report.problems
        for target in report.targets {
            if let problem = target.problem { lines.append("\(target.target): \(problem)") }
            if let held = target.held { lines.append("\(target.target): held back: \(held.message)") }
            lines += target.entries.filter { $0.action == .refused }.map { "\(target.target): \($0.title)" }
        }
        for line in lines {
            let text = line.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).withoutControls }
            writeLine("mainstay: \(text.joined(separator: "\n"))\n", to: 2)
        }
    }
}
