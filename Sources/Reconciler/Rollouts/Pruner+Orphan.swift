// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension Pruner {
    /// Lets go of everything the application had: it keeps running, without our label and without an owner of the
    /// fields that we applied, so that whoever applies it next, ourselves included, finds it as if made by hand.
    ///
    /// - Parameter butPrunable: what a prune would delete is left as it is.
    func orphanAll(butPrunable: Bool = false) async throws -> Result {
        var result = Result()
        let suspensions = try await context.store.suspensions()
        let own = try await context.ownMarks()
        for record in try await context.store.inventory(of: target) {
            if let claimant = context.board.claimant(of: record.object), claimant != target {
                result.notes.append("\(record.object) now belongs to \(claimant)")
                try await forget(record)
                continue
            }
            if let suspension = suspensions.first(covering: target, record.object) {
                result.notes.append("\(record.object) stays as it is: \(suspension.text)")
                continue
            }
            let live: Object?
            do throws(ClusterFailure) {
                live = try await context.cluster.get(record.object, version: record.version)
            } catch {
                result.miss(record.object, error)
                continue
            }
            if let live, let source = SourceMark.foreignSource(of: live, own: own) {
                result.notes.append("\(record.object) belongs to the daemon that follows \(source)")
                try await forget(record)
                continue
            }
            guard let live, let operations = OrphanPatch.operations(on: live, of: target) else {
                // Gone, or somebody else's by now.
                try await forget(record)
                continue
            }
            if butPrunable, PruneRules.isPrunable(live, of: target) {
                result.notes.append("\(record.object) stays: a removal deletes it")
                continue
            }
            try await orphan(record, operations, &result)
        }
        return result
    }

    private func orphan(
        _ record: InventoryRecord, _ operations: [Value], _ result: inout Result
    ) async throws {
        let intents = try await context.store.recordIntents(
            [Intent(object: record.object, action: .orphan)], of: rollout, at: context.now)
        var outcome = Outcome(intent: intents.first ?? "")
        do throws(ClusterFailure) {
            let object = try await context.cluster.patch(record.object, version: record.version, operations)
            outcome.uid = object.uid
            outcome.generation = object.generation
        } catch {
            outcome.failure = error.message
            result.miss(record.object, error)
        }
        try await context.store.recordOutcomes([outcome], at: context.now)
        guard outcome.failure == nil else { return }
        result.notes.append("let go of \(record.object)")
        try await forget(record)
    }
}
