// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Manifests
internal import Planning

struct ValidateCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, github
    }

    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a repository as it would be deployed: everything that is wrong, with file and line.",
        discussion: """
            The pipeline; what each application renders to in each environment; the manifests against the types of \
            Kubernetes and the CustomResourceDefinitions in the repository, and as an API server checks them; the order; \
            and what the pipeline asks for against what is there: images, checks, windows, hooks. No cluster, no daemon \
            and no history are needed: a shallow clone will do.

            An error cannot work. A warning works otherwise than is likely meant. A note is good to know.

            Exit status: 0 without errors, 1 with some, 2 when there was nothing to check.
            """)

    @Argument(
        help: ArgumentHelp(
            "The folder with the mainstay.yaml (default: the root of the repository around the current folder).",
            valueName: "path"), completion: .directory)
    var path: String?

    @Option(name: [.customShort("o"), .long], help: "text; json; github: annotations of a workflow's run.")
    var output = Format.text

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Check against this configuration of a daemon, too: what it allows, its clusters, its people and its receivers.",
            valueName: "file"),
        completion: .file())
    var config: String?

    @Flag(help: "Fail for warnings too.")
    var strict = false

    func run() async throws {
        let folder: PipelineFolder
        let report: Validation.Report
        do {
            folder = try PipelineFolder(path)
            var validation = Validation(timeZones: .system)
            if let config {
                let configuration = try ConfigurationFile.load(
                    config, environment: ProcessInfo.processInfo.environment)
                validation.configuration = ConfigurationReview(configuration)
            }
            report = try await validation.report(on: folder)
        } catch {
            throw CommandFailure.start("\(error)")
        }
        let result = ValidationOutput(report: report) { folder.display($0) }
        switch output {
        case .text: writeLine(result.text, to: 1)
        case .json: writeLine(result.json, to: 1)
        case .github: writeLine(result.github, to: 1)
        }
        let isWrong = report.count(.error) > 0 || (strict && report.count(.warning) > 0)
        if isWrong { throw ExitCode(1) }
    }
}
