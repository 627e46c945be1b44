// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// What waits at gates, and what bears on it, as recorded. Each write is durable when it returns.
package protocol GateStore: Sendable {
    /// The target's latest, with what was said of it.
    func proposal(of target: TargetID) async throws -> Proposal?
    /// A digest waits from now on, with the words that it has by then, all or nothing. What waited there before waits no
    /// longer.
    func recordProposal(_ proposal: Proposal) async throws
    /// - Parameter actor: as the system vouches for them.
    func recordWord(_ word: Proposal.Word, on proposal: Proposal, by actor: String) async throws

    /// Takes the place of an earlier one of the same scope. The id of what is recorded is the store's.
    func recordFreeze(_ freeze: Freeze) async throws
    func endFreeze(_ freeze: Freeze, by actor: String, at: Timestamp) async throws
    /// Those that nobody ended, oldest first; some may be over by their own time.
    func freezes() async throws -> [Freeze]

    /// Whether a rollout has come as far as applying what it is for.
    func hasBegun(_ rollout: String) async throws -> Bool

    /// That an application at rest is no longer well, or is again. The same again changes nothing.
    func recordHealth(_ mark: HealthMark, of target: TargetID) async throws
    func healthMark(of target: TargetID) async throws -> HealthMark?

    func recordClockJump(_ jump: ClockJump) async throws
    /// The latest hundred, oldest first.
    func clockJumps() async throws -> [ClockJump]
}
