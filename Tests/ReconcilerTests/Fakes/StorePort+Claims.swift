// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization

extension StorePort {
    func recordSource(_ mark: String, at time: Timestamp) async throws {
        guard try await !sources().contains(mark) else { return }
        try await write(.source(mark), at: time)
    }

    func sources() async throws -> Set<String> { try await read(\.sources) }

    func installation(orNew id: String, at: Timestamp) async throws -> String {
        store.state.withLock { state in
            let known = state.installation ?? id
            state.installation = known
            return known
        }
    }

    func recordSuccession(_ succession: Succession) async throws {
        try await write(.succession(succession), at: succession.at)
    }

    func succession(unknownTo target: TargetID, in namespace: String, of cluster: String) async throws -> Succession? {
        try await read { state in
            let known = state.successions.last {
                $0.succession.cluster == cluster && $0.succession.namespace == namespace
            }
            guard let known else { return nil }
            let ids = Set(state.rollouts.map(\.start).filter { $0.target == target }.map(\.id))
            let hasRun = state.journal.dropFirst(known.written).contains { entry in
                switch entry {
                case .phase(let phase, let id, _): ids.contains(id) && phase == .applying
                case .verdict(let verdict, let start, _): ids.contains(start.id) && verdict.outcome == .healthy
                default: false
                }
            }
            return hasRun ? nil : known.succession
        }
    }

    func hasSearched(_ cluster: String) async throws -> Bool { try await read { $0.searched.contains(cluster) } }

    func recordSearch(of cluster: String, at time: Timestamp) async throws {
        try await write(.search(cluster), at: time)
    }

    func cluster(of target: TargetID) async throws -> String? { try await read { $0.cluster(of: target) } }

    func place(_ target: TargetID, in cluster: String, at time: Timestamp) async throws -> String {
        try await moment()
        let placed = try store.state.withLock { state in
            if let known = state.cluster(of: target), known == cluster || state.inventories[target]?.isEmpty == false {
                return known
            }
            try state.take(.placed(target, cluster: cluster), at: time)
            return cluster
        }
        if life.isOver { throw CancellationError() }
        return placed
    }

    func takeUp(_ found: [FoundObject], in cluster: String, at time: Timestamp) async throws -> [FoundObject] {
        try await moment()
        let taken = try store.state.withLock { state in
            let taken = found.filter {
                !state.known.contains("\($0.target.environment)/\($0.record.object)")
                    && state.cluster(of: $0.target) ?? cluster == cluster
            }
            for one in taken where !cluster.isEmpty { try state.take(.placed(one.target, cluster: cluster), at: time) }
            try state.take(.takenUp(taken), at: time)
            return taken
        }
        life.spend()
        if life.isOver { throw CancellationError() }
        return taken
    }
}
