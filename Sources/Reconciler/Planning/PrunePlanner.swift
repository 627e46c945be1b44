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

    func add(to plan: inout TargetPlan, _ item: PlanRequest.Item) {
        guard item.isOwner else { return }
        let rendered = Set(item.manifests.map(\.id))
        var why: String?
        if !item.prunes { why = "prune is manual" }
        // A file that lost its contents by mistake looks the same.
        if item.manifests.isEmpty { why = "the application renders nothing at all" }

        plan.entries += entries(
            of: item.target, rendered, hooks: Hook.identities(of: item.manifests), keptBecause: why)
    }

    /// Applications that left the pipeline: everything that they had goes.
    func removed() -> [TargetPlan] {
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
        return targets.subtracting(request.pipelineTargets).sorted().compactMap { target in
            let entries = entries(of: target, [], keptBecause: nil)
            return entries.isEmpty ? nil : TargetPlan(target: target, entries: entries, notes: ["left the pipeline"])
        }
    }

    /// - Parameter hooks: whose earlier runs are for their own policies.
    private func entries(
        of target: TargetID, _ rendered: Set<ObjectID>, hooks: Set<ObjectID> = [], keptBecause why: String?
    ) -> [PlanEntry] {
        var inventory = inventory(of: target).filter { entry in
            live[entry.id].flatMap(Hook.identity).map { !hooks.contains($0) } ?? true
        }
        let leaving = inventory.filter { !rendered.contains($0.id) && wanted[$0.id] == nil }
        // What another application asks for now is handed over, and counts for no limit.
        inventory.removeAll { !rendered.contains($0.id) && wanted[$0.id] != nil }
        guard !leaving.isEmpty else { return [] }
        let unread = leaving.filter { live.failures[$0.id] != nil }.map(\.id)
        let report = PruneRules.decide(
            target: target, inventory: inventory.filter { !unread.contains($0.id) }, rendered: rendered,
            live: live.objects)
        let unknown = unread.map { id in
            PlanEntry(
                id: id, action: .refused, reason: live.failures[id]?.message ?? "",
                code: live.failures[id]?.code.rawValue)
        }
        return unknown
            + report.entries.compactMap { entry in
                self.entry(entry, keptBecause: why, needsApproval: report.needsApproval, of: report.candidates.count)
            }
    }

    private func entry(
        _ entry: PruneReport.Entry, keptBecause why: String?, needsApproval: Bool, of count: Int
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
            } else if needsApproval {
                planned.reason =
                    "no longer rendered; waits for a person: \(count) objects are more than go by themselves"
            }
        }
        return planned
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
