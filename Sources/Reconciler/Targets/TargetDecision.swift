// SPDX-License-Identifier: Apache-2.0

package import Planning

/// What to do next about one application in one environment: a pure function of what is known, so that a daemon
/// that was killed decides exactly as one that was not (README, guarantee 2).
package enum TargetStep: Sendable, Hashable {
    /// What runs is what should run.
    case rest
    /// What should run is quarantined, and nothing better than what runs is known.
    case hold(Quarantine)
    /// The environment is not deployed to without a person's word.
    case awaitApproval
    /// Begin a rollout, or go on with one that was cut off.
    case rollOut(resuming: PastRollout?)
    /// Bring back a rollout that was healthy, or go on with that.
    case rollBack(to: PastRollout, resuming: PastRollout?)
}

package struct TargetSituation: Sendable {
    package var desiredDigest: String
    /// False where a person's word, or a gate, comes first.
    package var deploysByItself: Bool
    package var rollback: Application.Rollback
    /// The quarantine of the desired digest, where it has one.
    package var quarantine: Quarantine?
    /// What was healthy last was applied again since, and failed.
    package var isHealthyQuarantined: Bool
    package var history: TargetHistory

    package init(
        desiredDigest: String, deploysByItself: Bool, rollback: Application.Rollback,
        quarantine: Quarantine?, isHealthyQuarantined: Bool = false, history: TargetHistory
    ) {
        self.desiredDigest = desiredDigest
        self.deploysByItself = deploysByItself
        self.rollback = rollback
        self.quarantine = quarantine
        self.isHealthyQuarantined = isHealthyQuarantined
        self.history = history
    }
}

extension TargetStep {
    package static func next(_ situation: TargetSituation) -> TargetStep {
        if let quarantine = situation.quarantine { return whileQuarantined(quarantine, situation) }
        guard let latest = situation.history.latest else { return begin(situation) }
        let isDesired = latest.start.digest == situation.desiredDigest
        if isDesired, latest.phase == .succeeded || latest.phase == .rolledBack { return .rest }
        // A rollback cut off by a crash ends as what it was begun as, unless something better is asked for by now.
        if isDesired, latest.start.trigger == .rollback, !latest.phase.isFinal,
            let healthy = situation.history.healthyToReturnTo
        {
            return .rollBack(to: healthy, resuming: latest)
        }
        if isDesired, !latest.phase.isFinal { return .rollOut(resuming: latest) }
        return begin(situation)
    }

    private static func begin(_ situation: TargetSituation) -> TargetStep {
        situation.deploysByItself ? .rollOut(resuming: nil) : .awaitApproval
    }

    /// The desired digest must not be applied: the last healthy one comes back, once, where it is not what runs.
    private static func whileQuarantined(_ quarantine: Quarantine, _ situation: TargetSituation) -> TargetStep {
        guard let latest = situation.history.latest, let healthy = situation.history.healthyToReturnTo,
            healthy.start.digest != situation.desiredDigest, !situation.isHealthyQuarantined
        else { return .hold(quarantine) }
        if latest.start.trigger == .rollback {
            // Failed: left for a person. Done: holding. Cut off: goes on.
            return latest.phase.isFinal && latest.phase != .superseded
                ? .hold(quarantine) : .rollBack(to: healthy, resuming: latest.phase.isFinal ? nil : latest)
        }
        if latest.phase == .succeeded { return .hold(quarantine) }
        return situation.rollback == .automatic ? .rollBack(to: healthy, resuming: nil) : .hold(quarantine)
    }
}
