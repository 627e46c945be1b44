// SPDX-License-Identifier: Apache-2.0

import Manifests

extension HealthRules {
    static func customResource(_ status: ObjectStatus, _ context: Context) -> Health {
        if let early = settling(status, context) { return early }
        if let stated = context.expressions.entry(for: status.object.groupVersionKind.groupKind) {
            return stated.health(of: status.object)
        }
        if let stalled = status.condition("Stalled"), stalled.isTrue {
            return .degraded(stalled.reason.isEmpty ? "Stalled" : stalled.reason, stalled.summary, .afterGrace)
        }
        // cert-manager says Issuing while the old certificate is still, or no longer, Ready.
        for type in ["Reconciling", "Issuing"] {
            if let working = status.condition(type), working.isTrue {
                return .progressing(working.reason.isEmpty ? type : working.reason, working.summary)
            }
        }
        guard let condition = status.condition("Ready") ?? status.condition("Available") else {
            let note = "its kind states no readiness"
            return .healthy(status.status.isEmpty ? "NoStatus" : "NoConditions", note: note)
        }
        if let wanted = context.generation, let seen = condition.observedGeneration, seen < wanted {
            return .progressing(
                "LatestGenerationNotObserved", "its condition \(condition.type) is of generation \(seen) of \(wanted)")
        }
        if condition.isTrue { return .healthy() }
        return condition.isFalse ? notReady(condition, status, context) : .progressing("NotReady", condition.summary)
    }

    /// Without a generation that the status has seen, it may be from before our apply: time is given to react.
    private static func settling(_ status: ObjectStatus, _ context: Context) -> Health? {
        let tellsGeneration =
            status.observedGeneration != nil || status.conditions.contains { $0.observedGeneration != nil }
        guard !tellsGeneration else { return nil }
        let created = status.object.metadata["creationTimestamp"]?.string.flatMap { Timestamp($0) }
        guard let since = context.appliedAt ?? (status.status.isEmpty ? created : nil) else { return nil }
        let end = since + settleTime
        guard context.now < end else { return nil }
        return .progressing("Settling", "its controller is given until \(end) to react", recheckAt: end)
    }

    private static func notReady(_ condition: Condition, _ status: ObjectStatus, _ context: Context) -> Health {
        let reason = condition.reason.isEmpty ? "NotReady" : condition.reason
        switch status.object.groupVersionKind.group {
        case "serving.knative.dev":
            // False is Knative's final word on a revision; while it works, the condition is Unknown.
            return .degraded(reason, condition.summary, .afterGrace)
        case "cert-manager.io", "external-secrets.io":
            return .degraded(reason, condition.summary)
        default:
            guard let since = condition.lastTransition ?? context.appliedAt else {
                return .progressing(reason, condition.summary)
            }
            let end = since + readyTime
            return context.now < end
                ? .progressing(reason, condition.summary, recheckAt: end) : .degraded(reason, condition.summary)
        }
    }
}
