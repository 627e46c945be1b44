// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// What to do next about one application in one environment: a pure function of what is known, so that a daemon
/// that was killed decides exactly as one that was not (README, guarantee 2).
package enum TargetStep: Sendable, Hashable {
    /// What runs is what should run.
    case rest
    /// Nothing is done until a person takes it up again.
    case suspended(Suspension)
    /// What git asks for is held back, and nothing better than what runs is known.
    case hold(HoldReason)
    /// The environment's gate is closed: a person's word, another environment, or the time is waited for.
    case awaitGate
    /// What was let through before goes on to its end, while something newer waits at the gate.
    case goOn(PastRollout)
    /// Begin a rollout, or go on with one that was cut off.
    case rollOut(resuming: PastRollout?)
    /// Bring back an earlier rollout, or go on with that: for a person where they asked for it, by itself otherwise.
    case rollBack(to: PastRollout, resuming: PastRollout?, for: Hold?)
}

/// Why what git asks for is not what runs.
package enum HoldReason: Sendable, Hashable {
    case quarantined(Quarantine)
    /// What its checks ask tells nothing: whether it is well is for a person to say.
    case inconclusive(PastRollout)
    /// A person had it rolled back.
    case person(Hold)
    /// The rollback failed too, which is left for a person. The quarantine is missing where a person asked for it.
    case rollbackFailed(PastRollout, Quarantine?)
}

package struct TargetSituation: Sendable {
    package var desiredDigest: String
    /// False where a person's word, another environment, or the time comes first.
    package var isGateOpen: Bool
    package var rollback: Application.Rollback
    /// The quarantine of the desired digest, where it has one.
    package var quarantine: Quarantine?
    /// Whether the latest rollout, where it is not over, has come as far as applying.
    package var hasBegun = true
    /// What was healthy last was applied again since, and failed.
    package var isHealthyQuarantined: Bool
    package var history: TargetHistory
    /// What a person set aside: the application, or the environment.
    package var suspension: Suspension?
    /// The rollback that a person asked for, until it ends.
    package var hold: Hold?
    /// The same digest has something left to do: an object was taken up again, or objects may be pruned by now.
    package var isAskedAgain: Bool
    /// Of what the desired digest is rendered from now, the pipeline's entry with it; nil where that does not matter.
    package var desiredInputs: String?
    /// When this daemon took over from another, where nothing was applied since: what the history says ran may run no
    /// more, and is not brought back.
    package var succession: Timestamp?

    package init(
        desiredDigest: String, isGateOpen: Bool = true, rollback: Application.Rollback,
        quarantine: Quarantine?, isHealthyQuarantined: Bool = false, history: TargetHistory,
        suspension: Suspension? = nil, hold: Hold? = nil, isAskedAgain: Bool = false
    ) {
        self.desiredDigest = desiredDigest
        self.isGateOpen = isGateOpen
        self.rollback = rollback
        self.quarantine = quarantine
        self.isHealthyQuarantined = isHealthyQuarantined
        self.history = history
        self.suspension = suspension
        self.hold = hold
        self.isAskedAgain = isAskedAgain
    }
}

extension TargetStep {
    /// Whether a rollout begins that the environment's gate has a say in: what goes on may finish, what ran may come
    /// back, and what runs may be done again.
    package func passesGate(_ situation: TargetSituation) -> Bool {
        guard case .rollOut(let resuming) = self else { return false }
        if let resuming { return !situation.hasBegun && resuming.start.trigger != .reconcile }
        guard let latest = situation.history.latest, latest.start.digest == situation.desiredDigest else { return true }
        return latest.phase != .succeeded && latest.phase != .rolledBack && !latest.isInconclusive
    }

    package static func next(_ situation: TargetSituation) -> TargetStep {
        if let suspension = situation.suspension { return .suspended(suspension) }
        // A person's word outweighs what the daemon would do by itself, until git asks for something else.
        if let hold = situation.hold, hold.awayFromDigest == situation.desiredDigest {
            return whileHeld(hold, situation)
        }
        if let quarantine = situation.quarantine { return whileQuarantined(quarantine, situation) }
        guard let latest = situation.history.latest else { return begin(situation) }
        let isDesired = latest.start.digest == situation.desiredDigest
        if isDesired, latest.phase == .succeeded || latest.phase == .rolledBack {
            // What runs already has been through the gate.
            return situation.isAskedAgain || situation.succession != nil ? .rollOut(resuming: nil) : .rest
        }
        if isDesired, latest.isInconclusive, latest.start.trigger != .rollback {
            // A commit that replaces the checks is somebody's word, too.
            let asksAnew = situation.desiredInputs.map { $0 != latest.start.inputsDigest } ?? false
            return situation.isAskedAgain || asksAnew ? .rollOut(resuming: nil) : .hold(.inconclusive(latest))
        }
        // A rollback cut off by a crash ends as what it was begun as, unless something better is asked for by now.
        if isDesired, latest.start.trigger == .rollback, latest.start.hold == nil, !latest.phase.isFinal,
            let healthy = situation.history.healthyToReturnTo
        {
            return .rollBack(to: healthy, resuming: latest, for: nil)
        }
        if isDesired, !latest.phase.isFinal {
            return situation.isGateOpen || situation.hasBegun ? .rollOut(resuming: latest) : .awaitGate
        }
        return begin(situation)
    }

    private static func begin(_ situation: TargetSituation) -> TargetStep {
        situation.isGateOpen ? .rollOut(resuming: nil) : whileGateIsClosed(situation)
    }

    /// A gate protects from what is new: what was let through is judged to its end, and taken back where it failed.
    private static func whileGateIsClosed(_ situation: TargetSituation) -> TargetStep {
        guard situation.succession == nil, let latest = situation.history.latest, latest.start.trigger != .removal
        else { return .awaitGate }
        let healthy = situation.history.healthyToReturnTo.flatMap {
            $0.start.digest == latest.start.digest && latest.start.trigger != .rollback ? nil : $0
        }
        if !latest.phase.isFinal {
            if latest.start.trigger == .rollback {
                return healthy.map { .rollBack(to: $0, resuming: latest, for: nil) } ?? .awaitGate
            }
            return situation.hasBegun ? .goOn(latest) : .awaitGate
        }
        guard latest.phase == .failed, latest.start.trigger != .rollback, situation.rollback == .automatic,
            let healthy, !situation.isHealthyQuarantined
        else { return .awaitGate }
        return .rollBack(to: healthy, resuming: nil, for: nil)
    }

    /// The desired digest must not be applied: the last healthy one comes back, once, where it is not what runs.
    private static func whileQuarantined(_ quarantine: Quarantine, _ situation: TargetSituation) -> TargetStep {
        let hold = TargetStep.hold(.quarantined(quarantine))
        guard let latest = situation.history.latest else { return hold }
        let isRollback = latest.start.trigger == .rollback
        // Failed: left for a person, and named.
        if isRollback, latest.phase == .failed { return .hold(.rollbackFailed(latest, quarantine)) }
        guard situation.succession == nil, let healthy = situation.history.healthyToReturnTo,
            healthy.start.digest != situation.desiredDigest,
            !situation.isHealthyQuarantined
        else { return hold }
        if isRollback, latest.phase != .superseded {
            // Done: holding, unless an object was taken up again. Cut off: goes on, if it goes to where it should go now.
            if latest.phase.isFinal {
                return situation.isAskedAgain ? .rollBack(to: healthy, resuming: nil, for: nil) : hold
            }
            let isTheSame = latest.start.digest == healthy.start.digest
            return .rollBack(to: healthy, resuming: isTheSame ? latest : nil, for: nil)
        }
        if latest.phase == .succeeded { return hold }
        return situation.rollback == .automatic ? .rollBack(to: healthy, resuming: nil, for: nil) : hold
    }

    /// A person said where to go back to: there it goes, and stays.
    private static func whileHeld(_ hold: Hold, _ situation: TargetSituation) -> TargetStep {
        if let succession = situation.succession, hold.since < succession { return .hold(.person(hold)) }
        guard let latest = situation.history.latest, latest.start.hold == hold.id else {
            return .rollBack(to: hold.to, resuming: nil, for: hold)
        }
        switch latest.phase {
        case .failed: return .hold(.rollbackFailed(latest, nil))
        case .superseded: return .rollBack(to: hold.to, resuming: nil, for: hold)
        case .idle, .succeeded, .rolledBack:
            return situation.isAskedAgain
                ? .rollBack(to: hold.to, resuming: nil, for: hold) : .hold(.person(hold))
        case .queued, .blocked, .applying, .progressing, .verifying, .rollingBack:
            return .rollBack(to: hold.to, resuming: latest, for: hold)
        }
    }
}

extension PastRollout {
    /// It ended, and nobody could tell whether it was well.
    package var isInconclusive: Bool { phase == .failed && verdict?.outcome == .inconclusive }
}
