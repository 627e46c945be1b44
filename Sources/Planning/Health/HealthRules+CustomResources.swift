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
        let group = status.object.groupVersionKind.group
        // cert-manager says Issuing while the old certificate is still, or no longer, Ready.
        for type in ["Reconciling", "Issuing"] {
            if let working = status.condition(type), working.isTrue {
                return .progressing(working.reason.isEmpty ? type : working.reason, working.told(by: group))
            }
        }
        guard let condition = status.condition("Ready") ?? status.condition("Available") ?? sealed(status) else {
            let note =
                statesReadiness(status.object.groupVersionKind.groupKind)
                ? "was not reconciled by anybody yet: see whether its controller runs" : "its kind states no readiness"
            return .healthy(status.status.isEmpty ? "NoStatus" : "NoConditions", note: note)
        }
        if let wanted = context.generation, let seen = condition.observedGeneration, seen < wanted {
            return .progressing(
                "LatestGenerationNotObserved", "its condition \(condition.type) is of generation \(seen) of \(wanted)")
        }
        if condition.isTrue { return .healthy() }
        return condition.isFalse
            ? notReady(condition, status, context) : .progressing("NotReady", condition.told(by: group))
    }

    /// Kinds whose controllers write a condition as soon as they see one.
    private static func statesReadiness(_ kind: GroupKind) -> Bool {
        switch kind.group {
        case "external-secrets.io":
            ["ExternalSecret", "ClusterExternalSecret", "PushSecret", "SecretStore", "ClusterSecretStore"]
                .contains(kind.kind)
        case "cert-manager.io": ["Certificate", "CertificateRequest", "Issuer", "ClusterIssuer"].contains(kind.kind)
        case "serving.knative.dev": ["Service", "Route", "Configuration", "Revision"].contains(kind.kind)
        case "bitnami.com": kind.kind == "SealedSecret"
        default: false
        }
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
        let group = status.object.groupVersionKind.group
        switch group {
        case "serving.knative.dev":
            // False is Knative's final word on a revision; while it works, the condition is Unknown.
            var health = Health.degraded(reason, condition.told(by: group), .afterGrace)
            health.image = imageNotPulled(condition.message, status.object)
            health.exitCode = QuotedConditions.containerExit(condition.message)
            return health
        case "cert-manager.io", "external-secrets.io", "bitnami.com":
            return .degraded(reason, condition.told(by: group))
        default:
            guard let since = condition.lastTransition ?? context.appliedAt else {
                return .progressing(reason, condition.summary)
            }
            let end = since + readyTime
            return context.now < end
                ? .progressing(reason, condition.summary, recheckAt: end) : .degraded(reason, condition.summary)
        }
    }

    /// The one condition that a SealedSecret has.
    private static func sealed(_ status: ObjectStatus) -> Condition? {
        status.object.groupVersionKind.group == "bitnami.com" ? status.condition("Synced") : nil
    }

    /// The image that a revision cannot have, by what Knative says of it: its tag could not be resolved, or its pods could not
    /// pull it (knative.dev/serving, pkg/reconciler/revision).
    static func imageNotPulled(_ message: String, _ service: Object) -> String? {
        let words = ["Unable to fetch image", "ImagePullBackOff", "ErrImagePull", "Back-off pulling image"]
        guard words.contains(where: { message.contains($0) }) else { return nil }
        let spec = service.value(at: "spec", "template", "spec")
        let containers = (spec?["initContainers"]?.array ?? []) + (spec?["containers"]?.array ?? [])
        let images = containers.compactMap { $0["image"]?.string }
        return images.first { message.contains($0) } ?? (images.count == 1 ? images.first : nil)
    }
}
