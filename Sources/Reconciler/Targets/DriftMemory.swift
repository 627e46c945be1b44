// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// A difference that was told of.
struct DriftReport: Hashable {
    var object: ObjectID
    var difference: DriftDifference
}

/// What a worker remembers of what others changed.
struct DriftMemory {
    var fights = DriftFights()
    /// Differences that were told of, and are still there.
    var reported: Set<DriftReport> = []
    /// The rollout whose objects the fights are about.
    private var rollout: String?

    /// What was fought over objects of another rollout says nothing. True where it was another.
    mutating func turn(to rollout: String) -> Bool {
        guard self.rollout != rollout else { return false }
        fights = DriftFights()
        self.rollout = rollout
        return true
    }
}
