// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

extension HeldBack {
    /// Decided from what the target's worker decides from.
    static func cause(
        of desired: Desired, _ suspensions: [Suspension], _ context: ReconcilerContext
    ) async throws -> Cause? {
        let target = desired.target
        var situation = TargetSituation(
            desiredDigest: desired.digest, rollback: desired.application.rollback,
            quarantine: try await context.store.quarantine(of: target, digest: desired.digest), history: TargetHistory()
        )
        situation.suspension = suspensions.first(covering: target)
        situation.hold = try await context.store.hold(of: target)
        let freezes = try await context.store.freezes()
        let context = context.at(
            try await context.store.cluster(of: target) ?? desired.environment.clusterName)
        // Mostly nothing holds it back, and its past says nothing more.
        if situation.quarantine == nil, situation.hold == nil, situation.suspension == nil,
            !desired.environment.isGated, freezes.isEmpty, context.clusterName == desired.environment.clusterName,
            context.has(context.clusterName)
        {
            return nil
        }
        situation.history = try await context.store.history(of: target)
        let keeper = GateKeeper(context: context, target: target, logger: context.surroundings.logger)
        var waits: [GateWait] = []
        if TargetStep.next(situation).passesGate(situation),
            let waiting = try await keeper.waiting(desired, records: false)
        {
            situation.isGateOpen = false
            waits = waiting.waits
        }
        return cause(of: situation, desired, waits)
    }
}
