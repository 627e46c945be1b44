// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler

extension StorePort {
    func recordHold(_ hold: Hold) async throws { try await write(.hold(hold), at: hold.since) }

    func hold(of target: TargetID) async throws -> Hold? {
        try await read { state in state.holds.last { $0.target == target } }
    }

    func endHold(_ hold: Hold, by actor: String, because reason: String, at time: Timestamp) async throws {
        try await write(.holdEnd(hold, actor: actor, reason: reason), at: time)
    }

    func release(_ target: TargetID, digest: String, by actor: String, at time: Timestamp) async throws -> Bool {
        guard try await quarantine(of: target, digest: digest) != nil else { return false }
        try await write(.release(target, digest: digest, actor: actor), at: time)
        return true
    }

    func quarantines(of target: TargetID) async throws -> [Quarantine] {
        try await read { $0.quarantines[target, default: [:]].values.sorted { $0.since > $1.since } }
    }

    func pastRollouts(of target: TargetID) async throws -> [PastRollout] {
        try await read { state in state.rollouts.filter { $0.start.target == target }.reversed().map(\.past) }
    }

    func recordSuspension(_ suspension: Suspension) async throws {
        try await write(.suspension(suspension), at: suspension.since)
    }

    func endSuspension(_ suspension: Suspension, by actor: String, at time: Timestamp) async throws {
        try await write(.suspensionEnd(suspension, actor: actor), at: time)
    }

    func suspensions() async throws -> [Suspension] { try await read(\.suspensions) }

    func hasResumedObject(of target: TargetID) async throws -> Bool {
        try await read { state in
            let latest = state.rollouts.lastIndex { $0.start.target == target }.map { $0 + 1 } ?? 0
            return state.resumptions.contains { $0.scope.covers(target) && $0.rollouts >= latest }
        }
    }

    func recordApproval(_ approval: Approval) async throws { try await write(.approval(approval), at: approval.at) }

    func approval(_ kind: Approval.Kind, _ target: TargetID, subject: String) async throws -> Approval? {
        try await read { state in
            state.approvals.last { $0.kind == kind && $0.target == target && $0.subject == subject }
        }
    }

    func approved(_ kind: Approval.Kind, _ target: TargetID) async throws -> [String] {
        try await read { $0.approvals.filter { $0.kind == kind && $0.target == target }.map(\.subject) }
    }

    func recordRemovalPolicy(_ policy: Application.Removal, of target: TargetID, at time: Timestamp) async throws {
        guard try await removalPolicy(of: target) != policy else { return }
        try await write(.removalPolicy(policy, target: target), at: time)
    }

    func removalPolicy(of target: TargetID) async throws -> Application.Removal? {
        try await read { $0.removalPolicies[target] }
    }
}
