// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Git
internal import Manifests

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract:
            "Play a revision's rollout before anyone merges it: the real daemon, a cluster in memory, simulated time.",
        discussion: """
            First the base revision is brought up, then the new one is merged, and what happens is told with its times: \
            order, waits, verdict, rollback. Without --to, the files as they are; without --from, the commit before (HEAD, \
            where the files differ from it), or an empty cluster where that had no pipeline. What manifests need and git \
            does not hold (namespaces, Secrets, kinds of operators) is made, and told. Nothing of it leaves this machine.

            Failures can be had: an image that is not there, a crash, a probe or a check that never passes, a Secret that \
            comes late. The same files, options and seed give the same story.

            Exit status: 0 when all was healthy at the new revision, 1 when not, 2 when it could not begin.
            """)

    @Argument(
        help: ArgumentHelp(
            "The folder with the mainstay.yaml (default: the root of the repository around the current folder).",
            valueName: "path"), completion: .directory)
    var path: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The revision that runs before: a commit, branch or tag; none for an empty cluster.", valueName: "rev"))
    var from: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The revision to roll out, in place of the files as they are.", valueName: "rev"))
    var to: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Have an application, or one workload of it, fail. HOW: "
                + SimulatedFailure.Kind.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "application[/workload]=how"))
    var fail: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Have an application's images take minutes to be pulled.", valueName: "application"))
    var slow: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Leave out a Secret (or ConfigMap) that somebody makes outside of git; with a duration, it comes after that.",
            valueName: "name[=5m]"))
    var missingSecret: [String] = []

    @Flag(
        help: ArgumentHelp(
            "Take confirmations, approvals, windows and what other environments have to show first as given, and wait for "
                + "nobody: all environments are rolled out at once."))
    var approve = false

    @Option(name: .long, help: ArgumentHelp("Where all random numbers begin.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long to watch at most, in simulated time.", valueName: "duration"))
    var limit = "1h"

    func run() async throws {
        let simulation: Simulation
        do {
            simulation = try await prepared()
        } catch {
            throw CommandFailure.start("\(error)")
        }
        let begun = ContinuousClock.now
        let isWell: Bool
        do {
            isWell = try await simulation.run { writeLine("\($0)\n", to: 1) }
        } catch let problem as LocalProblem {
            throw CommandFailure.start("\(problem)")
        } catch {
            throw CommandFailure.failed("the simulation broke off: \(error)")
        }
        let took = (ContinuousClock.now - begun).milliseconds
        writeLine("mainstay: simulated in \(took / 1000).\(took / 100 % 10) s\n", to: 2)
        if !isWell { throw ExitCode(1) }
    }

    private func prepared() async throws -> Simulation {
        let folder = try PipelineFolder(path)
        guard let limit = DurationText.parse(limit), limit > .zero else {
            throw LocalProblem("--for \(self.limit): must be a duration such as 30m or 24h")
        }
        let next = try await next(folder)
        var simulation = Simulation(base: try await base(folder, before: next), next: next)
        simulation.limit = limit
        simulation.approves = approve
        simulation.seed = seed
        simulation.failures =
            try fail.map { text -> SimulatedFailure in
                guard let failure = SimulatedFailure(text) else {
                    throw LocalProblem("--fail \(text): must be \(SimulatedFailure.expectation)")
                }
                return failure
            } + slow.map { SimulatedFailure(application: $0, kind: .slow) }
        for failure in simulation.failures {
            if let problem = failure.problem(in: next) { throw LocalProblem(problem) }
        }
        simulation.missing = try missingSecret.map { text -> Simulation.Missing in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return Simulation.Missing(name: text) }
            guard let after = DurationText.parse(parts[1]) else {
                throw LocalProblem("--missing-secret \(text): \(parts[1]) is no duration such as 5m")
            }
            return Simulation.Missing(name: parts[0], after: after)
        }
        return simulation
    }

    private func next(_ folder: PipelineFolder) async throws -> SimulatedRevision {
        guard let to else { return try await .read(folder, at: nil, title: "the files as they are") }
        let commit = try await Self.repository(of: folder).resolve(to)
        return try await .read(folder, at: commit, title: Self.title(to, commit))
    }

    private func base(_ folder: PipelineFolder, before next: SimulatedRevision) async throws -> SimulatedRevision? {
        if let from {
            guard from != "none" else { return nil }
            let commit = try await Self.repository(of: folder).resolve(from)
            return try await .read(folder, at: commit, title: Self.title(from, commit))
        }
        guard let repository = folder.repository else { return nil }
        let candidates = to.map { ["\($0)~1"] } ?? ["HEAD", "HEAD~1"]
        for name in candidates {
            // There may be no such commit, and none of it a pipeline that can be read: then it begins with nothing.
            guard let commit = try? await repository.resolve(name),
                let base = try? await SimulatedRevision.read(folder, at: commit, title: Self.title(name, commit))
            else { return nil }
            // A clean work tree differs from the commit before.
            if base.asks(forTheSameAs: next), name != candidates.last { continue }
            return base
        }
        return nil
    }

    private static func repository(of folder: PipelineFolder) throws -> LocalRepository {
        guard let repository = folder.repository else {
            throw LocalProblem("\(folder.path) is in no git repository, so that it has no revisions")
        }
        return repository
    }

    private static func title(_ name: String, _ commit: CommitID) -> String {
        let short = String(commit.hex.prefix(7))
        return commit.hex.hasPrefix(name) ? short : "\(name) (\(short))"
    }
}
