// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension Reconciler {
    func approvePrune(
        _ target: TargetID, _ code: String?, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer {
        guard let worker = workers[target] else { throw unknown(target) }
        let report: PruneReport
        do {
            report = try await worker.lookAtPrune()
        } catch {
            throw ActionRefusal(.unavailable, "Unavailable", "what would be pruned is not known: \(error)")
        }
        guard report.needsApproval else {
            throw ActionRefusal(.conflict, "NothingToApprove", "no prune of \(target) waits for a person")
        }
        let items = report.candidates.map { "\($0.id)" }
        guard let code else {
            return ActionAnswer(
                "\(items.count) objects of \(target) are no longer in git and wait for a person; to have exactly these "
                    + "deleted: mainstay approve \(target.application) -e \(target.environment) --prune --code "
                    + report.code, items: items, code: report.code)
        }
        guard code == report.code else {
            throw ActionRefusal(
                .conflict, "Changed", "what would be pruned is not what \(code) stood for: look again without --code")
        }
        let store = context.store
        let now = context.now
        try await recorded { try await store.approve(report, of: target, by: actor, at: now) }
        await worker.heed()
        return ActionAnswer(
            "approved: \(items.count) objects of \(target) are deleted, once what git asks for is healthy",
            items: items, code: code)
    }
}
