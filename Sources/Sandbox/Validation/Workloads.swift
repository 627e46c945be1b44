// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Deployments, ReplicaSets, DaemonSets and ReplicationControllers.
extension Causes {
    mutating func deployment(_ object: Object, old: Object?) {
        let spec = Field("spec", object["spec"])
        nonnegative(spec["replicas"])
        workloadSelector(spec, empty: "empty selector is invalid for deployment")
        controlledTemplate(spec, kind: "ReplicaSet")
        deploymentStrategy(spec["strategy"])
        nonnegative(spec["minReadySeconds"])
        nonnegative(spec["revisionHistoryLimit"])
        if let deadline = spec["progressDeadlineSeconds"].integer {
            nonnegative(spec["progressDeadlineSeconds"])
            if deadline <= spec["minReadySeconds"].integer ?? 0 {
                invalid(spec["progressDeadlineSeconds"], "must be greater than minReadySeconds")
            }
        }
        if let old { immutable(spec["selector"], old.value(at: "spec", "selector")) }
    }

    private mutating func deploymentStrategy(_ strategy: Field) {
        let rolling = strategy["rollingUpdate"]
        switch strategy["type"].string {
        case "Recreate":
            if rolling.isSet { forbidden(rolling, "may not be specified when strategy `type` is 'Recreate'") }
        case "RollingUpdate":
            guard rolling.isSet else { return required(rolling, "this should be defaulted and never be nil") }
            amount(rolling["maxUnavailable"])
            amount(rolling["maxSurge"])
            if rolling["maxUnavailable"].isZeroAmount, rolling["maxSurge"].isZeroAmount {
                invalid(rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0")
            }
            atMostWhole(rolling["maxUnavailable"])
        default:
            unsupported(
                strategy, ["Recreate", "RollingUpdate"],
                showing: GoStruct.dump(strategy.value, as: "DeploymentStrategy"))
        }
    }

    mutating func replicaSet(_ object: Object, old: Object?) {
        let spec = Field("spec", object["spec"])
        nonnegative(spec["replicas"])
        nonnegative(spec["minReadySeconds"])
        workloadSelector(spec, empty: "empty selector is invalid for deployment")
        controlledTemplate(spec, kind: "ReplicaSet")
        if let old { immutable(spec["selector"], old.value(at: "spec", "selector")) }
    }

    mutating func replicationController(_ object: Object) {
        let spec = Field("spec", object["spec"])
        nonnegative(spec["minReadySeconds"])
        if spec["selector"].count == 0 { required(spec["selector"]) }
        nonnegative(spec["replicas"])
        guard spec["template"].isSet else { return required(spec["template"]) }
        let labels = spec["template"]["metadata"]["labels"]
        if !(spec["selector"].value?.object?.pairs ?? []).allSatisfy({ labels.value?[$0.key] == $0.value }) {
            mismatch(spec)
        }
        podTemplate(spec["template"])
        alwaysRestarts(spec["template"]["spec"], kind: "ReplicationController")
    }

    mutating func daemonSet(_ object: Object, old: Object?) {
        let spec = Field("spec", object["spec"])
        selector(spec["selector"])
        if Self.isUsable(selector: spec["selector"]),
            !Self.selects(spec["selector"].value, spec["template"]["metadata"]["labels"].value)
        {
            mismatch(spec)
        }
        if spec["selector"].isSet, Self.isEmpty(selector: spec["selector"]) {
            invalid(spec["selector"], "empty selector is invalid for daemonset")
        }
        podTemplate(spec["template"])
        alwaysRestarts(spec["template"]["spec"], kind: "DaemonSet")
        nonnegative(spec["minReadySeconds"])
        daemonSetStrategy(spec["updateStrategy"])
        nonnegative(spec["revisionHistoryLimit"])
        if let old { immutable(spec["selector"], old.value(at: "spec", "selector")) }
    }

    private mutating func daemonSetStrategy(_ strategy: Field) {
        let rolling = strategy["rollingUpdate"]
        switch strategy["type"].string {
        case "OnDelete": break
        case "RollingUpdate":
            guard rolling.isSet else { return required(rolling) }
            amount(rolling["maxUnavailable"])
            amount(rolling["maxSurge"])
            atMostWhole(rolling["maxUnavailable"])
            atMostWhole(rolling["maxSurge"])
            switch (rolling["maxUnavailable"].isZeroAmount, rolling["maxSurge"].isZeroAmount) {
            case (true, true): required(rolling["maxUnavailable"], "cannot be 0 when maxSurge is 0")
            case (false, false): invalid(rolling["maxSurge"], "may not be set when maxUnavailable is non-zero")
            default: break
            }
        default:
            unsupported(
                strategy, ["RollingUpdate", "OnDelete"],
                showing: GoStruct.dump(strategy.value, as: "DaemonSetUpdateStrategy"))
        }
    }

    mutating func workloadSelector(_ spec: Field, empty: String) {
        guard spec["selector"].isSet else { return required(spec["selector"]) }
        selector(spec["selector"])
        if Self.isEmpty(selector: spec["selector"]) { invalid(spec["selector"], empty) }
    }

    /// A selector that selects nothing intelligible hides what is wrong with the pods.
    ///
    /// Source: ValidateDeploymentSpec and ValidateReplicaSetSpec of pkg/apis/apps/validation.
    private mutating func controlledTemplate(_ spec: Field, kind: String) {
        guard Self.isUsable(selector: spec["selector"]) else {
            return invalid(spec["selector"], "invalid label selector")
        }
        if !Self.selects(spec["selector"].value, spec["template"]["metadata"]["labels"].value) { mismatch(spec) }
        podTemplate(spec["template"])
        alwaysRestarts(spec["template"]["spec"], kind: kind)
    }

    /// Whether the server can make a selector of it (`LabelSelectorAsSelector`).
    static func isUsable(selector: Field) -> Bool {
        var problems = Causes()
        problems.selector(selector)
        return problems.isEmpty
    }

    mutating func mismatch(_ spec: Field) {
        invalid(spec["template"]["metadata"]["labels"], "`selector` does not match template `labels`")
    }

    mutating func alwaysRestarts(_ spec: Field, kind: String) {
        if spec["restartPolicy"].string != "Always" { unsupported(spec["restartPolicy"], ["Always"]) }
        if spec["activeDeadlineSeconds"].isSet {
            forbidden(spec["activeDeadlineSeconds"], "activeDeadlineSeconds in \(kind) is not Supported")
        }
    }

    static func isEmpty(selector: Field) -> Bool {
        selector["matchLabels"].count + selector["matchExpressions"].count == 0
    }

    /// A missing selector selects nothing, an empty one everything.
    static func selects(_ selector: Value?, _ labels: Value?) -> Bool {
        guard let selector, !selector.isNull else { return false }
        let labels = labels?.object ?? Object()
        guard (selector["matchLabels"]?.object?.pairs ?? []).allSatisfy({ labels[$0.key] == $0.value }) else {
            return false
        }
        return (selector["matchExpressions"]?.array ?? []).allSatisfy { expression in
            let value = labels[expression["key"]?.string ?? ""]
            let isListed = value.map { expression["values"]?.array?.contains($0) ?? false } ?? false
            return switch expression["operator"]?.string {
            case "In": isListed
            case "NotIn": !isListed
            case "Exists": value != nil
            case "DoesNotExist": value == nil
            // Reported on its own.
            default: true
            }
        }
    }
}
