// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Asks the server about what looks wrong with a manifest: it may know more than our table does, and has the last word.
/// Where it cannot tell (the namespace is not there yet), what is certain counts.
struct ManifestDoubts: Sendable {
    let cluster: any Cluster
    let allow: AllowRules

    private enum Answer {
        case taken, refused
        /// It cannot tell yet, and knows no more fields than the table.
        case untold
        case none
    }

    /// Those of the problems that are there; empty where the manifest is taken, or where only its apply will tell.
    func confirmed(_ manifest: Manifest, by check: ManifestCheck) async -> [ManifestProblem] {
        let marks = ObjectMarks(manifest.object)
        guard !marks.skipsValidation, !marks.leavesAlone else { return [] }
        let problems = check.problems(of: manifest)
        guard !problems.isEmpty else { return [] }
        switch await answer(on: manifest) {
        case .taken, .none: return []
        case .refused: return problems
        case .untold: return problems.filter(\.isCertain)
        }
    }

    /// What the server has against a manifest of a kind whose definition no application of the pipeline has: it is in the
    /// cluster by other ways, and the server checks by it. Empty where it has nothing against it, or cannot tell.
    func refusal(of manifest: Manifest) async -> [ManifestProblem] {
        let marks = ObjectMarks(manifest.object)
        guard !marks.skipsValidation, !marks.leavesAlone, marks.mode == .override, allow.refusal(of: manifest) == nil
        else { return [] }
        do throws(ClusterFailure) {
            guard try await cluster.kind(manifest.groupVersionKind) != nil else { return [] }
            _ = try await cluster.apply(manifest.object, as: .mainstay, force: true, dryRun: true)
            return []
        } catch {
            // What the live object alone stands against is no mistake in the manifest.
            guard error.code == .invalid, (try? await cluster.acceptsAsNew(manifest.object)) != true else { return [] }
            return [
                ManifestProblem(
                    object: manifest.id, origin: manifest.origin, path: "", message: error.message, isCertain: true)
            ]
        }
    }

    private func answer(on manifest: Manifest) async -> Answer {
        guard allow.refusal(of: manifest) == nil else { return .untold }
        do throws(ClusterFailure) {
            _ = try await cluster.apply(manifest.object, as: .mainstay, force: true, dryRun: true)
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
            let parts = try await cluster.serverVersion().split(separator: ".")
            guard parts.count > 1, let minor = Int(parts[1].prefix { $0.isNumber }) else { return true }
            return minor > ManifestCheck.newestMinor
        } catch {
            return true
        }
    }
}

extension Sequence<ManifestProblem> {
    /// The first few, told one after the other.
    func told(_ text: (ManifestProblem) -> String) -> String {
        let all = Array(self)
        let more = all.count > 5 ? "; and \(all.count - 5) more" : ""
        return all.prefix(5).map(text).joined(separator: "; ") + more
    }
}
