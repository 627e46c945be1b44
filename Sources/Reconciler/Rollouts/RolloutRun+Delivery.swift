// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

extension RolloutRun {
    /// For the metrics; what reports say is read from the ledger.
    func countDelivery(_ verdict: Verdict) async {
        let now = context.now
        if let sign = DeliverySign(verdict.outcome, of: start.trigger, target: start.target, at: now) {
            context.status.hear(sign)
        }
        guard verdict.outcome == .healthy, start.trigger == .revision else { return }
        if let appliedSince { context.status.countDeployment(of: start.target, in: now - appliedSince) }
        let branch = desired.environment.branch ?? context.settings.branch
        do throws(SourceFailure) {
            let revision = try await context.source.revision(start.revision, branch: branch)
            context.status.countDeployment(of: start.target, after: now - revision.committedAt)
        } catch {
            logger.debug("cannot tell how long it took from the commit", metadata: ["error": "\(error)"])
        }
    }
}
