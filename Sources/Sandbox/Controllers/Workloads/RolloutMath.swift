// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The arithmetic of a Deployment's strategy (kubernetes, pkg/controller/deployment/util).
struct RolloutMath {
    let replicas: Int
    let isRecreate: Bool
    let maxSurge: Int
    let maxUnavailable: Int

    init(_ deployment: Object) {
        replicas = deployment.int(at: "spec", "replicas") ?? 1
        isRecreate = deployment.string(at: "spec", "strategy", "type") == "Recreate"
        guard !isRecreate else {
            (maxSurge, maxUnavailable) = (0, 0)
            return
        }
        let rolling = deployment.value(at: "spec", "strategy", "rollingUpdate")
        let surge = IntOrPercent.count(rolling?["maxSurge"] ?? "25%", of: replicas, roundingUp: true) ?? 0
        var unavailable =
            IntOrPercent.count(rolling?["maxUnavailable"] ?? "25%", of: replicas, roundingUp: false) ?? 0
        // Both round to nothing: without one pod missing, the rollout could never move.
        if surge == 0, unavailable == 0 { unavailable = 1 }
        maxSurge = surge
        maxUnavailable = min(unavailable, replicas)
    }

    var minimumAvailable: Int { replicas - maxUnavailable }
    var maximumReplicas: Int { replicas + maxSurge }

    /// The size of the new ReplicaSet, given its present one and the sum of all.
    func newSize(current: Int, total: Int) -> Int {
        if isRecreate { return replicas }
        guard total < maximumReplicas else { return current }
        return current + min(maximumReplicas - total, replicas - current)
    }

    /// The part of a scaling of the whole Deployment that one ReplicaSet of `size` takes.
    func proportion(size: Int, maximumBefore: Int, toAdd: Int, added: Int) -> Int {
        guard size > 0, toAdd != 0, toAdd != added else { return 0 }
        let fraction: Int
        if replicas == 0 {
            fraction = -size
        } else {
            let divisor = max(1, maximumBefore)
            // Rounded half up; all operands are positive.
            fraction = (2 * size * maximumReplicas + divisor) / (2 * divisor) - size
        }
        return toAdd > 0 ? min(fraction, toAdd - added) : max(fraction, toAdd - added)
    }
}
