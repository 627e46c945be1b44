// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler

/// What people said, over the ledger.
extension LedgerStore {
    /// As far back as a rollback is asked for.
    private static let pastRollouts = 500

    func recordHold(_ hold: Hold) async throws {
        try await ledger.recordHold(
            HoldRecord(
                id: hold.id, target: hold.target, rollout: hold.to.start.id, awayFromDigest: hold.awayFromDigest,
                awayFromRevision: hold.awayFromRevision, reason: hold.reason, actor: hold.actor, at: hold.since))
    }

    func hold(of target: TargetID) async throws -> Hold? {
        guard let record = try await ledger.hold(of: target),
            let rollout = try await ledger.rollout(record.rollout)
        else { return nil }
        return Hold(
            id: record.id, target: target, to: PastRollout(rollout.summary), awayFromDigest: record.awayFromDigest,
            awayFromRevision: record.awayFromRevision, reason: record.reason, actor: record.actor, since: record.at)
    }

    func endHold(_ hold: Hold, by actor: String, because reason: String, at time: Timestamp) async throws {
        try await ledger.endHold(hold.id, of: hold.target, actor: actor, reason: reason, at: time)
    }

    func release(_ target: TargetID, digest: String, by actor: String, at time: Timestamp) async throws -> Bool {
        try await ledger.releaseQuarantine(target, digest: digest, actor: actor, at: time)
    }

    func quarantines(of target: TargetID) async throws -> [Quarantine] {
        try await ledger.quarantines(active: true).filter { $0.target == target }.map(Quarantine.init)
    }

    func pastRollouts(of target: TargetID) async throws -> [PastRollout] {
        try await ledger.rollouts(
            application: target.application, environment: target.environment, limit: Self.pastRollouts
        ).map(PastRollout.init)
    }

    func recordSuspension(_ suspension: Suspension) async throws { try await ledger.recordSuspension(suspension) }

    func endSuspension(_ suspension: Suspension, by actor: String, at time: Timestamp) async throws {
        try await ledger.endSuspension(suspension.id, actor: actor, at: time)
    }

    func suspensions() async throws -> [Suspension] { try await ledger.suspensions() }

    func hasResumedObject(of target: TargetID) async throws -> Bool { try await ledger.hasResumedObject(of: target) }

    func recordApproval(_ approval: Approval) async throws {
        try await ledger.recordApproval(
            approval.kind.rawValue, approval.target, subject: approval.subject, reason: approval.reason,
            actor: approval.actor, at: approval.at)
    }

    func approval(_ kind: Approval.Kind, _ target: TargetID, subject: String) async throws -> Approval? {
        try await ledger.approval(kind.rawValue, target, subject: subject).map {
            Approval(kind: kind, target: target, subject: subject, reason: $0.reason, actor: $0.actor, at: $0.at)
        }
    }

    func approved(_ kind: Approval.Kind, _ target: TargetID) async throws -> [String] {
        try await ledger.approved(kind.rawValue, target)
    }

    func recordRemovalPolicy(_ policy: Application.Removal, of target: TargetID, at time: Timestamp) async throws {
        try await ledger.recordRemovalPolicy(policy, of: target, at: time)
    }

    func removalPolicy(of target: TargetID) async throws -> Application.Removal? {
        try await ledger.removalPolicy(of: target)
    }
}
