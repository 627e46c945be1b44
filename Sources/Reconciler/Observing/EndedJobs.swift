// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Which Jobs were done when they went (`ttlSecondsAfterFinished`): the latest of them.
struct EndedJobs {
    static let limit = 1000

    /// The newest last.
    private var uids: [String] = []

    mutating func note(_ event: ClusterEvent) {
        guard case .deleted(let object) = event, Hook.runsOnce(object.groupVersionKind.groupKind),
            Hook.hasSucceeded(object)
        else { return }
        uids.append(object.uid)
        if uids.count > Self.limit { uids.removeFirst(Self.limit / 2) }
    }

    func contains(_ uid: String) -> Bool { uids.contains(uid) }
}
