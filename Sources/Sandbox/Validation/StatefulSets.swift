// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Source: ValidateStatefulSetSpec and ValidateStatefulSetUpdate of pkg/apis/apps/validation.
extension Causes {
    mutating func statefulSet(_ object: Object, old: Object?) {
        let spec = Field("spec", object["spec"])
        statefulSetSpec(spec, isNew: old == nil, checksPods: old.map(Self.isValidStatefulSet) ?? true)
        if let old, Self.frozen(spec.value) != Self.frozen(old["spec"]) {
            forbidden(
                spec,
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
            )
        }
    }

    /// What was stored by an older server is not held against an update.
    private static func isValidStatefulSet(_ object: Object) -> Bool {
        var causes = Causes()
        causes.statefulSetSpec(Field("spec", object["spec"]), isNew: false, checksPods: true)
        return causes.isEmpty
    }

    /// - Parameters:
    ///   - isNew: the name of the Service and the claims are looked at when the set is made only.
    ///   - checksPods: whether the pods are looked at as well.
    private mutating func statefulSetSpec(_ spec: Field, isNew: Bool, checksPods: Bool) {
        let management = spec["podManagementPolicy"]
        if !["OrderedReady", "Parallel"].contains(management.string) {
            invalid(management, "must be 'OrderedReady' or 'Parallel'", showing: .string(management.string))
        }
        statefulSetStrategy(spec["updateStrategy"])
        for key in ["whenDeleted", "whenScaled"] {
            choice(spec["persistentVolumeClaimRetentionPolicy"][key], ["Retain", "Delete"])
        }
        if isNew {
            for claim in spec["volumeClaimTemplates"].items { claimSpec(claim["spec"]) }
        }
        nonnegative(spec["replicas"])
        nonnegative(spec["minReadySeconds"])
        nonnegative(spec["ordinals"]["start"])
        if isNew, !spec["serviceName"].string.isEmpty { check(spec["serviceName"], NameRules.label) }
        workloadSelector(spec, empty: "empty selector is invalid for statefulset")
        let template = spec["template"]
        if Self.isUsable(selector: spec["selector"]) {
            if !Self.selects(spec["selector"].value, template["metadata"]["labels"].value) { mismatch(spec) }
            if checksPods {
                podTemplate(template, claims: spec["volumeClaimTemplates"].items.map { $0["metadata"]["name"].string })
            }
        } else {
            invalid(spec["selector"], "")
        }
        alwaysRestarts(template["spec"], kind: "StatefulSet")
    }

    private mutating func statefulSetStrategy(_ strategy: Field) {
        let rolling = strategy["rollingUpdate"]
        switch strategy["type"].string {
        case "OnDelete":
            if rolling.isSet {
                invalid(
                    rolling, "only allowed for updateStrategy 'RollingUpdate'",
                    showing: GoStruct.dump(rolling.value, as: "RollingUpdateStatefulSetStrategy"))
            }
        case "RollingUpdate":
            nonnegative(rolling["partition"])
            if rolling["maxUnavailable"].isSet {
                amount(rolling["maxUnavailable"])
                if rolling["maxUnavailable"].isZeroAmount { invalid(rolling["maxUnavailable"], "cannot be 0") }
                atMostWhole(rolling["maxUnavailable"])
            }
        default:
            invalid(
                strategy, "must be 'RollingUpdate' or 'OnDelete'",
                showing: GoStruct.dump(strategy.value, as: "StatefulSetUpdateStrategy"))
        }
    }

    /// What of a StatefulSet may not change.
    private static func frozen(_ spec: Value?) -> Value {
        var object = spec?.object ?? Object()
        for key in [
            "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
        ] {
            object[key] = nil
        }
        return .object(object)
    }
}
