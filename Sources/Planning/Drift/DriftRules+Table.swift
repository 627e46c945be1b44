// SPDX-License-Identifier: Apache-2.0

import Manifests

extension DriftRules {
    /// A rule that everybody has, and why. docs/drift.md holds the table for people.
    struct TableRule: Sendable, Hashable {
        enum Side: Sendable, Hashable {
            case any, ours, others
        }

        var rule: DriftRule
        var side: Side
        /// Empty: any.
        var signals: Set<DriftDifference.Signal>
        /// Kinds of the API itself, or those that definitions add.
        var isBuiltIn: Bool?
        var why: String

        init(
            _ action: DriftAction, kinds: [String] = [], fields: [String] = [], managers: [String] = [],
            side: Side = .any, signals: Set<DriftDifference.Signal> = [], isBuiltIn: Bool? = nil, why: String
        ) {
            rule = DriftRule(kinds: kinds, fields: fields, managers: managers, action: action)
            self.side = side
            self.signals = signals
            self.isBuiltIn = isBuiltIn
            self.why = why
        }

        func matches(_ difference: DriftDifference, of object: ObjectID) -> Bool {
            let isSide =
                switch side {
                case .any: true
                case .ours: difference.signal.isOurs
                case .others: difference.signal.isForeign
                }
            return isSide && (signals.isEmpty || signals.contains(difference.signal))
                && (isBuiltIn == nil || isBuiltIn == BuiltInGroups.contains(object.group))
                && rule.matches(difference, of: object)
        }
    }

    /// The parts of Kubernetes that write into specifications in the course of their work. A Deployment's revision, a
    /// claim's volume and an autoscaler's replicas come from them.
    private static let controlPlane = [
        "kube-controller-manager", "kube-scheduler", "kube-apiserver", "kubelet", "cloud-controller-manager",
        "clusterrole-aggregation-controller", "service-controller", "before-first-apply",
    ]

    static let table: [TableRule] = [
        // As a whole.
        TableRule(
            .ignore, kinds: ["Job.batch"], signals: [.gone],
            why: "it ran to its end before the rollout was healthy: made again, a migration would run again"),
        TableRule(.report, signals: [.deleting], why: "nothing undoes a deletion; once it is gone it comes back"),
        TableRule(
            .ignore, signals: [.generation, .foreignRemoved],
            why: "what was changed and changed back is as it should be; what others take back was never git's"),
        // Scale.
        TableRule(
            .ignore, fields: [".spec.replicas"], managers: ["kube-controller-manager", "keda*", "vpa*"], side: .ours,
            why: "an autoscaler that is not in git scales it"),
        TableRule(.ignore, fields: [".spec.replicas"], side: .others, why: "git leaves the number to others"),
        TableRule(.ignore, signals: [.scaled], why: "git leaves the number to others"),
        // What other parts of a cluster fill in, though it may stand in git.
        TableRule(
            .ignore,
            fields: [
                ".webhooks[*].clientConfig.caBundle", ".spec.conversion.webhook.clientConfig.caBundle",
                ".spec.caBundle",
            ], why: "certificates are injected"),
        TableRule(
            .ignore, kinds: ["ClusterRole.rbac.authorization.k8s.io"], fields: [".rules"],
            managers: ["clusterrole-aggregation-controller"], why: "an aggregated role's rules are collected by it"),
        // What a person does on purpose, and what would do harm undone.
        TableRule(
            .report, kinds: ["Deployment.apps"], fields: [".spec.paused"],
            why: "somebody holds a rollout: to go on would bring out what they stopped"),
        TableRule(
            .report, kinds: ["CronJob.batch"], fields: [".spec.suspend"],
            why: "somebody holds a schedule, often in an incident: to go on would start what they stopped"),
        TableRule(.ignore, kinds: ["Job.batch"], fields: [".spec.suspend"], why: "queues hold and release Jobs"),
        TableRule(
            .report, kinds: ["PersistentVolumeClaim"], fields: [".spec.resources"],
            why: "a claim that was grown cannot shrink: raise it in git"),
        TableRule(
            .report, kinds: ["Secret", "ConfigMap"], fields: [".immutable"], side: .others,
            why: "what was made immutable cannot be made mutable"),
        TableRule(
            .report, kinds: ["Namespace"], fields: [".metadata.labels.pod-security.kubernetes.io/*"], side: .others,
            why: "who governs the cluster sets the security of a namespace; what git states of it is healed"),
        TableRule(
            .report, fields: [".metadata.ownerReferences"], side: .others,
            why: "the object goes with its owner; who set it means that"),
        // Marks that others put on objects.
        TableRule(
            .ignore, fields: [".metadata.labels", ".metadata.annotations", ".metadata.finalizers"], side: .others,
            why: "marks of other tools and of controllers"),
        TableRule(
            .ignore, fields: [".spec.template.metadata.annotations.*/restartedAt"], side: .others,
            why: "a restart that somebody asked for: undone, everything would restart once more"),
        // What controllers own.
        TableRule(
            .ignore, kinds: ["ServiceAccount"], fields: [".secrets", ".imagePullSecrets"], side: .others,
            why: "controllers add credentials"),
        TableRule(.ignore, managers: controlPlane, side: .others, why: "Kubernetes' own controllers at work"),
        TableRule(.heal, managers: ["kubectl*"], side: .others, why: "changed by hand: what git does not state goes"),
        TableRule(
            .ignore, side: .others, isBuiltIn: false, why: "operators complete the custom resources that they carry out"
        ),
        TableRule(.heal, why: "git says how it is"),
    ]
}

/// Groups whose kinds the API server defines itself.
private enum BuiltInGroups {
    private static let names: Set = ["", "apps", "autoscaling", "batch", "extensions", "policy"]
    /// Projects of Kubernetes that define custom resources under its name.
    private static let added: Set = ["gateway.networking.k8s.io", "snapshot.storage.k8s.io", "metrics.k8s.io"]

    static func contains(_ group: String) -> Bool {
        names.contains(group) || (group.hasSuffix(".k8s.io") && !group.hasSuffix(".x-k8s.io") && !added.contains(group))
    }
}
