// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

/// Which cluster an application's objects are in. The default cluster's name is empty.
extension Ledger {
    /// Nil where nothing is known of the application at all.
    package func cluster(of target: TargetID) async throws(LedgerError) -> String? {
        try await read { db in try db.cluster(of: target) }
    }

    /// The application's objects are in this cluster from now on, unless some are in another: that one is answered, and
    /// nothing changes.
    package func place(
        _ target: TargetID, in cluster: String, at: Timestamp
    ) async throws(LedgerError) -> String {
        let chain = chain
        return try await write { db in
            let known = try db.cluster(of: target)
            if let known, try known == cluster || db.hasInventory(of: target) {
                if known == cluster { try db.addPlacement(target, cluster, at: at, isFirst: true) }
                return known
            }
            try db.addPlacement(target, cluster, at: at, isFirst: known == nil)
            if let known {
                try chain.append(
                    "inventory.cluster", target,
                    "deployed to \(Self.words(cluster)) from now on, and no longer to \(Self.words(known))", at: at,
                    to: db)
            }
            return cluster
        }
    }

    private static func words(_ cluster: String) -> String {
        cluster.isEmpty ? "the default cluster" : "the cluster \(cluster)"
    }
}

extension Database {
    /// What was there before there were several clusters is in the default one.
    func cluster(of target: TargetID) throws -> String? {
        let latest = try rows(
            "SELECT cluster FROM placement WHERE application = ? AND environment = ? ORDER BY sequence DESC LIMIT 1",
            target.application, target.environment)
        if let latest = latest.first { return try latest.text("cluster") }
        let isKnown = try !rows(
            """
            SELECT 1 FROM rollout WHERE application = ?1 AND environment = ?2
            UNION ALL SELECT 1 FROM inventory WHERE application = ?1 AND environment = ?2 LIMIT 1
            """, target.application, target.environment
        ).isEmpty
        return isKnown ? "" : nil
    }

    func hasInventory(of target: TargetID) throws -> Bool {
        try !rows(
            """
            SELECT 1 FROM inventory
            WHERE removed = 0 AND application = ?1 AND environment = ?2 AND sequence IN (
                SELECT MAX(sequence) FROM inventory WHERE application = ?1 AND environment = ?2 GROUP BY object)
            LIMIT 1
            """, target.application, target.environment
        ).isEmpty
    }

    /// - Parameter isFirst: what was done before counts; the same again changes nothing.
    func addPlacement(_ target: TargetID, _ cluster: String, at: Timestamp, isFirst: Bool) throws {
        let known = try rows(
            "SELECT 1 FROM placement WHERE application = ? AND environment = ? LIMIT 1", target.application,
            target.environment)
        if isFirst, !known.isEmpty { return }
        let job = isFirst ? 0 : try rows("SELECT MAX(sequence) AS last FROM job_done").first?.optionalInteger("last")
        try add(
            "placement",
            [
                "application": target.application, "environment": target.environment, "cluster": cluster,
                "job": job ?? 0, "at": at.millisecondsSinceEpoch,
            ])
    }
}
