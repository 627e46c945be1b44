// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler

extension StorePort {
    func proposal(of target: TargetID) async throws -> Proposal? {
        try await read { state in state.proposals.last { $0.target == target } }
    }

    func recordProposal(_ proposal: Proposal) async throws { try await write(.proposal(proposal), at: proposal.since) }

    func recordWord(_ word: Proposal.Word, on proposal: Proposal, by actor: String) async throws {
        try await write(.word(word, proposal: proposal.id), at: word.at)
    }

    func recordFreeze(_ freeze: Freeze) async throws { try await write(.freeze(freeze), at: freeze.since) }

    func endFreeze(_ freeze: Freeze, by actor: String, at time: Timestamp) async throws {
        try await write(.thaw(freeze), at: time)
    }

    func freezes() async throws -> [Freeze] { try await read(\.freezes) }

    func hasBegun(_ rollout: String) async throws -> Bool {
        try await read { state in
            state.journal.contains { entry in
                guard case .phase(let phase, rollout, _) = entry else { return false }
                return phase == .applying || phase == .progressing || phase == .verifying || phase == .rollingBack
            }
        }
    }

    func recordHealth(_ mark: HealthMark, of target: TargetID) async throws {
        try await write(.health(mark, target: target), at: mark.at)
    }

    func healthMark(of target: TargetID) async throws -> HealthMark? { try await read { $0.healthMarks[target] } }

    func recordClockJump(_ jump: ClockJump) async throws { try await write(.clock(jump), at: jump.at) }

    func clockJumps() async throws -> [ClockJump] { try await read { $0.clockJumps } }
}
