// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// An object that the ledger says is ours.
package struct InventoryEntry: Sendable, Hashable {
    /// Names this very object, and none that is made anew under its name.
    package var name: String { "\(id.key) \(uid)" }
    package var id: ObjectID
    /// The uid that it had when we applied it.
    package var uid: String

    package init(id: ObjectID, uid: String) {
        self.id = id
        self.uid = uid
    }
}

/// What becomes of an object that is no longer rendered.
package enum PruneDecision: Sendable, Hashable {
    case prune
    /// It is not there any more: only the inventory's entry goes.
    case gone
    case keep(KeepReason)
}

/// Which filter kept an object.
package enum KeepReason: Sendable, Hashable {
    /// The owner label is missing or not ours.
    case notLabelled
    /// The owner label names another application or environment.
    case ownedByOther(String)
    /// The owner label is a copy of another object's.
    case copiedLabel
    /// Our field manager's entry is gone.
    case fieldsNotOurs
    /// A controller made it.
    case controlled(by: String)
    /// It was deleted and made anew by someone else.
    case uidChanged
    /// A Namespace, CRD, PersistentVolume or PersistentVolumeClaim without a mark that allows it.
    case protectedKind
    /// A mark on the object says to keep it.
    case marked(String)
    /// It is being deleted already.
    case terminating
}

/// What a prune would do, and whether it may.
package struct PruneReport: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package var id: ObjectID
        /// The uid to send with the deletion, so that no newer object of the name goes.
        package var uid: String
        package var decision: PruneDecision

        package init(id: ObjectID, uid: String, decision: PruneDecision) {
            self.id = id
            self.uid = uid
            self.decision = decision
        }
    }

    /// Every object of the inventory that is not rendered, sorted.
    package var entries: [Entry]
    /// More than may go without a person: nothing is pruned until it is approved.
    package var needsApproval: Bool

    package init(entries: [Entry] = [], needsApproval: Bool = false) {
        self.entries = entries
        self.needsApproval = needsApproval
    }

    /// What to delete now: nothing while approval is due.
    package var pruned: [InventoryEntry] {
        needsApproval ? [] : candidates.map { InventoryEntry(id: $0.id, uid: $0.uid) }
    }

    /// Names exactly what would be deleted.
    package var code: String { ListCode.of(candidateNames) }

    /// Of each candidate, what names it (`InventoryEntry.name`).
    package var candidateNames: [String] { candidates.map { InventoryEntry(id: $0.id, uid: $0.uid).name } }

    /// Whether it is what is left of a list that a person approved, the others of which are gone or going. Where one of
    /// them stays after all, it is not what was agreed to.
    ///
    /// - Parameter inventory: what the report was decided from.
    package func isRest(of approved: Set<String>, inventory: [InventoryEntry]) -> Bool {
        let names = Set(candidateNames)
        guard names.isSubset(of: approved) else { return false }
        let going = Set(entries.filter { $0.decision == .gone || $0.decision == .keep(.terminating) }.map(\.id))
        return inventory.allSatisfy { entry in
            names.contains(entry.name) || !approved.contains(entry.name) || going.contains(entry.id)
        }
    }

    /// What would be deleted if it were approved.
    package var candidates: [Entry] { entries.filter { $0.decision == .prune } }
}

/// What may be pruned: only what is surely ours, and nothing that holds others or data without a mark.
package enum PruneRules {
    package static let fieldManager = "mainstay"

    /// - Parameters:
    ///   - inventory: all that the ledger holds of the application.
    ///   - rendered: from a complete, successful render.
    ///   - live: the objects found by GET; one that is not in it is not there.
    ///   - approved: a person agreed to a prune above the limit.
    package static func decide(
        target: TargetID, inventory: [InventoryEntry], rendered: Set<ObjectID>, live: [ObjectID: Object],
        approved: Bool = false
    ) -> PruneReport {
        let entries = inventory.filter { !rendered.contains($0.id) }.sorted { $0.id < $1.id }.map { entry in
            PruneReport.Entry(
                id: entry.id, uid: entry.uid,
                decision: live[entry.id].map { decision(on: $0, entry: entry, target: target) } ?? .gone)
        }
        let count = entries.count { $0.decision == .prune }
        let isAboveLimit = count > 50 || (count > 5 && count * 2 > inventory.count)
        return PruneReport(entries: entries, needsApproval: isAboveLimit && !approved)
    }

    /// Whether an object that is live would be deleted if nobody asked for it any more.
    package static func isPrunable(_ object: Object, of target: TargetID) -> Bool {
        let entry = InventoryEntry(id: object.objectID, uid: object.uid)
        return decision(on: object, entry: entry, target: target) == .prune
    }

    private static func decision(on object: Object, entry: InventoryEntry, target: TargetID) -> PruneDecision {
        if let reason = Ownership.refusal(of: object, id: entry.id, target: target) { return .keep(reason) }
        if entry.uid.isEmpty || object.uid != entry.uid { return .keep(.uidChanged) }
        if object.metadata["deletionTimestamp"]?.string != nil { return .keep(.terminating) }
        let marks = ObjectMarks(object)
        if let mark = marks.keepMark { return .keep(.marked(mark)) }
        if isProtected(entry.id.groupKind), !marks.allowsPrune { return .keep(.protectedKind) }
        return .prune
    }

    /// Kinds whose deletion takes other objects, or data, along.
    package static func isProtected(_ kind: GroupKind) -> Bool {
        switch (kind.group, kind.kind) {
        case ("", "Namespace"), ("", "PersistentVolume"), ("", "PersistentVolumeClaim"),
            ("apiextensions.k8s.io", "CustomResourceDefinition"):
            true
        default: false
        }
    }
}
