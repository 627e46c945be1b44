// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// What is to be planned: rendered applications, and what is known of what they had before.
package struct PlanRequest: Sendable {
    /// An application in an environment, as rendered.
    package struct Item: Sendable {
        package var target: TargetID
        package var revision: String?
        /// With namespaces; with the owner label where the application is one of a pipeline.
        package var manifests: [Manifest]
        /// False for a folder by itself, which no pipeline names: it owns nothing.
        package var isOwner: Bool
        /// `prune: manual` leaves what is no longer rendered where it is.
        package var prunes: Bool
        package var conflicts: ConflictPolicy
        package var drift: DriftRules
        /// Why it could not be rendered.
        package var problem: Cause?
        /// Why nothing of it would be done.
        package var held: Cause?
        /// Jobs that ran to completion with these very manifests.
        package var completed: Set<ObjectID> = []
        /// What others changed since it was applied.
        package var drifted: [ObjectID: [DriftDifference]] = [:]
        package var notes: [String]

        package init(
            target: TargetID, revision: String? = nil, manifests: [Manifest], isOwner: Bool = true,
            prunes: Bool = true, conflicts: ConflictPolicy = ConflictPolicy(),
            drift: DriftRules = DriftRules(), problem: Cause? = nil,
            notes: [String] = []
        ) {
            self.target = target
            self.revision = revision
            self.manifests = manifests
            self.isOwner = isOwner
            self.prunes = prunes
            self.conflicts = conflicts
            self.drift = drift
            self.problem = problem
            self.notes = notes
        }
    }

    /// Where it is known from what an application had before.
    package enum Inventory: Sendable {
        case recorded([TargetID: [InventoryRecord]])
        /// From the owner label of what is in the cluster: nobody else is there to ask.
        case labels
        /// Nothing is pruned.
        case none
    }

    package var subject: String
    package var items: [Item]
    package var declared: [TargetID: [TargetID]]
    package var allow: AllowRules
    package var inventory: Inventory
    /// Every application of the pipeline in each of its environments, planned or not.
    package var pipelineTargets: Set<TargetID>
    /// Applications that left the pipeline are planned too: all that they had goes.
    package var includesRemoved: Bool
    /// What applications of the pipeline that are not planned ask for: it is handed over to them, and not pruned.
    package var elsewhere: [ObjectID: TargetID]
    /// Applications that are not planned, and cannot be read: they may ask for anything.
    package var unread: [TargetID] = []
    /// Whether an application that is not planned asks for an object.
    package var mayWant: @Sendable (TargetID, ObjectID) -> Bool
    /// The live objects of those that are known to be as these very manifests left them; they are not read again.
    package var asSent: @Sendable ([OrderNode]) async -> [ObjectID: PackedObject] = { _ in [:] }
    /// Dependencies that are left out, where that is known without ordering all of it.
    package var droppedEdges: [String]?
    /// Whose repository it is (`SourceMark`); empty where that is not known.
    package var source = ""
    /// That, and what this daemon's objects said before its repository had another address.
    package var ownSources: Set<String> = []
    /// What people set aside.
    package var suspensions: [Suspension] = []
    /// What the pipeline said last of applications that left it.
    package var removals: [TargetID: Application.Removal] = [:]
    /// Whether a person approved this prune, which was decided from that inventory.
    package var isApproved: @Sendable (TargetID, PruneReport, [InventoryEntry]) async -> Bool = { _, _, _ in false }
    /// What the plan cannot know.
    package var notes: [String] = []

    package init(
        subject: String, items: [Item], declared: [TargetID: [TargetID]] = [:], allow: AllowRules = AllowRules(),
        inventory: Inventory, pipelineTargets: Set<TargetID> = [], includesRemoved: Bool = false,
        elsewhere: [ObjectID: TargetID] = [:],
        mayWant: @escaping @Sendable (TargetID, ObjectID) -> Bool = { _, _ in false }
    ) {
        self.subject = subject
        self.items = items
        self.declared = declared
        self.allow = allow
        self.inventory = inventory
        self.pipelineTargets = pipelineTargets
        self.includesRemoved = includesRemoved
        self.elsewhere = elsewhere
        self.mayWant = mayWant
    }
}
