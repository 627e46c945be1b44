// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Manifests
internal import Planning

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Look at a repository's folders, and write the mainstay.yaml that they suggest.",
        discussion: """
            Finds environments and applications in plain folders, in the names of files, and in kustomizations; \
            namespaces in the manifests; and the folders that images are built from. What only people can decide stands \
            in the file as comments: confirmations, approvals, windows, checks. What it could not decide is told there, \
            and on standard error.

            Exit status: 0 when the file was written (or printed), 1 when nothing deployable was found, 2 when it could \
            not be written.
            """)

    @Argument(
        help: ArgumentHelp(
            "The folder to look at (default: the root of the repository around the current folder).",
            valueName: "path"), completion: .directory)
    var path: String?

    @Flag(help: "Overwrite a mainstay.yaml that is there.")
    var force = false

    @Flag(help: "Print it, and write nothing.")
    var stdout = false

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("Write it to another file; - prints it.", valueName: "file"), completion: .file())
    var output: String?

    func run() async throws {
        let folder: PipelineFolder
        let proposal: PipelineProposal
        do {
            folder = try PipelineFolder(path)
            proposal = try await folder.read { [name = folder.name] tree in
                try ProposalBuilder.proposal(of: tree, name: name)
            }
        } catch {
            throw CommandFailure.start("\(error)")
        }
        guard !proposal.applications.isEmpty else {
            tell(proposal.remarks)
            throw CommandFailure.failed(
                "\(folder.path): found no Kubernetes manifests to deploy: files of objects with apiVersion and kind, or "
                    + "folders with a kustomization.yaml")
        }
        let text = ProposalText(proposal: proposal).text
        let isPrinted = stdout || output == "-"
        let file =
            output.map { $0.hasPrefix("/") ? $0 : "\(FileManager.default.currentDirectoryPath)/\($0)" }
            ?? "\(folder.path)/\(GitSource.pipelineFile)"
        if isPrinted {
            writeLine(text, to: 1)
        } else {
            try write(text, to: file)
        }
        tell(Self.summary(of: proposal, file: isPrinted ? nil : file))
        tell(proposal.remarks)
        await tellProblems(text, folder)
    }

    private func write(_ text: String, to file: String) throws {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL)
        let descriptor = open(file, flags, 0o644)
        guard descriptor >= 0 else {
            let hint =
                errno == EEXIST
                ? "is there already; --force overwrites it, --stdout prints the proposal"
                : String(cString: strerror(errno))
            throw CommandFailure.start("\(file): \(hint)")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        } catch {
            throw CommandFailure.start("\(file): cannot be written: \(error)")
        }
    }

    private static func summary(of proposal: PipelineProposal, file: String?) -> [String] {
        let environments = proposal.environments.filter { !$0.isLocal }.map(\.name).joined(separator: ", ")
        let applications = proposal.applications.map(\.name).joined(separator: ", ")
        return [
            "found \(proposal.applications.count) application\(proposal.applications.count == 1 ? "" : "s") (\(applications)) in "
                + "\(environments)"
        ] + (file.map { ["wrote \($0)"] } ?? [])
    }

    private func tell(_ lines: [String]) {
        for line in lines { writeLine("mainstay: \(line.withoutControls)\n", to: 2) }
    }

    /// What is proposed is checked as it would be once it is there.
    private func tellProblems(_ text: String, _ folder: PipelineFolder) async {
        do {
            let report = try await Validation(pipeline: Array(text.utf8), timeZones: .system).report(on: folder)
            for problem in report.problems where problem.severity == .error {
                let place = ([problem.file] + [problem.line].compactMap { $0.map(String.init) }).joined(separator: ":")
                tell(["\(place): \(problem.text)"])
            }
        } catch {
            tell(["it could not be checked: \(error)"])
        }
    }
}
