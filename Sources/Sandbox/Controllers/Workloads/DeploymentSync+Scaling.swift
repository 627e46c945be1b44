// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Scaling a Deployment as a whole, in the middle of a rollout as well.
extension DeploymentSync {
    /// The wanted size is not the one the ReplicaSets were last sized for.
    var isScaling: Bool {
        all.contains { set in
            guard set.replicas > 0,
                let desired = set.string(at: "metadata", "annotations", Self.desiredKey).flatMap({ Int($0) })
            else { return false }
            return desired != math.replicas
        }
    }

    mutating func scale() {
        let active = all.filter { $0.replicas > 0 }
        if active.count <= 1 {
            if let only = active.first ?? new ?? old.last { setSize(of: only, to: math.replicas) }
            return
        }
        if let new, isSaturated(new) {
            for replicaSet in old where replicaSet.replicas > 0 { setSize(of: replicaSet, to: 0) }
            return
        }
        if !math.isRecreate { scaleProportionally(active) }
    }

    private func isSaturated(_ new: Object) -> Bool {
        let desired = new.string(at: "metadata", "annotations", Self.desiredKey).flatMap { Int($0) }
        return new.replicas == math.replicas && desired == math.replicas
            && new.count("availableReplicas") == math.replicas
    }

    /// Spreads the difference over all active ReplicaSets by their sizes; what rounding leaves goes to the largest.
    private mutating func scaleProportionally(_ active: [Object]) {
        let allowed = math.replicas > 0 ? math.maximumReplicas : 0
        let toAdd = allowed - active.reduce(0) { $0 + $1.replicas }
        let ordered = active.sorted { left, right in
            if left.replicas != right.replicas { return left.replicas > right.replicas }
            return toAdd > 0 ? Object.isOlder(right, left) : Object.isOlder(left, right)
        }
        var added = 0
        var sizes: [Int] = []
        for replicaSet in ordered {
            let before =
                replicaSet.string(at: "metadata", "annotations", Self.maximumKey).flatMap { Int($0) }
                ?? deployment.count("replicas")
            let share = math.proportion(size: replicaSet.replicas, maximumBefore: before, toAdd: toAdd, added: added)
            sizes.append(replicaSet.replicas + share)
            added += share
        }
        if let first = sizes.first { sizes[0] = max(0, first + toAdd - added) }
        for (replicaSet, size) in zip(ordered, sizes) { setSize(of: replicaSet, to: size) }
    }
}
