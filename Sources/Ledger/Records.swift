// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// One attempt to bring a target to a revision, as it was begun.
package struct RolloutRecord: Sendable, Hashable {
    package var id: String
    package var target: TargetID
    /// The commit.
    package var revision: String
    /// The commit that ran before; nil where nothing did.
    package var fromRevision: String?
    /// Of the rendered objects: what a quarantine names.
    package var digest: String
    package var inputsDigest: String
    package var trigger: RolloutTrigger
    package var startedAt: Timestamp
    /// The hold that it carries out, where a person asked for a rollback.
    package var hold: String?
    /// What is said of it from its beginning: who forced it, and past what.
    package var note: String?

    package init(
        id: String, target: TargetID, revision: String, fromRevision: String? = nil, digest: String,
        inputsDigest: String, trigger: RolloutTrigger, startedAt: Timestamp, hold: String? = nil, note: String? = nil
    ) {
        self.id = id
        self.target = target
        self.revision = revision
        self.fromRevision = fromRevision
        self.digest = digest
        self.inputsDigest = inputsDigest
        self.trigger = trigger
        self.startedAt = startedAt
        self.hold = hold
        self.note = note
    }
}

/// A phase that a rollout came to.
package struct PhaseRecord: Sendable, Hashable {
    package var phase: RolloutPhase
    package var reason: String?
    package var cause: Cause?
    package var at: Timestamp

    package init(phase: RolloutPhase, reason: String? = nil, cause: Cause? = nil, at: Timestamp) {
        self.phase = phase
        self.reason = reason
        self.cause = cause
        self.at = at
    }
}

package struct VerdictRecord: Sendable, Hashable {
    package var verdict: Verdict
    package var at: Timestamp

    package init(verdict: Verdict, at: Timestamp) {
        self.verdict = verdict
        self.at = at
    }
}

/// What is about to be done with one object; on disk before the API hears of it.
package struct ActionIntent: Sendable, Hashable {
    package var id: String
    package var rollout: String
    package var object: ObjectID
    package var action: ObjectAction

    package init(id: String, rollout: String, object: ObjectID, action: ObjectAction) {
        self.id = id
        self.rollout = rollout
        self.object = object
        self.action = action
    }
}

/// What came of an intent.
package struct ActionOutcome: Sendable, Hashable {
    /// The intent's id.
    package var intent: String
    package var succeeded: Bool
    package var uid: String?
    package var generation: Int64?
    package var resourceVersion: String?
    /// Safe to store and show: the caller has taken it from the stated list of API messages.
    package var error: String?
    /// The server found nothing to change.
    package var unchanged: Bool
    package var at: Timestamp

    package init(
        intent: String, succeeded: Bool, uid: String? = nil, generation: Int64? = nil, resourceVersion: String? = nil,
        error: String? = nil, unchanged: Bool = false, at: Timestamp
    ) {
        self.intent = intent
        self.succeeded = succeeded
        self.uid = uid
        self.generation = generation
        self.resourceVersion = resourceVersion
        self.error = error
        self.unchanged = unchanged
        self.at = at
    }
}

package struct ActionRecord: Sendable, Hashable {
    package var intent: ActionIntent
    package var announcedAt: Timestamp
    /// Nil: announced, and nobody knows whether it happened.
    package var outcome: ActionOutcome?

    package init(intent: ActionIntent, announcedAt: Timestamp, outcome: ActionOutcome? = nil) {
        self.intent = intent
        self.announcedAt = announcedAt
        self.outcome = outcome
    }
}

/// A rollout with how far it came.
package struct RolloutSummary: Sendable, Hashable {
    package var rollout: RolloutRecord
    /// The latest 200, oldest first.
    package var phases: [PhaseRecord]
    /// The latest: a relapse while it was under judgement makes a second one.
    package var verdict: VerdictRecord?

    package init(rollout: RolloutRecord, phases: [PhaseRecord], verdict: VerdictRecord?) {
        self.rollout = rollout
        self.phases = phases
        self.verdict = verdict
    }

    /// Where it is; nil where it was begun and nothing more was written.
    package var phase: RolloutPhase? { phases.last?.phase }
}

package struct RolloutDetail: Sendable, Hashable {
    package var summary: RolloutSummary
    /// In the order of their announcement.
    package var actions: [ActionRecord]

    package init(summary: RolloutSummary, actions: [ActionRecord]) {
        self.summary = summary
        self.actions = actions
    }
}

/// A digest that is not to be applied in its target until a person releases it.
package struct QuarantineRecord: Sendable, Hashable {
    package struct Release: Sendable, Hashable {
        package var actor: String
        package var at: Timestamp

        package init(actor: String, at: Timestamp) {
            self.actor = actor
            self.at = at
        }
    }

    package var target: TargetID
    package var digest: String
    package var revision: String
    package var rollout: String
    package var cause: Cause?
    package var at: Timestamp
    /// Read only: who released it, if somebody did.
    package var release: Release?

    package init(
        target: TargetID, digest: String, revision: String, rollout: String, cause: Cause? = nil, at: Timestamp,
        release: Release? = nil
    ) {
        self.target = target
        self.digest = digest
        self.revision = revision
        self.rollout = rollout
        self.cause = cause
        self.at = at
        self.release = release
    }
}

/// An object that is ours, or was.
package struct InventoryRow: Sendable, Hashable {
    package var target: TargetID
    package var object: ObjectID
    package var uid: String
    package var apiVersion: String
    /// The rollout that applied or removed it.
    package var rollout: String
    package var at: Timestamp
    package var removed: Bool
    /// What the last apply left of it, as text; nil where that is not known, or did not change.
    package var baseline: String?

    package init(
        target: TargetID, object: ObjectID, uid: String, apiVersion: String, rollout: String, at: Timestamp,
        removed: Bool = false, baseline: String? = nil
    ) {
        self.target = target
        self.object = object
        self.uid = uid
        self.apiVersion = apiVersion
        self.rollout = rollout
        self.at = at
        self.removed = removed
        self.baseline = baseline
    }
}

package struct SeenRevision: Sendable, Hashable {
    /// Grows with each; what a next page starts before.
    package var sequence: Int64
    package var revision: Revision
    package var seenAt: Timestamp

    package init(sequence: Int64, revision: Revision, seenAt: Timestamp) {
        self.sequence = sequence
        self.revision = revision
        self.seenAt = seenAt
    }
}
