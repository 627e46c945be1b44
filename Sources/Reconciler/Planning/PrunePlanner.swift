// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Plans what is no longer rendered.
struct PrunePlanner: Sendable {
    let request: PlanRequest
    let live: LiveObjects
    let redaction: PlanRedaction
    /// Who asks for an object now.
    let wanted: [ObjectID: TargetID]
    /// By the owner label of what is live; empty where the inventory was recorded.
    private let labelled: [TargetID: [InventoryEntry]]

    init(request: PlanRequest, live: LiveObjects, redaction: PlanRedaction, wanted: [ObjectID: TargetID]) {
        self.request = request
        self.live = live
        self.redaction = redaction
        self.wanted = wanted
        var labelled: [TargetID: [InventoryEntry]] = [:]
        if case .labels = request.inventory {
            let sources = Self.sources(request, live)
            for (id, object) in live.objects {
                // Another repository's applications carry such labels too.
                guard let target = Ownership.claimedTarget(of: object),
                    object.annotations[SourceMark.key]?.string.map(sources.contains) ?? true
                else { continue }
                labelled[target, default: []].append(InventoryEntry(id: id, uid: object.uid))
            }
        }
        self.labelled = labelled.mapValues { $0.sorted { $0.id < $1.id } }
    }

    /// The repositories that the planned applications' objects name.
    private static func sources(_ request: PlanRequest, _ live: LiveObjects) -> Set<String> {
        var sources: Set<String> = []
        for item in request.items {
            for manifest in item.manifests {
                guard let object = live[manifest.id], Ownership.claimedTarget(of: object) == item.target,
                    let source = object.annotations[SourceMark.key]?.string
                else { continue }
                sources.insert(source)
            }
        }
        return sources
    }

    func add(to plan: inout TargetPlan, _ item: PlanRequest.Item) async {
        guard item.isOwner else { return }
        let rendered = Set(item.manifests.map(\.id))
        var why: String?
        if !item.prunes { why = "prune is manual" }
        // A file that lost its contents by mistake looks the same.
        if item.manifests.allSatisfy({ Hook(of: $0.object)?.phase == .onFailure }) {
            why = "the application renders nothing at all"
        }
        let leaving = await leaving(
            of: item.target, rendered, hooks: Hook.identities(of: item.manifests), keptBecause: why)
        plan.entries += leaving.entries
        plan.notes += leaving.notes
    }

    /// Applications that left the pipeline: everything that they had goes, or is let go of.
    func removed() async -> [TargetPlan] {
        guard request.includesRemoved else { return [] }
        var targets: Set<TargetID> = []
        switch request.inventory {
        case .recorded(let inventory): targets = Set(inventory.keys)
        case .labels:
            // Another pipeline's applications carry such labels too: only environments that this one has are its own.
            let environments = Set(request.pipelineTargets.map(\.environment))
            targets = Set(labelled.keys.filter { environments.contains($0.environment) })
        case .none: return []
        }
        var plans: [TargetPlan] = []
        for target in targets.subtracting(request.pipelineTargets).sorted() {
            let isOrphaned = request.removals[target] == .orphan
            let leaving =
                isOrphaned ? Leaving(entries: orphans(of: target)) : await leaving(of: target, [], keptBecause: nil)
            guard !leaving.entries.isEmpty else { continue }
            var plan = TargetPlan(
                target: target, entries: leaving.entries, notes: ["left the pipeline"] + leaving.notes)
            if case .labels = request.inventory {
                plan.notes.append("whether it is let go of (onRemoval: orphan) only the daemon knows")
            }
            if let suspension = request.suspensions.first(covering: target) {
                plan.hold(because: HeldBack.cause(of: suspension))
            }
            plans.append(plan)
        }
        return plans
    }

    // MARK: What is no longer asked for

    private struct Leaving {
        var entries: [PlanEntry] = []
        var notes: [String] = []
    }

    /// - Parameter hooks: whose earlier runs are for their own policies.
    private func leaving(
        of target: TargetID, _ rendered: Set<ObjectID>, hooks: Set<ObjectID> = [], keptBecause why: String?
    ) async -> Leaving {
        var inventory = inventory(of: target)
        if !hooks.isEmpty {
            inventory.removeAll { live[$0.id].flatMap(Hook.identity).map(hooks.contains) ?? false }
        }
        // What another application asks for now is handed over, and counts for no limit.
        inventory.removeAll { !rendered.contains($0.id) && wanted[$0.id] != nil }
        var asked = rendered
        var entries: [PlanEntry] = []
        for entry in inventory where !rendered.contains(entry.id) {
            guard let kept = kept(entry.id, of: target) else { continue }
            entries.append(kept)
            // It stays, and so is as good as asked for: of all there is, how much goes is no more for it.
            asked.insert(entry.id)
        }
        guard inventory.contains(where: { !asked.contains($0.id) }) else { return Leaving(entries: entries) }
        let report = PruneRules.decide(target: target, inventory: inventory, rendered: asked, live: live.objects)
        var needsApproval = report.needsApproval
        if needsApproval, await request.isApproved(target, report, inventory) { needsApproval = false }
        let reason = why ?? hindrance(of: target)
        for entry in report.entries {
            if let planned = self.entry(entry, keptBecause: reason, awaitsApproval: needsApproval) {
                entries.append(planned)
            }
        }
        var leaving = Leaving(entries: entries.sorted { $0.id < $1.id })
        if reason == nil, needsApproval {
            leaving.notes.append(
                "\(report.candidates.count) objects are more than are pruned without a person, who says so once this is "
                    + "rolled out: `mainstay approve \(target.application) -e \(target.environment) --prune`")
        }
        return leaving
    }

    /// What is left alone before it is looked at what may go.
    private func kept(_ id: ObjectID, of target: TargetID) -> PlanEntry? {
        if let failure = live.failures[id] {
            return PlanEntry(id: id, action: .refused, reason: failure.message, code: failure.code.rawValue)
        }
        guard let object = live[id] else { return nil }
        let why: String
        if let suspension = request.suspensions.first(covering: target, id) {
            why = suspension.text
        } else if let source = SourceMark.foreignSource(of: object, own: request.ownSources) {
            why = "it belongs to the daemon that follows \(source)"
        } else {
            return nil
        }
        return PlanEntry(id: id, action: .leftAlone, reason: "no longer rendered, and stays: \(why)")
    }

    /// What keeps anything from being pruned.
    private func hindrance(of target: TargetID) -> String? {
        let unread = request.items.filter { $0.problem != nil }.map(\.target) + request.unread
        return unread.sorted().first { $0 != target }
            .map { "nothing is pruned while \($0) cannot be read, since it may ask for it now" }
    }

    private func entry(
        _ entry: PruneReport.Entry, keptBecause why: String?, awaitsApproval: Bool
    ) -> PlanEntry? {
        var planned = PlanEntry(id: entry.id, action: .prune, reason: "no longer rendered")
        planned.before = live[entry.id].map(redaction.shown)
        switch entry.decision {
        case .gone: return nil
        case .keep(let reason):
            guard !reason.endsOwnership else { return nil }
            planned.action = .leftAlone
            planned.reason = "no longer rendered, and stays: \(reason.words)"
        case .prune:
            if let why {
                planned.action = .leftAlone
                planned.reason = "no longer rendered, and stays: \(why)"
            } else if awaitsApproval {
                planned.action = .leftAlone
                planned.reason = "no longer rendered, and waits for a person"
            }
        }
        return planned
    }

    /// What is let go of, as `Pruner.orphanAll` does it.
    private func orphans(of target: TargetID) -> [PlanEntry] {
        inventory(of: target).compactMap { entry in
            guard wanted[entry.id] == nil else { return nil }
            if let kept = kept(entry.id, of: target) { return kept }
            guard let object = live[entry.id], Ownership.owns(target, object) else { return nil }
            var planned = PlanEntry(
                id: entry.id, action: .orphan, reason: "its application left the pipeline, which says onRemoval: orphan"
            )
            var left = object
            left.set(nil, at: "metadata", "labels", OwnerLabel.key)
            left.set(nil, at: "metadata", "annotations", SourceMark.key)
            planned.show(from: redaction.shown(object), to: redaction.shown(left))
            return planned
        }
    }

    private func inventory(of target: TargetID) -> [InventoryEntry] {
        switch request.inventory {
        case .none: []
        case .labels: labelled[target] ?? []
        case .recorded(let inventory):
            (inventory[target] ?? []).map { record in
                InventoryEntry(
                    id: record.object, uid: record.uid.isEmpty ? live[record.object]?.uid ?? "" : record.uid)
            }
        }
    }
}

extension KeepReason {
    /// What keeps it, in words.
    package var words: String {
        switch self {
        case .notLabelled: "it carries no owner label"
        case .ownedByOther(let owner): "it belongs to \(owner)"
        case .copiedLabel: "its owner label is a copy of another object's"
        case .fieldsNotOurs: "none of its fields is ours any more"
        case .controlled(let controller): "\(controller) controls it"
        case .uidChanged: "somebody deleted it and made it anew"
        case .protectedKind: "its kind takes data or other objects along; mark it mainstay.dev/prune: allowed"
        case .marked(let mark): mark
        case .terminating: "it is being deleted already"
        }
    }
}
