// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Why nothing of a revision would be done in an environment, in words for people; and what lets it go on.
enum HeldBack {
    /// Decided as the target's worker decides; nil where it would be rolled out, or runs already.
    static func cause(of situation: TargetSituation, _ desired: Desired, _ waits: [GateWait]) -> Cause? {
        let target = desired.target
        if let first = waits.first {
            return Cause(
                reason: first.reason.rawValue,
                message: "nothing is applied yet: it waits for \(waits.texts)")
        }
        switch TargetStep.next(situation) {
        case .rest, .rollOut, .goOn, .awaitGate: return nil
        case .suspended(let suspension): return cause(of: suspension)
        case .hold, .rollBack: break
        }
        if let hold = situation.hold, hold.awayFromDigest == desired.digest { return cause(of: hold, target) }
        return situation.quarantine.map { cause(of: $0, target) }
    }

    static func cause(of suspension: Suspension) -> Cause {
        Cause(
            reason: "Suspended",
            message:
                "\(suspension.text); nothing is applied or pruned until `mainstay resume\(suspension.scope.arguments)`")
    }

    private static func cause(of hold: Hold, _ target: TargetID) -> Cause {
        Cause(
            reason: "RolledBack",
            message:
                "\(hold.text), since \(hold.since.secondsDescription), to \(hold.to.start.revision.prefix(7)): nothing is "
                + "applied until git asks for something else, or `mainstay release \(target.application) -e "
                + "\(target.environment)`")
    }

    private static func cause(of quarantine: Quarantine, _ target: TargetID) -> Cause {
        Cause(
            reason: "Quarantined",
            message:
                "this digest is quarantined since \(quarantine.since.secondsDescription) because \(quarantine.cause): "
                + "nothing is applied until git asks for something else, or `mainstay release \(target.application) -e "
                + "\(target.environment) \(quarantine.revision.prefix(7))`")
    }
}
