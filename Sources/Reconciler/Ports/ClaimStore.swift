// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// What is recorded of whose objects are whose, and in which cluster; the default one's name is empty. Each write is
/// durable when it returns.
package protocol ClaimStore: Sendable {
    /// What objects say of whose they are from now on (`SourceMark`). The same again changes nothing.
    func recordSource(_ mark: String, at: Timestamp) async throws
    /// Every mark that was ever recorded.
    func sources() async throws -> Set<String>

    /// Which installation it is: what was said first holds for as long as there is the ledger.
    func installation(orNew id: String, at: Timestamp) async throws -> String

    /// Before anything may be written to the namespace that was another daemon's.
    func recordSuccession(_ succession: Succession) async throws
    /// The latest of a namespace, unless something of the target was applied since.
    func succession(unknownTo target: TargetID, in namespace: String, of cluster: String) async throws -> Succession?

    /// Whether a cluster was searched, to the end, for objects of ours that the ledger does not know; since the last
    /// succession in it.
    func hasSearched(_ cluster: String) async throws -> Bool
    /// Enters those into the inventory of which the ledger knows nothing, unless their application is in another cluster;
    /// the audit chain says so. Answers which.
    func takeUp(_ found: [FoundObject], in cluster: String, at: Timestamp) async throws -> [FoundObject]
    func recordSearch(of cluster: String, at: Timestamp) async throws

    /// The cluster that an application's objects are in; nil where nothing is known of it.
    func cluster(of target: TargetID) async throws -> String?
    /// From now on its objects are in this cluster, unless some are in another: that one is answered, and nothing changes.
    func place(_ target: TargetID, in cluster: String, at: Timestamp) async throws -> String
}

/// An object in the cluster that is ours by `Ownership`.
package struct FoundObject: Sendable, Hashable {
    package var target: TargetID
    package var record: InventoryRecord

    package init(target: TargetID, record: InventoryRecord) {
        self.target = target
        self.record = record
    }
}
