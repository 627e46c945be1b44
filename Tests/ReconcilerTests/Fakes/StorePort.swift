// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport

/// A daemon's way to the store. A write is durable, or was not made; once the daemon's life is over none is.
struct StorePort: RolloutStore {
    let store: MemoryStore
    let life: Life

    func recordRevision(_ revision: Revision, at time: Timestamp) async throws {
        try await write(.revision(revision), at: time)
    }

    func beginRollout(_ rollout: RolloutStart) async throws { try await write(.began(rollout), at: rollout.startedAt) }

    func recordPhase(
        _ phase: RolloutPhase, of rollout: String, reason: String?, cause: Cause?, at time: Timestamp
    ) async throws {
        try await write(.phase(phase, rollout: rollout, cause: cause), at: time)
    }

    func recordIntents(_ intents: [Intent], of rollout: String, at time: Timestamp) async throws -> [String] {
        try await write(.intents(intents, rollout: rollout), at: time) { state in
            state.announcements.suffix(intents.count).map(\.id)
        }
    }

    func recordOutcomes(_ outcomes: [Outcome], at time: Timestamp) async throws {
        try await write(.outcomes(outcomes), at: time)
    }

    func recordVerdict(
        _ verdict: Verdict, of rollout: RolloutStart, quarantines: Bool, at time: Timestamp
    ) async throws {
        try await write(.verdict(verdict, rollout: rollout, quarantines: quarantines), at: time)
    }

    func recordInventory(
        _ entries: [InventoryRecord], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await write(.inventory(entries, target: target), at: time)
    }

    func recordCompletions(
        _ jobs: [Manifest], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await write(.completions(jobs, target: target), at: time)
    }

    func recordAudit(
        _ kind: String, target: TargetID?, by actor: String, text: String, at time: Timestamp
    ) async throws {
        try await write(.audit("\(kind) by \(actor): \(text)"), at: time)
    }

    func history(of target: TargetID) async throws -> TargetHistory {
        try await read { state in
            let rollouts = state.rollouts.filter { $0.start.target == target }
            return TargetHistory(
                latest: rollouts.last?.past, lastHealthy: rollouts.last { $0.verdict?.outcome == .healthy }?.past)
        }
    }

    func quarantine(of target: TargetID, digest: String) async throws -> Quarantine? {
        try await read { $0.quarantines[target]?[digest] }
    }

    func inventory(of target: TargetID) async throws -> [InventoryRecord] {
        try await read { $0.inventories[target, default: [:]].values.sorted { $0.object < $1.object } }
    }

    func completedJobs(of target: TargetID, among jobs: [Manifest]) async throws -> Set<ObjectID> {
        try await read { state in
            let done = state.completions.dropFirst(state.placements[target]?.completions ?? 0)
                .filter { $0.target == target }.map(\.manifest.object)
            return Set(jobs.filter { done.contains($0.object) }.map(\.id))
        }
    }

    func jobsCompleted(of target: TargetID, since: Timestamp) async throws -> [ObjectID] {
        try await read { state in
            Set(state.completions.filter { $0.target == target && $0.at >= since }.map(\.manifest.id)).sorted()
        }
    }

    func announced(in rollout: String) async throws -> Set<Intent> { try await read { $0.announced(in: rollout) } }

    func removalProgress(of target: TargetID) async throws -> RemovalProgress {
        try await read { $0.removalProgress(of: target) }
    }

    func targetsWithInventory() async throws -> [TargetID] {
        try await read { state in state.inventories.filter { !$0.value.isEmpty }.keys.sorted() }
    }

    func targetsBeingRemoved() async throws -> [TargetID] {
        try await read { state in
            let latest = Dictionary(state.rollouts.map { ($0.start.target, $0.past) }) { _, last in last }
            return latest.filter { $0.value.start.trigger == .removal && !$0.value.phase.isFinal }.keys.sorted()
        }
    }

    func recordStillDone(
        _ jobs: [Manifest], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await write(.stillDone(jobs, target: target), at: time)
    }

    // MARK: Pieces

    @discardableResult
    func write<Answer: Sendable>(
        _ entry: MemoryStore.Entry, at time: Timestamp,
        answering answer: (MemoryStore.State) -> Answer = { _ in () }
    ) async throws -> Answer {
        try await moment()
        let answer = try store.state.withLock { state in
            try state.take(entry, at: time)
            return answer(state)
        }
        life.spend()
        if life.isOver { throw CancellationError() }
        return answer
    }

    func read<Answer: Sendable>(_ body: @Sendable (MemoryStore.State) -> Answer) async throws -> Answer {
        try await moment()
        return try store.state.withLock { state in
            if state.isFailing { throw MemoryStore.Failure() }
            return body(state)
        }
    }

    func moment() async throws {
        try await store.time.clock.sleep(for: .milliseconds(1))
        if life.isOver { throw CancellationError() }
    }
}
