// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Manifests
package import Planning

extension Ledger {
    /// One that is known is left as it was recorded.
    package func recordHookRuns(_ runs: [HookRun], of rollout: String) async throws(LedgerError) {
        try await write { db in
            for run in runs {
                let known = try db.rows(
                    "SELECT 1 FROM hook_run WHERE rollout = ? AND object = ? AND uid = ?", rollout, run.object.key,
                    run.uid)
                guard known.isEmpty else { continue }
                try db.add(
                    "hook_run",
                    [
                        "rollout": rollout, "object": run.object.key, "uid": run.uid, "outcome": run.outcome.rawValue,
                        "lines": TextList.json(run.lines), "at": run.at.millisecondsSinceEpoch,
                    ])
            }
        }
    }

    /// Of each of the rollouts the latest, in the order in which they were recorded.
    package func hookRuns(of rollouts: [String]) async throws(LedgerError) -> [String: [HookRun]] {
        try await read { db in
            var found: [String: [HookRun]] = [:]
            for rollout in rollouts {
                found[rollout] = try db.rows(
                    "SELECT * FROM hook_run WHERE rollout = ? ORDER BY sequence DESC LIMIT ?", rollout, HookRun.shown
                ).reversed().map(HookRun.init(row:))
            }
            return found
        }
    }
}

extension HookRun {
    /// How many are told of a rollout.
    fileprivate static let shown = 50

    fileprivate init(row: Row) throws {
        self.init(
            object: try row.object("object"), uid: try row.text("uid"), outcome: try row.word("outcome"),
            lines: try TextList.parse(row.text("lines")), at: try row.timestamp("at"))
    }
}
