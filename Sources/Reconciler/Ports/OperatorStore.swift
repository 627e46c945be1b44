// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// What people said, as recorded. Each write is durable when it returns, and stands in the audit chain with who said it.
package protocol OperatorStore: Sendable {
    /// A rollback that a person asked for. An earlier one of the target ends with it.
    func recordHold(_ hold: Hold) async throws
    /// The target's hold in force.
    func hold(of target: TargetID) async throws -> Hold?
    func endHold(_ hold: Hold, by actor: String, because reason: String, at: Timestamp) async throws
    /// Lifts the quarantine of a digest. False where there is none.
    func release(_ target: TargetID, digest: String, by actor: String, at: Timestamp) async throws -> Bool
    /// Those in force, newest first.
    func quarantines(of target: TargetID) async throws -> [Quarantine]
    /// The latest, newest first.
    func pastRollouts(of target: TargetID) async throws -> [PastRollout]

    /// The id of what is recorded is the store's.
    func recordSuspension(_ suspension: Suspension) async throws
    func endSuspension(_ suspension: Suspension, by actor: String, at: Timestamp) async throws
    /// Those in force, oldest first.
    func suspensions() async throws -> [Suspension]
    /// Whether an object of the target was taken up again since the target's latest rollout was begun.
    func hasResumedObject(of target: TargetID) async throws -> Bool

    /// A person's word for exactly this, once and for all.
    func recordApproval(_ approval: Approval) async throws
    /// The latest of it; nil where nobody said it.
    func approval(_ kind: Approval.Kind, _ target: TargetID, subject: String) async throws -> Approval?
    /// The subjects of all approvals of a kind.
    func approved(_ kind: Approval.Kind, _ target: TargetID) async throws -> [String]

    /// What the pipeline said last of the application's removal.
    func recordRemovalPolicy(_ policy: Application.Removal, of target: TargetID, at: Timestamp) async throws
    func removalPolicy(of target: TargetID) async throws -> Application.Removal?
}

extension OperatorStore {
    package func isApproved(_ kind: Approval.Kind, _ target: TargetID, subject: String) async throws -> Bool {
        try await approval(kind, target, subject: subject) != nil
    }
}

package struct Approval: Sendable, Hashable {
    package enum Kind: String, Sendable {
        /// Of more objects than are pruned without a person.
        case prune
        /// One object of an approved prune, which may take a while.
        case deletion
        /// To ask again what a rollout's checks could not tell.
        case check
        /// To go on with a removal without a hook that does not succeed.
        case hook
        /// To roll out again what runs.
        case again
    }

    package var kind: Kind
    package var target: TargetID
    /// What it is for: of a prune, the report's code; of a deletion, that and the object's name; of a check, and of doing
    /// it again, the rollout; of a hook, its object and rollout.
    package var subject: String
    package var reason: String?
    package var actor: String
    package var at: Timestamp

    package init(
        kind: Kind, target: TargetID, subject: String, reason: String? = nil, actor: String, at: Timestamp
    ) {
        self.kind = kind
        self.target = target
        self.subject = subject
        self.reason = reason
        self.actor = actor
        self.at = at
    }
}

extension OperatorStore {
    /// A person's word for a prune, each of whose objects is recorded first: what is left of it may go later.
    func approve(_ report: PruneReport, of target: TargetID, by actor: String, at: Timestamp) async throws {
        for name in report.candidateNames {
            try await recordApproval(
                Approval(
                    kind: .deletion, target: target, subject: "\(report.code) \(name)", actor: actor, at: at))
        }
        try await recordApproval(Approval(kind: .prune, target: target, subject: report.code, actor: actor, at: at))
    }

    /// Whether a person agreed to this prune, or to one that this is the rest of.
    func isApproved(
        _ report: PruneReport, of target: TargetID, inventory: [InventoryEntry]
    ) async throws -> Bool {
        if try await isApproved(.prune, target, subject: report.code) { return true }
        var lists: [Substring: Set<String>] = [:]
        for subject in try await approved(.deletion, target) {
            let parts = subject.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { continue }
            lists[parts[0], default: []].insert(String(parts[1]))
        }
        for (code, names) in lists.sorted(by: { $0.key < $1.key })
        where report.isRest(of: names, inventory: inventory) {
            // Cut off before it was complete, a list is nobody's word.
            if try await isApproved(.prune, target, subject: String(code)) { return true }
        }
        return false
    }
}

/// A person had an application rolled back, and it stays there until git asks for something else, or they let go.
package struct Hold: Sendable, Hashable {
    package var id: String
    package var target: TargetID
    /// What it went back to.
    package var to: PastRollout
    /// What git asked for then: as long as it does, the hold is in force.
    package var awayFromDigest: String
    package var awayFromRevision: String
    package var reason: String?
    package var actor: String
    package var since: Timestamp

    package init(
        id: String, target: TargetID, to: PastRollout, awayFromDigest: String, awayFromRevision: String,
        reason: String?, actor: String, since: Timestamp
    ) {
        self.id = id
        self.target = target
        self.to = to
        self.awayFromDigest = awayFromDigest
        self.awayFromRevision = awayFromRevision
        self.reason = reason
        self.actor = actor
        self.since = since
    }

    /// `ada rolled back: the new one is slow`.
    package var text: String { "\(actor) rolled back" + (reason.map { ": \($0)" } ?? "") }
}
