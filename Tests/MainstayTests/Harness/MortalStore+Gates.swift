// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler

/// What waits at gates, through a lifeline.
extension MortalStore {
    func proposal(of target: TargetID) async throws -> Proposal? {
        try await read { try await base.proposal(of: target) }
    }

    func recordProposal(_ proposal: Proposal) async throws {
        try await written("proposal \(proposal.target)") { try await base.recordProposal(proposal) }
    }

    func recordWord(_ word: Proposal.Word, on proposal: Proposal, by actor: String) async throws {
        try await written("\(word.kind.rawValue) \(proposal.target)") {
            try await base.recordWord(word, on: proposal, by: actor)
        }
    }

    func recordFreeze(_ freeze: Freeze) async throws { try await written { try await base.recordFreeze(freeze) } }

    func endFreeze(_ freeze: Freeze, by actor: String, at time: Timestamp) async throws {
        try await written { try await base.endFreeze(freeze, by: actor, at: time) }
    }

    func freezes() async throws -> [Freeze] { try await read { try await base.freezes() } }

    func hasBegun(_ rollout: String) async throws -> Bool { try await read { try await base.hasBegun(rollout) } }

    func recordHealth(_ mark: HealthMark, of target: TargetID) async throws {
        try await written("health \(target)") { try await base.recordHealth(mark, of: target) }
    }

    func recordClockJump(_ jump: ClockJump) async throws {
        try await written { try await base.recordClockJump(jump) }
    }

    func clockJumps() async throws -> [ClockJump] { try await read { try await base.clockJumps() } }

    func healthMark(of target: TargetID) async throws -> HealthMark? {
        try await read { try await base.healthMark(of: target) }
    }
}
