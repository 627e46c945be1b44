// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler

/// What waits at gates, over the ledger.
extension LedgerStore {
    func proposal(of target: TargetID) async throws -> Proposal? { try await ledger.proposal(of: target) }

    func recordProposal(_ proposal: Proposal) async throws { try await ledger.recordProposal(proposal) }

    func recordWord(_ word: Proposal.Word, on proposal: Proposal, by actor: String) async throws {
        try await ledger.recordWord(word, on: proposal, actor: actor)
    }

    func recordFreeze(_ freeze: Freeze) async throws { try await ledger.recordFreeze(freeze) }

    func endFreeze(_ freeze: Freeze, by actor: String, at time: Timestamp) async throws {
        try await ledger.endFreeze(freeze, actor: actor, at: time)
    }

    func freezes() async throws -> [Freeze] { try await ledger.freezes() }

    func hasBegun(_ rollout: String) async throws -> Bool { try await ledger.hasApplied(rollout) }

    func recordHealth(_ mark: HealthMark, of target: TargetID) async throws {
        try await ledger.recordHealth(mark, of: target)
    }

    func recordClockJump(_ jump: ClockJump) async throws { try await ledger.recordClockJump(jump) }

    func clockJumps() async throws -> [ClockJump] { try await ledger.clockJumps() }

    func healthMark(of target: TargetID) async throws -> HealthMark? { try await ledger.healthMark(of: target) }
}
