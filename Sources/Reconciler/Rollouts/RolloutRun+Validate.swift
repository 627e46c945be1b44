// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

extension RolloutRun {
    /// How many mistakes a verdict names.
    private static let shownProblems = 5

    /// Why the digest is wrong, found before anything of it is applied; nil where nothing is.
    ///
    /// A server may know more than our table does. So it is asked about what looks wrong, by a dry run, and has the
    /// last word; where it cannot tell (the namespace is not there yet), what is certain counts. What was healthy once
    /// is not looked at again.
    func validate() async throws -> Cause? {
        guard start.trigger != .rollback else { return nil }
        let check = ManifestCheck(manifests: try await definitionsElsewhere() + desired.manifests)
        var confirmed: [ManifestProblem] = []
        for manifest in desired.manifests {
            let marks = ObjectMarks(manifest.object)
            guard !marks.skipsValidation, !marks.leavesAlone else { continue }
            let problems = check.problems(of: manifest)
            guard !problems.isEmpty else { continue }
            switch await answer(on: manifest) {
            case .taken: logger.debug("the server takes what looks wrong", metadata: ["object": "\(manifest.id)"])
            case .refused: confirmed += problems
            case .untold: confirmed += problems.filter(\.isCertain)
            // The apply will tell.
            case .none: break
            }
        }
        guard let first = confirmed.first else { return nil }
        let shown = confirmed.prefix(Self.shownProblems).map(\.description).joined(separator: "; ")
        let more = confirmed.count > Self.shownProblems ? "; and \(confirmed.count - Self.shownProblems) more" : ""
        return Cause(object: first.object, reason: "ManifestInvalid", message: "\(shown)\(more); nothing was applied")
    }

    /// So many definitions are read for one rollout.
    private static let definitionLimit = 50

    /// What other applications' definitions say of custom kinds among the manifests, as the server has it. One that is
    /// about to change says nothing: what depends on it is applied after it, and then the server tells.
    private func definitionsElsewhere() async throws -> [Manifest] {
        let groups = Set(
            desired.manifests.filter { TypeTable.builtIn.type(for: $0.groupVersionKind) == nil }.map(\.id.group))
        guard !groups.isEmpty else { return [] }
        var definitions: [Manifest] = []
        for id in context.board.claimed(ClusterView.customResourceDefinition).prefix(Self.definitionLimit) {
            guard manifests[id] == nil, groups.contains(where: { id.name.hasSuffix(".\($0)") }),
                context.board.isSettled(id)
            else { continue }
            do throws(ClusterFailure) {
                guard let live = try await context.cluster.get(id, version: "v1") else { continue }
                definitions.append(Manifest(object: live, origin: Origin(file: "the cluster")))
            } catch {
                guard error.code != .cancelled else { throw CancellationError() }
                logger.debug("cannot read a definition", metadata: ["object": "\(id)", "error": "\(error)"])
            }
        }
        return definitions
    }

    private enum Answer {
        case taken, refused
        /// It cannot tell yet, and knows no more fields than the table.
        case untold
        case none
    }

    private func answer(on manifest: Manifest) async -> Answer {
        guard context.settings.allow.refusal(of: manifest) == nil else { return .untold }
        do throws(ClusterFailure) {
            _ = try await context.cluster.apply(manifest.object, as: .mainstay, force: true, dryRun: true)
            return .taken
        } catch {
            switch error.code {
            case .invalid: return .refused
            case .namespaceMissing, .namespaceTerminating, .kindNotServed, .forbidden, .admissionDenied:
                return await isServerNewer() ? .none : .untold
            default: return .none
            }
        }
    }

    private func isServerNewer() async -> Bool {
        do throws(ClusterFailure) {
            let parts = try await context.cluster.serverVersion().split(separator: ".")
            guard parts.count > 1, let minor = Int(parts[1].prefix { $0.isNumber }) else { return true }
            return minor > ManifestCheck.newestMinor
        } catch {
            return true
        }
    }
}
