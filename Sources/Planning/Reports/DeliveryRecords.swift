// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What a report is made of, as the ledger has it.
package struct DeliveryRecords: Sendable, Hashable {
    /// In the order in which they began.
    package var rollouts: [DeliveredRollout]
    /// In the order in which each came: also those of before the period, since they say how it began.
    package var verdicts: [DeliverySign]
    package var healthMarks: [DeliverySign]
    /// Of environments that retention took rows of: what began before is no longer there, but for a few rows.
    package var historyBegins: [String: Timestamp]

    package init(
        rollouts: [DeliveredRollout] = [], verdicts: [DeliverySign] = [], healthMarks: [DeliverySign] = [],
        historyBegins: [String: Timestamp] = [:]
    ) {
        self.rollouts = rollouts
        self.verdicts = verdicts
        self.healthMarks = healthMarks
        self.historyBegins = historyBegins
    }
}

package struct DeliveredRollout: Sendable, Hashable {
    package var target: TargetID
    package var trigger: RolloutTrigger
    package var digest: String
    package var startedAt: Timestamp
    /// The time of its revision's commit; nil where that is not known any more.
    package var committedAt: Timestamp?
    /// When it began to apply, after what it waited for; nil where it never did.
    package var appliedAt: Timestamp?
    package var firstHealthyAt: Timestamp?
    /// The latest: a relapse comes after a healthy one.
    package var outcome: Verdict.Outcome?
    /// The digest that a person went away from by this rollback.
    package var takesBack: String?

    package init(
        target: TargetID, trigger: RolloutTrigger, digest: String, startedAt: Timestamp, committedAt: Timestamp? = nil,
        appliedAt: Timestamp? = nil, firstHealthyAt: Timestamp? = nil, outcome: Verdict.Outcome? = nil,
        takesBack: String? = nil
    ) {
        self.target = target
        self.trigger = trigger
        self.digest = digest
        self.startedAt = startedAt
        self.committedAt = committedAt
        self.appliedAt = appliedAt
        self.firstHealthyAt = firstHealthyAt
        self.outcome = outcome
        self.takesBack = takesBack
    }
}

/// That an application was seen to be well, or not.
package struct DeliverySign: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case well, unwell
        /// It was removed: there is nothing left to be well.
        case gone
    }

    package var target: TargetID
    package var kind: Kind
    package var at: Timestamp

    package init(target: TargetID, kind: Kind, at: Timestamp) {
        self.target = target
        self.kind = kind
        self.at = at
    }

    /// What a verdict says of the application; nil where it says nothing.
    package init?(_ outcome: Verdict.Outcome, of trigger: RolloutTrigger, target: TargetID, at: Timestamp) {
        switch (outcome, trigger) {
        case (.healthy, .removal): self.init(target: target, kind: .gone, at: at)
        case (.healthy, _): self.init(target: target, kind: .well, at: at)
        // What could not be removed says nothing of what runs.
        case (.failed, .removal), (.inconclusive, _): return nil
        case (.failed, _): self.init(target: target, kind: .unwell, at: at)
        }
    }
}
