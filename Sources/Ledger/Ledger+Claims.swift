// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

/// Whose objects are whose.
extension Ledger {
    /// The same again changes nothing.
    package func recordSource(_ mark: String, at: Timestamp) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            guard try db.rows("SELECT 1 FROM source_mark WHERE mark = ?", mark).isEmpty else { return }
            try db.add("source_mark", ["mark": mark, "at": at.millisecondsSinceEpoch])
            try chain.append("source.mark", nil, "objects are marked as of \(mark) from now on", at: at, to: db)
        }
    }

    package func sources() async throws(LedgerError) -> [String] {
        try await read { db in
            try db.rows("SELECT mark FROM source_mark ORDER BY sequence").map { try $0.text("mark") }
        }
    }

    /// The id that was recorded first, or the one given where there is none.
    package func installation(orNew id: String, at: Timestamp) async throws(LedgerError) -> String {
        let chain = chain
        return try await write { db in
            if let known = try db.rows("SELECT id FROM installation ORDER BY sequence LIMIT 1").first {
                return try known.text("id")
            }
            try db.add("installation", ["id": id, "at": at.millisecondsSinceEpoch])
            try chain.append("installation", nil, "the ledger is of the installation \(id)", at: at, to: db)
            return id
        }
    }

    package func recordSuccession(_ succession: Succession) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            let phase = try Int64.fetchOne(db, sql: "SELECT MAX(sequence) FROM phase") ?? 0
            let search = try Int64.fetchOne(db, sql: "SELECT MAX(sequence) FROM cluster_search") ?? 0
            try db.add(
                "succession",
                [
                    "cluster": succession.cluster, "namespace": succession.namespace,
                    "installation": succession.from?.installation, "process": succession.from?.process,
                    "daemon": succession.from?.name, "after_phase": phase, "after_search": search,
                    "at": succession.at.millisecondsSinceEpoch,
                ])
            let place = succession.cluster.isEmpty ? "" : " in the cluster \(succession.cluster)"
            try chain.append(
                "succession", nil, actor: "mainstay",
                "took over the namespace \(succession.namespace)\(place) from \(succession.other)", at: succession.at,
                to: db)
        }
    }

    /// The latest of the target's namespace, unless something of the target was applied since. Told by the order of the
    /// rows, not by times.
    package func succession(
        unknownTo target: TargetID, in namespace: String, of cluster: String
    ) async throws(LedgerError) -> Succession? {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM succession WHERE cluster = ?1 AND namespace = ?2 AND after_phase >= COALESCE((
                    SELECT MAX(p.sequence) FROM phase AS p JOIN rollout AS r ON r.id = p.rollout
                    WHERE r.application = ?3 AND r.environment = ?4
                      AND p.phase IN ('applying', 'progressing', 'verifying', 'rollingBack', 'succeeded', 'rolledBack')), 0)
                ORDER BY sequence DESC LIMIT 1
                """, cluster, namespace, target.application, target.environment
            ).first.map(Succession.init(row:))
        }
    }

    /// Whether it was, since this daemon took over from another last.
    ///
    /// - Parameter cluster: empty for the default one.
    package func hasSearchedCluster(_ cluster: String = "") async throws(LedgerError) -> Bool {
        try await read { db in
            try !db.rows(
                """
                SELECT 1 FROM cluster_search WHERE cluster = ?1
                  AND sequence > COALESCE((SELECT MAX(after_search) FROM succession WHERE cluster = ?1), 0) LIMIT 1
                """, cluster
            ).isEmpty
        }
    }

    package func recordClusterSearch(_ cluster: String = "", at: Timestamp) async throws(LedgerError) {
        let chain = chain
        let name = cluster.isEmpty ? "" : " \(cluster)"
        try await write { db in
            try db.add("cluster_search", ["at": at.millisecondsSinceEpoch, "cluster": cluster])
            try chain.append(
                "inventory.searched", nil, "the cluster\(name) was searched for objects that the ledger does not know",
                at: at, to: db)
        }
    }

    /// Adds those of which there is no row, whatever it says: what is known is better than what was found. What is found
    /// in another cluster than the application's is left where it is. Answers which were added.
    package func takeUp(
        _ found: [InventoryRow], in cluster: String = "", at: Timestamp
    ) async throws(LedgerError) -> [InventoryRow] {
        let chain = chain
        return try await write { db in
            let taken = try found.filter { row in
                guard try db.cluster(of: row.target) ?? cluster == cluster else { return false }
                return try db.rows(
                    "SELECT 1 FROM inventory WHERE environment = ? AND object = ? LIMIT 1", row.target.environment,
                    row.object.key
                ).isEmpty
            }
            for row in taken {
                if !cluster.isEmpty { try db.addPlacement(row.target, cluster, at: at, isFirst: true) }
                try db.addInventory(row)
            }
            for target in Set(taken.map(\.target)).sorted() {
                let objects = taken.filter { $0.target == target }.map { "\($0.object)" }.sorted()
                try chain.append(
                    "inventory.taken-up", target,
                    "found in the cluster, marked as ours, and not known before: \(objects.joined(separator: ", "))",
                    at: at, to: db)
            }
            return taken
        }
    }
}

extension Succession {
    fileprivate init(row: Row) throws {
        let installation = row.optionalText("installation")
        self.init(
            cluster: try row.text("cluster"), namespace: try row.text("namespace"),
            from: installation.map {
                Tenant(
                    installation: $0, process: row.optionalText("process") ?? "", name: row.optionalText("daemon") ?? ""
                )
            }, at: try row.timestamp("at"))
    }
}
