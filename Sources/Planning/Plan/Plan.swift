// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What a rollout would do with one object, and why.
package struct PlanEntry: Sendable, Hashable {
    package var id: ObjectID
    package var action: ObjectAction
    package var reason: String

    package init(id: ObjectID, action: ObjectAction, reason: String) {
        self.id = id
        self.action = action
        self.reason = reason
    }
}

/// What a rollout would do, object by object.
package struct Plan: Sendable, Hashable {
    /// Rendered objects in the order given, then pruned ones, sorted.
    package var entries: [PlanEntry]

    package init(entries: [PlanEntry]) { self.entries = entries }

    package var isEmpty: Bool { entries.allSatisfy { $0.action == .unchanged } }

    package func count(_ action: ObjectAction) -> Int { entries.count { $0.action == action } }
}

/// One rendered object, by the digest of what would be sent.
package struct PlannedObject: Sendable, Hashable {
    package var id: ObjectID
    package var digest: String

    package init(id: ObjectID, digest: String) {
        self.id = id
        self.digest = digest
    }
}

/// What is known of the cluster when a plan is made.
package struct PlanState: Sendable {
    /// The digest that each object was last applied with.
    package var appliedDigests: [ObjectID: String]
    package var present: Set<ObjectID>
    /// Objects whose owned fields differ from what the last apply left.
    package var drifted: Set<ObjectID>
    /// Kinds that the server does not serve (yet).
    package var unservedKinds: Set<GroupKind>
    /// Jobs that ran to completion, by the digest they ran with: they are not made again.
    package var completedJobs: [ObjectID: String]

    package init(
        appliedDigests: [ObjectID: String] = [:], present: Set<ObjectID> = [], drifted: Set<ObjectID> = [],
        unservedKinds: Set<GroupKind> = [], completedJobs: [ObjectID: String] = [:]
    ) {
        self.appliedDigests = appliedDigests
        self.present = present
        self.drifted = drifted
        self.unservedKinds = unservedKinds
        self.completedJobs = completedJobs
    }
}

extension Plan {
    /// - Parameters:
    ///   - rendered: what should be, in the order in which it is shown.
    ///   - prune: the report on what is no longer rendered.
    package init(rendered: [PlannedObject], state: PlanState, prune: PruneReport) {
        let applied = rendered.map { object -> PlanEntry in
            let (action, reason) = Self.action(on: object, state)
            return PlanEntry(id: object.id, action: action, reason: reason)
        }
        let pruned = prune.candidates.map { entry in
            PlanEntry(
                id: entry.id, action: .prune,
                reason: prune.needsApproval ? "no longer rendered; waits for approval" : "no longer rendered")
        }
        self.init(entries: applied + pruned)
    }

    private static func action(on object: PlannedObject, _ state: PlanState) -> (ObjectAction, String) {
        if state.unservedKinds.contains(object.id.groupKind) {
            return (.deferred, "the cluster does not serve \(object.id.groupKind) yet")
        }
        if state.completedJobs[object.id] == object.digest { return (.unchanged, "ran to completion with this digest") }
        guard state.present.contains(object.id) else { return (.create, "is not there") }
        guard let last = state.appliedDigests[object.id] else { return (.configure, "is there, but was never applied") }
        if last != object.digest { return (.configure, "its manifest changed") }
        return state.drifted.contains(object.id) ? (.configure, "was changed by others") : (.unchanged, "")
    }
}
