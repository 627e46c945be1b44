// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// An object that the ledger says is ours.
package struct InventoryEntry: Sendable, Hashable {
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
        package var uid: String
        package var decision: PruneDecision
    }

    /// Every object of the inventory that is not rendered, sorted.
    package var entries: [Entry]
    /// More than may go without a person: nothing is pruned until it is approved.
    package var needsApproval: Bool

    /// What to delete now: nothing while approval is due.
    package var pruned: [InventoryEntry] { [] }
}

package enum PruneRules {
    /// The mark that allows pruning a protected kind (`allowed`), and that keeps any object (`disabled`).
    package static let mark = "mainstay.dev/prune"

    /// - Parameters:
    ///   - inventory: all that the ledger holds of the application.
    ///   - rendered: from a complete, successful render.
    ///   - live: the objects found by GET; one that is not in it is not there.
    ///   - approved: a person agreed to a prune above the limit.
    package static func decide(
        target: TargetID, inventory: [InventoryEntry], rendered: Set<ObjectID>, live: [ObjectID: Object],
        approved: Bool = false
    ) -> PruneReport {
        PruneReport(entries: [], needsApproval: false)
    }
}
