// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Judges one rollout of one application: is fed what was seen, and says what to think of it (design 6.5).
///
/// Keeps extracts only, no object trees. Goes on after the rollout as the application's health, and through `bake`:
/// once healthy, a relapse has the whole timeout again.
package struct Judge: Sendable {
    package let settings: JudgeSettings

    package init(settings: JudgeSettings, objects: [JudgedObject], startedAt: Timestamp) {
        self.settings = settings
    }

    /// Adds an object applied later, or notes that it was applied again.
    package mutating func track(_ object: JudgedObject) {}

    /// Leaves an object out of the judgement, since it was pruned.
    package mutating func forget(_ id: ObjectID) {}

    /// Takes in what was seen of an object; one that is not tracked is ignored.
    package mutating func observe(_ observation: ObjectObservation, for id: ObjectID, now: Timestamp) {}

    package mutating func judgement(now: Timestamp) -> Judgement { .waiting(nil) }

    /// When to ask again though nothing was observed; nil where only an observation can change the judgement.
    package var nextDeadline: Timestamp? { nil }

    /// How the application is: the worst of its objects, as of the last call.
    package var health: HealthStatus { .unknown }

    /// Why it is not well.
    package var healthCause: Cause? { nil }

    /// What is worth saying of objects that are well, sorted.
    package var notes: [String] { [] }
}
