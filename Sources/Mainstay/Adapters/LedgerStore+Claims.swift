// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler

/// Whose objects are whose, over the ledger.
extension LedgerStore {
    func recordSource(_ mark: String, at time: Timestamp) async throws { try await ledger.recordSource(mark, at: time) }

    func sources() async throws -> Set<String> { Set(try await ledger.sources()) }

    func installation(orNew id: String, at time: Timestamp) async throws -> String {
        try await ledger.installation(orNew: id, at: time)
    }

    func recordSuccession(_ succession: Succession) async throws { try await ledger.recordSuccession(succession) }

    func succession(unknownTo target: TargetID, in namespace: String, of cluster: String) async throws -> Succession? {
        try await ledger.succession(unknownTo: target, in: namespace, of: cluster)
    }

    func hasSearched(_ cluster: String) async throws -> Bool { try await ledger.hasSearchedCluster(cluster) }

    func recordSearch(of cluster: String, at time: Timestamp) async throws {
        try await ledger.recordClusterSearch(cluster, at: time)
    }

    func cluster(of target: TargetID) async throws -> String? { try await ledger.cluster(of: target) }

    func place(_ target: TargetID, in cluster: String, at time: Timestamp) async throws -> String {
        try await ledger.place(target, in: cluster, at: time)
    }

    func takeUp(_ found: [FoundObject], in cluster: String, at time: Timestamp) async throws -> [FoundObject] {
        let rows = found.map { InventoryRow($0.record, of: $0.target, rollout: "", at: time) }
        let taken = Set(try await ledger.takeUp(rows, in: cluster, at: time).map(\.object))
        return found.filter { taken.contains($0.record.object) }
    }
}
