// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

/// A Job that ran to completion, by what it was made from.
package struct JobRecord: Sendable, Hashable {
    package var object: ObjectID
    /// Its manifest, of which the ledger keeps a keyed hash only: an environment value may be a secret.
    package var manifest: String

    package init(object: ObjectID, manifest: String) {
        self.object = object
        self.manifest = manifest
    }
}

extension Ledger {
    package func recordJobs(
        _ jobs: [JobRecord], of target: TargetID, rollout: String, at: Timestamp
    ) async throws(LedgerError) {
        try await add(jobs, to: "job_done", of: target, rollout: rollout, at: at)
    }

    /// That a rollout asks for jobs that are done: retention keeps what is known of them as long as it keeps the rollout.
    package func recordJobsKept(
        _ jobs: [JobRecord], of target: TargetID, rollout: String, at: Timestamp
    ) async throws(LedgerError) {
        try await add(jobs, to: "job_kept", of: target, rollout: rollout, at: at)
    }

    private func add(
        _ jobs: [JobRecord], to table: String, of target: TargetID, rollout: String, at: Timestamp
    ) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            for job in jobs {
                try db.add(
                    table,
                    [
                        "application": target.application, "environment": target.environment,
                        "object": job.object.key, "digest": chain.digest(of: job.manifest), "rollout": rollout,
                        "at": at.millisecondsSinceEpoch,
                    ])
            }
        }
    }

    /// Those of the jobs that are done: with this very manifest, in the cluster that the application is in now.
    package func jobsDone(of target: TargetID, among jobs: [JobRecord]) async throws(LedgerError) -> Set<ObjectID> {
        let chain = chain
        return try await read { db in
            var done: Set<ObjectID> = []
            for job in jobs {
                let rows = try db.rows(
                    """
                    SELECT 1 FROM job_done
                    WHERE application = ?1 AND environment = ?2 AND object = ?3 AND digest = ?4
                      AND sequence > COALESCE((
                        SELECT job FROM placement WHERE application = ?1 AND environment = ?2
                        ORDER BY sequence DESC LIMIT 1), 0)
                    LIMIT 1
                    """, target.application, target.environment, job.object.key, chain.digest(of: job.manifest))
                if !rows.isEmpty { done.insert(job.object) }
            }
            return done
        }
    }

    package func jobsDone(of target: TargetID, since: Timestamp) async throws(LedgerError) -> [ObjectID] {
        try await read { db in
            try db.rows(
                """
                SELECT DISTINCT object FROM job_done WHERE application = ? AND environment = ? AND at >= ?
                ORDER BY object LIMIT 100
                """, target.application, target.environment, since.millisecondsSinceEpoch
            ).map { try $0.object("object") }
        }
    }

    /// What removals of a target since its last other rollout announced to create, and what they completed.
    package func removalProgress(
        of target: TargetID
    ) async throws(LedgerError) -> (created: Set<ObjectID>, completed: Set<ObjectID>) {
        let removals = """
            SELECT id FROM rollout WHERE application = ?1 AND environment = ?2 AND sequence > COALESCE((
                SELECT MAX(sequence) FROM rollout
                WHERE application = ?1 AND environment = ?2 AND "trigger" <> 'removal'), 0)
            """
        return try await read { db in
            let created = try db.rows(
                "SELECT DISTINCT object FROM intent WHERE action = 'create' AND rollout IN (\(removals))",
                target.application, target.environment)
            let completed = try db.rows(
                """
                SELECT DISTINCT object FROM job_done
                WHERE application = ?1 AND environment = ?2 AND rollout IN (\(removals))
                """, target.application, target.environment)
            return (
                Set(try created.map { try $0.object("object") }), Set(try completed.map { try $0.object("object") })
            )
        }
    }
}
