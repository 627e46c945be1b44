// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The health of a live object, a pure function per kind.
///
/// After kstatus (kubernetes-sigs/cli-utils) with its known holes closed: a running Job is progressing, a failed pod is
/// degraded, a stale `ProgressDeadlineExceeded` does not count, a custom resource without a status is not taken
/// for well at once, and a claim that waits for its first consumer holds nothing up.
package enum HealthRules {
    /// How long a custom resource that says nothing of the generation it has seen is given to react.
    static let settleTime = Duration.seconds(10)
    /// How long `Ready` may be False before a custom resource of an unknown kind counts as degraded.
    static let readyTime = Duration.seconds(600)

    /// What the rules of all kinds are given.
    struct Context {
        /// The generation that a status must have seen.
        var generation: Int64?
        var appliedAt: Timestamp?
        var notBefore: Timestamp?
        var now: Timestamp
        var expressions: HealthExpressions

        /// Whether something the server dates is an earlier try's. Servers date to the second.
        func isBeforeApply(_ time: Timestamp?) -> Bool {
            guard let notBefore, let time else { return false }
            return time.millisecondsSinceEpoch < notBefore.millisecondsSinceEpoch / 1000 * 1000
        }
    }

    /// - Parameters:
    ///   - object: the live object, with its status.
    ///   - appliedGeneration: the generation that our apply returned; a status older than it says nothing.
    ///   - appliedAt: when our apply changed the object; nil where it did not, or long after it.
    ///   - notBefore: conditions dated before it are an earlier try's; left out, the time of the apply.
    ///   - expressions: what the pipeline says of kinds that no rule here knows.
    package static func health(
        of object: Object, appliedGeneration: Int64?, appliedAt: Timestamp? = nil, notBefore: Timestamp? = nil,
        expressions: HealthExpressions = HealthExpressions(), now: Timestamp
    ) -> Health {
        let health = ruled(
            object, appliedGeneration,
            Context(
                appliedAt: appliedAt, notBefore: notBefore ?? appliedAt, now: now, expressions: expressions))
        return isIgnored(object) ? health.advisory : health
    }

    /// Marks of an object whose health is shown and holds nothing up.
    private static func isIgnored(_ object: Object) -> Bool {
        object.annotations["mainstay.dev/health"]?.string == "ignore"
            || object.annotations["argocd.argoproj.io/ignore-healthcheck"]?.string == "true"
    }

    private static func ruled(_ object: Object, _ appliedGeneration: Int64?, _ given: Context) -> Health {
        if let deletion = object.metadata["deletionTimestamp"]?.string { return terminating(object, since: deletion) }
        let status = ObjectStatus(object)
        if let applied = appliedGeneration, let live = object.generation, live < applied {
            return .progressing("StaleRead", "what was read is older than what was applied")
        }
        var context = given
        context.generation = [appliedGeneration, object.generation].compactMap { $0 }.max()
        if let stale = unobserved(status, context) { return stale }
        return rule(for: object.groupVersionKind.groupKind, status, context)
    }

    private static func terminating(_ object: Object, since: String) -> Health {
        let finalizers = (object.metadata["finalizers"]?.array ?? []).compactMap(\.string).map(SafeText.word)
        let holders = finalizers.isEmpty ? "" : "; held by the finalizers \(finalizers.joined(separator: ", "))"
        return .progressing("Terminating", "is being deleted since \(SafeText.word(since))\(holders)")
    }

    /// Kinds whose controllers always write `status.observedGeneration`: without it, nothing was seen yet.
    private static let observing: Set<GroupKind> = [
        GroupKind(group: "apps", kind: "Deployment"), GroupKind(group: "apps", kind: "StatefulSet"),
        GroupKind(group: "apps", kind: "DaemonSet"), GroupKind(group: "apps", kind: "ReplicaSet"),
    ]

    /// The generation that the controller has seen; nil where the kind does not tell.
    private static func seenGeneration(_ status: ObjectStatus) -> Int64? {
        status.observedGeneration ?? (observing.contains(status.object.groupVersionKind.groupKind) ? 0 : nil)
    }

    /// Whether what was read, or what its controller wrote, is from before the apply that returned this generation.
    static func isStale(_ object: Object, appliedGeneration: Int64?) -> Bool {
        guard let applied = appliedGeneration else { return false }
        return [object.generation, seenGeneration(ObjectStatus(object))].contains { ($0 ?? applied) < applied }
    }

    private static func unobserved(_ status: ObjectStatus, _ context: Context) -> Health? {
        guard let wanted = context.generation else { return nil }
        guard let seen = seenGeneration(status), seen < wanted else { return nil }
        let kind = status.object.groupVersionKind.groupKind
        let health = Health.progressing(
            "LatestGenerationNotObserved", "its controller has seen generation \(seen) of \(wanted)")
        // A budget limits evictions; no rollout has to wait until it does.
        return kind == GroupKind(group: "policy", kind: "PodDisruptionBudget") ? health.advisory : health
    }

    private static func rule(for kind: GroupKind, _ status: ObjectStatus, _ context: Context) -> Health {
        switch (kind.group, kind.kind) {
        case ("apps", "Deployment"): deployment(status, context)
        case ("apps", "StatefulSet"): statefulSet(status)
        case ("apps", "DaemonSet"): daemonSet(status)
        case ("apps", "ReplicaSet"): replicaSet(status)
        case ("batch", "Job"): job(status)
        case ("batch", "CronJob"): cronJob(status, context)
        case ("", "Pod"): pod(status)
        case ("", "PersistentVolumeClaim"): persistentVolumeClaim(status)
        case ("", "PersistentVolume"): persistentVolume(status)
        case ("", "Service"): service(status)
        case ("", "Namespace"): namespace(status)
        case ("", "ResourceQuota"): resourceQuota(status)
        case ("networking.k8s.io", "Ingress"): ingress(status)
        case ("autoscaling", "HorizontalPodAutoscaler"): horizontalPodAutoscaler(status)
        case ("policy", "PodDisruptionBudget"): podDisruptionBudget(status)
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): customResourceDefinition(status)
        case ("apiregistration.k8s.io", "APIService"): apiService(status)
        default: isBuiltIn(kind) ? .healthy() : customResource(status, context)
        }
    }

    /// The API server's own groups, whose other kinds (ConfigMap, Role, NetworkPolicy …) are well when they exist.
    static func isBuiltIn(_ kind: GroupKind) -> Bool {
        switch kind.group {
        case "", "apps", "batch", "autoscaling", "policy", "rbac.authorization.k8s.io", "networking.k8s.io",
            "storage.k8s.io", "scheduling.k8s.io", "admissionregistration.k8s.io", "certificates.k8s.io",
            "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "node.k8s.io",
            "authentication.k8s.io", "authorization.k8s.io", "resource.k8s.io", "apiextensions.k8s.io",
            "apiregistration.k8s.io":
            true
        default: false
        }
    }
}
