// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Takes away objects of an application that are no longer asked for: only what is ours, was recorded, and may go.
struct Pruner: Sendable {
    let context: ReconcilerContext
    let target: TargetID
    /// The rollout that it is done in; empty for a look at what would be done.
    let rollout: String
    /// Whose earlier runs are for their own policies, and stay.
    var hooks: Set<ObjectID> = []
    /// A person typed that all of it goes, however much it is.
    var isAgreed = false

    struct Result: Sendable {
        /// What a person should know.
        var notes: [String] = []
        /// More than may go without a person: nothing was deleted.
        var needsApproval = false
        /// Of a look: something would be deleted, or let go of.
        var hasWork = false
        /// What keeps objects from going; it is tried again until nothing does.
        var hindrance: Cause?
        /// Where that is a hook that a person may go on without.
        var stuckHook: StuckHook?

        mutating func miss(_ object: ObjectID, _ failure: ClusterFailure) {
            notes.append("\(object) is not pruned yet: \(failure.message)")
            hindrance = hindrance ?? Cause(object: object, reason: failure.code.rawValue, message: failure.message)
        }
    }

    /// What is there of the objects that are no longer asked for, and what is to become of each.
    struct Survey: Sendable {
        var report = PruneReport()
        var records: [ObjectID: InventoryRecord] = [:]
        var live: [ObjectID: Object] = [:]
    }

    static let unreadReason = "ApplicationUnread"

    func prune(allBut rendered: Set<ObjectID>) async throws -> Result {
        var result = Result()
        let recorded = try await context.store.inventoryWithoutBaselines(of: target)
        let inventory = try await handOver(recorded, allBut: rendered, &result)
        guard let survey = try await survey(inventory, allBut: rendered, &result) else { return result }
        result.needsApproval = survey.report.needsApproval
        if result.needsApproval {
            result.notes.append(
                "\(survey.report.candidates.count) objects are no longer in git, more than are pruned without a person: "
                    + "none was deleted; mainstay approve \(target.application) -e \(target.environment) --prune "
                    + "lists them")
        }
        for entry in survey.report.entries {
            guard let record = survey.records[entry.id] else { continue }
            switch entry.decision {
            case .gone: try await forget(record)
            case .keep(.terminating), .prune: break
            case .keep(let reason):
                result.notes.append("\(entry.id) is no longer asked for and stays: \(reason.words)")
                if reason.endsOwnership { try await forget(record) }
            }
        }
        try await delete(survey, &result)
        return result
    }

    /// What would be pruned now.
    func look(allBut rendered: Set<ObjectID>) async throws -> PruneReport {
        var result = Result()
        return try await lookAround(allBut: rendered, &result)?.report ?? PruneReport()
    }

    /// Whether a person is asked before a prune, or why that is not known yet.
    func outlook(allBut rendered: Set<ObjectID>) async throws -> Result {
        var result = Result()
        let survey = try await lookAround(allBut: rendered, &result)
        result.needsApproval = survey?.report.needsApproval ?? false
        return result
    }

    /// Whether a prune would find something to delete.
    enum OpenWork: Sendable {
        case nothing
        /// There is something, but what goes first is being deleted and does not go.
        case held
        /// Named by what would be deleted.
        case deletions(String)
    }

    func openWork(allBut rendered: Set<ObjectID>) async throws -> OpenWork {
        var result = Result()
        guard let survey = try await lookAround(allBut: rendered, &result) else { return .nothing }
        let pruned = Set(survey.report.pruned.map(\.id))
        guard !pruned.isEmpty, let first = waves(of: survey).first else { return .nothing }
        return first.contains(where: pruned.contains) ? .deletions(survey.report.code) : .held
    }

    func lookAround(allBut rendered: Set<ObjectID>, _ result: inout Result) async throws -> Survey? {
        let inventory = try await context.store.inventoryWithoutBaselines(of: target).filter { record in
            rendered.contains(record.object) || context.board.claimant(of: record.object).map { $0 == target } ?? true
        }
        return try await survey(inventory, allBut: rendered, &result)
    }

    /// Nil where there is nothing to decide about, or not everything is known that it takes.
    private func survey(
        _ inventory: [InventoryRecord], allBut rendered: Set<ObjectID>, _ result: inout Result
    ) async throws -> Survey? {
        let suspensions = try await context.store.suspensions()
        var survey = Survey()
        var rendered = rendered
        for record in inventory where !rendered.contains(record.object) {
            if let suspension = suspensions.first(where: { $0.covers(target, record.object) && !$0.destroys }) {
                // It stays, and so is as good as asked for: of all there is, how much goes is no more for it.
                rendered.insert(record.object)
                result.notes.append("\(record.object) stays: \(suspension.text)")
            } else {
                survey.records[record.object] = record
            }
        }
        guard !survey.records.isEmpty else { return nil }
        if let broken = context.board.broken.first(where: { $0 != target }) {
            // It may ask for one of these objects now: nobody knows before it can be read.
            let message = "nothing is pruned while \(broken) cannot be read, since it may ask for it now"
            result.notes.append(message)
            result.hindrance = Cause(reason: Self.unreadReason, message: message)
            return nil
        }
        for record in survey.records.values.sorted(by: { $0.object < $1.object }) {
            do throws(ClusterFailure) {
                survey.live[record.object] = try await context.cluster.get(record.object, version: record.version)
            } catch {
                // Without certainty nothing is deleted; the object stays in the inventory.
                result.miss(record.object, error)
                return nil
            }
        }
        // Another daemon has taken it over: there it is asked for.
        let own = try await context.ownMarks()
        for (id, object) in survey.live.sorted(by: { $0.key < $1.key }) {
            guard let source = SourceMark.foreignSource(of: object, own: own) else { continue }
            result.notes.append("\(id) is no longer in git and stays: it belongs to the daemon that follows \(source)")
            survey.live[id] = nil
            survey.records[id] = nil
        }
        for (id, object) in survey.live where Hook.identity(of: object).map(hooks.contains) ?? false {
            survey.live[id] = nil
            survey.records[id] = nil
        }
        let known = inventory.filter { rendered.contains($0.object) || survey.records[$0.object] != nil }
        let entries = known.map { record in
            // An apply that was cut off left no uid: the owner label and the apply entry say whose it is.
            let uid = record.uid.isEmpty ? survey.live[record.object]?.uid ?? "" : record.uid
            return InventoryEntry(id: record.object, uid: uid)
        }
        survey.report = PruneRules.decide(target: target, inventory: entries, rendered: rendered, live: survey.live)
        if isAgreed { survey.report.needsApproval = false }
        if survey.report.needsApproval {
            let isApproved = try await context.store.isApproved(survey.report, of: target, inventory: entries)
            survey.report.needsApproval = !isApproved
        }
        return survey
    }

    /// What another application asks for now is handed over, not deleted, and counts for no limit. Answers the rest.
    func handOver(
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

    // MARK: Deleting

    /// Wave by wave, each once the one before is gone: what depends on others first.
    private func delete(_ survey: Survey, _ result: inout Result) async throws {
        let entries = Dictionary(survey.report.entries.map { ($0.id, $0) }) { first, _ in first }
        for wave in waves(of: survey) {
            for id in wave {
                guard let entry = entries[id], let record = survey.records[id], entry.decision == .prune else {
                    continue
                }
                try await delete(record, uid: entry.uid, &result)
            }
            for id in wave {
                guard let entry = entries[id], let record = survey.records[id] else { continue }
                try await confirm(record, uid: entry.uid, &result)
            }
            if result.hindrance != nil { return }
        }
    }

    private func waves(of survey: Survey) -> [[ObjectID]] {
        let going = survey.report.entries.filter { entry in
            entry.decision == .keep(.terminating) || entry.decision == .prune && !survey.report.needsApproval
        }
        return DeletionOrder.waves(going.compactMap { survey.live[$0.id] }, of: target)
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
        context.surroundings.logger.notice(
            "pruned",
            metadata: [
                "application": "\(target.application)", "environment": "\(target.environment)",
                "object": "\(record.object)", "rollout": "\(rollout)",
            ])
    }

    /// Only what is gone leaves the inventory: a finalizer may hold it for long.
    private func confirm(_ record: InventoryRecord, uid: String, _ result: inout Result) async throws {
        do throws(ClusterFailure) {
            if let rest = try await context.cluster.get(record.object, version: record.version), rest.uid == uid {
                // One that could not be asked to go has said why.
                guard rest.metadata["deletionTimestamp"] != nil else { return }
                let cause = DeletionBlock.cause(of: rest)
                result.notes.append("\(record.object) \(cause.message)")
                result.hindrance = result.hindrance ?? cause
                return
            }
        } catch {
            return result.miss(record.object, error)
        }
        result.notes.append("pruned \(record.object)")
        try await forget(record)
    }

    func forget(_ record: InventoryRecord) async throws {
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
