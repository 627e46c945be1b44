// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// How one application is judged.
package struct JudgeSettings: Sendable, Hashable {
    /// How long a bad pod may mend by itself.
    package var grace: Duration
    /// From the start to a judgement; time spent blocked does not count.
    package var timeout: Duration
    /// How long an image may be missing from its registry before that is a failure, by image name without tag or
    /// digest. An image without an entry has the grace.
    package var imageWaits: [String: Duration]
    package var health: HealthExpressions

    package init(
        grace: Duration = .seconds(60), timeout: Duration = .seconds(600), imageWaits: [String: Duration] = [:],
        health: HealthExpressions = HealthExpressions()
    ) {
        self.grace = grace
        self.timeout = timeout
        self.imageWaits = imageWaits
        self.health = health
    }
}

/// One object that a rollout applied.
package struct JudgedObject: Sendable, Hashable {
    package var id: ObjectID
    /// The generation that the apply returned, where the kind has one.
    package var appliedGeneration: Int64?
    /// When the apply changed the object; nil where nothing had to change.
    package var appliedAt: Timestamp?

    package init(id: ObjectID, appliedGeneration: Int64? = nil, appliedAt: Timestamp? = nil) {
        self.id = id
        self.appliedGeneration = appliedGeneration
        self.appliedAt = appliedAt
    }
}

/// What was seen of one object. For a workload, with its ReplicaSets and pods: others in the lists do no harm.
package struct ObjectObservation: Sendable {
    /// Nil where the object is not there.
    package var object: Object?
    package var replicaSets: [Object]
    package var pods: [Object]

    package init(object: Object?, replicaSets: [Object] = [], pods: [Object] = []) {
        self.object = object
        self.replicaSets = replicaSets
        self.pods = pods
    }

    /// How often containers of the pods that are there were started again.
    package var restarts: Int64 {
        pods.reduce(0) { sum, pod in
            ["initContainerStatuses", "containerStatuses"].reduce(sum) { sum, list in
                (pod.value(at: "status", list)?.array ?? []).reduce(sum) { $0 + ($1["restartCount"]?.integer ?? 0) }
            }
        }
    }
}

/// What is thought of a rollout at a moment.
package enum Judgement: Sendable, Hashable {
    /// Not there yet; the cause names what it waits for.
    case waiting(Cause?)
    case healthy
    /// The digest's own doing.
    case failed(Cause)
    /// What the revision cannot help; uses up no timeout.
    case blocked(Cause)
}
