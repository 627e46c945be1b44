// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

extension RolloutRun {
    /// Why the digest is wrong, found before anything of it is applied; nil where nothing is (`ManifestDoubts`).
    ///
    /// What was healthy once is not looked at again.
    func validate() async throws -> Cause? {
        guard start.trigger != .rollback else { return nil }
        let check = ManifestCheck(manifests: try await definitionsElsewhere() + desired.manifests)
        let doubts = ManifestDoubts(cluster: context.cluster, allow: context.settings.allow)
        var confirmed: [ManifestProblem] = []
        for manifest in desired.manifests {
            let id = manifest.id
            // The server took this very manifest before.
            if context.drift.wasApplied(id, mark: mark(of: manifest, id), by: start.target) { continue }
            confirmed += await doubts.confirmed(manifest, by: check)
            if !check.knows(manifest.groupVersionKind), !isBeingDefined(id.group) {
                confirmed += await doubts.refusal(of: manifest)
            }
        }
        guard let first = confirmed.first else { return nil }
        return Cause(
            object: first.object, reason: "ManifestInvalid",
            message: "\(confirmed.told(\.description)); nothing was applied")
    }

    /// A definition of the group is among what changes now: what the server says by the one that it has does not count.
    private func isBeingDefined(_ group: String) -> Bool {
        let claimed = context.board.claimed(ClusterView.customResourceDefinition)
        return claimed.contains { definition in
            definition.name.hasSuffix(".\(group)")
                && (manifests[definition] != nil || !context.board.isSettled(definition))
        }
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
}
