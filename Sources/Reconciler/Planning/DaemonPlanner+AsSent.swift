// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension DaemonPlanner {
    /// A rollout would not send these again (`DriftBoard.isAsSent`). Only what a current watch tells counts.
    static func asSent(
        _ nodes: [OrderNode], _ context: ReconcilerContext
    ) async -> [ObjectID: PackedObject] {
        guard context.clusterError == nil else { return [:] }
        let ids = nodes.map(\.manifest.id)
        var found: [ObjectID: PackedObject] = [:]
        for (index, live) in await context.view.current(ids).enumerated() {
            guard let live, !live.isSuspended, !hasFailed(live, ids[index]),
                context.drift.isAsSent(
                    ids[index], mark: context.drift.mark(of: nodes[index].manifest), over: live, by: nodes[index].target
                )
            else { continue }
            found[ids[index]] = live.packed
        }
        return found
    }

    /// A run that failed is made anew, though it is as it was sent.
    private static func hasFailed(_ live: SeenObject, _ id: ObjectID) -> Bool {
        Hook.runsOnce(id.groupKind) && Hook.hasFailed(live.packed.object)
    }
}
