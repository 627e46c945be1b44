// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Which recorded rollout a person's rollback goes back to: a pure function of what the ledger holds.
package struct RollbackChoice: Sendable {
    /// Newest first.
    package var past: [PastRollout]
    /// What git asks for.
    package var desiredDigest: String
    package var quarantines: [Quarantine]
    /// Where the application is now, and where it is brought back to.
    package var cluster: String
    /// Another daemon has ruled since: what ran last by the ledger may run no more, and a person may say it again.
    package var mayBeOld: Bool

    package init(
        past: [PastRollout], desiredDigest: String, quarantines: [Quarantine], cluster: String = "",
        mayBeOld: Bool = false
    ) {
        self.past = past
        self.desiredDigest = desiredDigest
        self.quarantines = quarantines
        self.cluster = cluster
        self.mayBeOld = mayBeOld
    }

    /// - Parameter asked: the beginning of a revision or digest, or a rollout's id; nil for what was healthy before.
    package func choose(_ asked: String?) throws(ActionRefusal) -> PastRollout {
        guard let asked else { return try healthyBefore() }
        let found = matches(asked)
        guard let first = found.first else {
            let known = recorded.isEmpty ? "" : "; recorded are \(recorded.joined(separator: ", "))"
            throw ActionRefusal(.unknown, "UnknownRevision", "no rollout of \(asked) is recorded\(known)")
        }
        let revisions = Set(found.map(\.start.revision)).sorted()
        guard revisions.count == 1 || found.allSatisfy({ digest($0) == digest(first) }) else {
            throw ActionRefusal(
                .invalid, "Ambiguous",
                "\(asked) could be \(revisions.map { String($0.prefix(12)) }.joined(separator: " or ")): say more of it"
            )
        }
        return try permitted(first)
    }

    /// Those that brought something up.
    private var candidates: [PastRollout] { past.filter { $0.start.trigger != .removal && !$0.start.digest.isEmpty } }

    private func matches(_ asked: String) -> [PastRollout] {
        // Fewer characters than git abbreviates to say nothing.
        guard asked.utf8.count >= 4 else { return candidates.filter { $0.start.revision == asked } }
        return candidates.filter {
            $0.start.id == asked || $0.start.revision.hasPrefix(asked) || $0.start.digest.hasPrefix(asked)
        }
    }

    private var recorded: [String] {
        var seen: Set<String> = []
        return candidates.map { String($0.start.revision.prefix(7)) }.filter { seen.insert($0).inserted }
            .prefix(5).map { $0 }
    }

    private func healthyBefore() throws(ActionRefusal) -> PastRollout {
        let current = past.first?.start.digest
        let healthy = candidates.first { rollout in
            rollout.verdict?.outcome == .healthy && digest(rollout) != current
                && digest(rollout) != desiredDigest && quarantine(of: rollout) == nil
        }
        guard let healthy else {
            throw ActionRefusal(
                .conflict, "NothingToRollBackTo",
                "no other revision was healthy here: name one of `mainstay history` with --to, or revert the commit in git"
            )
        }
        return healthy
    }

    private func permitted(_ rollout: PastRollout) throws(ActionRefusal) -> PastRollout {
        let revision = rollout.start.revision.prefix(7)
        if let quarantine = quarantine(of: rollout) {
            throw ActionRefusal(
                .conflict, "Quarantined",
                "\(revision) is quarantined because \(quarantine.cause); release it first: mainstay release "
                    + "\(rollout.start.target.application) -e \(rollout.start.target.environment) "
                    + "\(quarantine.revision.prefix(7))")
        }
        guard digest(rollout) != desiredDigest else {
            throw ActionRefusal(
                .conflict, "IsDesired",
                "\(revision) is what git asks for, which needs no rollback; if it is held back: mainstay release "
                    + "\(rollout.start.target.application) -e \(rollout.start.target.environment)")
        }
        guard
            mayBeOld || digest(rollout) != past.first?.start.digest || past.first?.verdict?.outcome != .healthy
        else {
            throw ActionRefusal(.conflict, "AlreadyThere", "\(revision) is what runs")
        }
        return rollout
    }

    /// As it would be brought back.
    private func digest(_ rollout: PastRollout) -> String { rollout.start.digest(in: cluster) }

    private func quarantine(of rollout: PastRollout) -> Quarantine? {
        let digest = digest(rollout)
        return quarantines.first { $0.digest == digest }
    }
}
