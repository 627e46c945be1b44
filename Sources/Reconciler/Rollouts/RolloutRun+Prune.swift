// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

extension RolloutRun {
    /// Deletes what the application had and no longer renders. Waits while the cluster does not answer.
    func prune() async throws {
        guard desired.application.prune == .automatic else { return try await noteUnpruned("prune is manual") }
        // A file that lost its contents by mistake looks the same: whoever means it takes the application out.
        guard !ids.isEmpty else { return try await noteUnpruned("the application renders nothing at all") }
        let pruner = Pruner(context: context, target: start.target, rollout: start.id)
        var backoff = Backoff()
        while true {
            let result = try await pruner.prune(allBut: Set(ids))
            guard let hindrance = result.hindrance else {
                notes += result.notes
                return
            }
            try await enter(.judged(.blocked(hindrance)), cause: hindrance)
            try await wait([], until: context.now + backoff.next(random: context.surroundings.random()))
        }
    }

    private func noteUnpruned(_ why: String) async throws {
        let rendered = Set(ids)
        for record in try await context.store.inventory(of: start.target) where !rendered.contains(record.object) {
            notes.append("\(record.object) is no longer in git and stays: \(why)")
        }
    }
}

/// Deletes objects of an application that are no longer asked for: only what is ours, was recorded, and may go.
struct Pruner: Sendable {
    let context: ReconcilerContext
    let target: TargetID
    let rollout: String

    struct Result: Sendable {
        /// What a person should know.
        var notes: [String] = []
        /// More than may go without a person: nothing was deleted.
        var needsApproval = false
        var isComplete = true
        /// What keeps objects from going; it is tried again until nothing does.
        var hindrance: Cause?

        mutating func miss(_ object: ObjectID, _ failure: ClusterFailure) {
            isComplete = false
            notes.append("\(object) is not pruned yet: \(failure.message)")
            hindrance = hindrance ?? Cause(object: object, reason: failure.code.rawValue, message: failure.message)
        }
    }

    func prune(allBut rendered: Set<ObjectID>) async throws -> Result {
        var result = Result()
        let recorded = try await context.store.inventory(of: target)
        let inventory = try await handOver(recorded, allBut: rendered, &result)
        let candidates = inventory.filter { !rendered.contains($0.object) }
        guard !candidates.isEmpty else { return result }
        var live: [ObjectID: Object] = [:]
        for record in candidates {
            do throws(ClusterFailure) {
                live[record.object] = try await context.cluster.get(record.object, version: record.version)
            } catch {
                // Without certainty nothing is deleted; the object stays in the inventory.
                result.miss(record.object, error)
                return result
            }
        }
        let report = PruneRules.decide(
            target: target,
            inventory: inventory.map { record in
                // An apply that was cut off left no uid: the owner label and the apply entry say whose it is.
                InventoryEntry(id: record.object, uid: record.uid.isEmpty ? live[record.object]?.uid ?? "" : record.uid)
            }, rendered: rendered, live: live)
        result.needsApproval = report.needsApproval
        if report.needsApproval {
            let count = report.entries.count { $0.decision == .prune }
            result.notes.append(
                "\(count) objects are no longer in git, more than are pruned without a person: none was deleted")
        }
        for entry in report.entries {
            guard let record = candidates.first(where: { $0.object == entry.id }) else { continue }
            try await carryOut(entry, record, mayDelete: !report.needsApproval, &result)
        }
        return result
    }

    /// What another application asks for now is handed over, not deleted, and counts for no limit. Answers the rest.
    private func handOver(
        _ inventory: [InventoryRecord], allBut rendered: Set<ObjectID>, _ result: inout Result
    ) async throws -> [InventoryRecord] {
        var kept: [InventoryRecord] = []
        for record in inventory {
            guard !rendered.contains(record.object), let claimant = context.board.claimant(of: record.object),
                claimant != target
            else {
                kept.append(record)
                continue
            }
            result.notes.append("\(record.object) now belongs to \(claimant)")
            try await forget(record)
        }
        return kept
    }

    private func carryOut(
        _ entry: PruneReport.Entry, _ record: InventoryRecord, mayDelete: Bool, _ result: inout Result
    ) async throws {
        switch entry.decision {
        case .prune:
            if mayDelete { try await delete(record, uid: entry.uid, &result) }
        case .gone: try await forget(record)
        case .keep(let reason):
            result.notes.append("\(entry.id) is no longer in git and stays: \(reason)")
            if reason.endsOwnership { try await forget(record) }
        }
    }

    private func delete(_ record: InventoryRecord, uid: String, _ result: inout Result) async throws {
        let intents = try await context.store.recordIntents(
            [Intent(object: record.object, action: .prune)], of: rollout, at: context.now)
        var outcome = Outcome(intent: intents.first ?? "", uid: uid)
        do throws(ClusterFailure) {
            _ = try await context.cluster.delete(record.object, version: record.version, uid: uid)
        } catch {
            outcome.failure = error.message
            result.miss(record.object, error)
        }
        try await context.store.recordOutcomes([outcome], at: context.now)
        guard outcome.failure == nil else { return }
        result.notes.append("pruned \(record.object)")
        context.surroundings.logger.notice(
            "pruned",
            metadata: [
                "application": "\(target.application)", "environment": "\(target.environment)",
                "object": "\(record.object)", "rollout": "\(rollout)",
            ])
        try await forget(record)
    }

    private func forget(_ record: InventoryRecord) async throws {
        var removed = record
        removed.isRemoved = true
        try await context.store.recordInventory([removed], of: target, rollout: rollout, at: context.now)
        context.drift.forget(record.object, of: target)
    }
}

extension KeepReason {
    /// The object is somebody else's by now: the inventory lets go of it.
    var endsOwnership: Bool {
        switch self {
        case .notLabelled, .ownedByOther, .copiedLabel, .uidChanged, .controlled, .fieldsNotOurs: true
        case .protectedKind, .marked, .terminating: false
        }
    }
}
