// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Causes {
    mutating func job(_ object: Object, old: Object?) {
        let spec = Field("spec", object["spec"])
        if old == nil { generatedSelector(object, spec) }
        jobSpec(spec)
        if spec["selector"].isSet { selector(spec["selector"]) } else { required(spec["selector"]) }
        let labels = spec["template"]["metadata"]["labels"]
        if !Self.selects(spec["selector"].value, labels.value) {
            invalid(labels, "`selector` does not match template `labels`")
        }
        guard let old else { return indexedName(object, spec) }
        jobUpdate(spec, old: old["spec"] ?? [:], hasStarted: old.value(at: "status", "startTime") != nil)
    }

    /// Pods are called after the Job and their index.
    private mutating func indexedName(_ object: Object, _ spec: Field) {
        guard spec["completionMode"].string == "Indexed", let count = spec["completions"].integer, count > 0 else {
            return
        }
        let host = "\(object.name)-\(count - 1)"
        if !NameRules.label(host).isEmpty {
            invalid(
                Field("metadata.name", .string(object.name)),
                "will not able to create pod with invalid DNS label: \(host)")
        }
    }

    /// Jobs select by labels of the server's own making, unless they say otherwise.
    private mutating func generatedSelector(_ object: Object, _ spec: Field) {
        guard spec["manualSelector"].value != true, spec["selector"].isSet else { return }
        let labels = spec["template"]["metadata"]["labels"]
        let expected: Object = [
            "batch.kubernetes.io/controller-uid": .string(object.uid),
            "batch.kubernetes.io/job-name": .string(object.name), "controller-uid": .string(object.uid),
            "job-name": .string(object.name),
        ]
        for key in ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"]
        {
            let wanted = expected[key]?.string ?? ""
            guard let actual = labels.value?[key] else {
                required(labels.entry(key), "must be '\(wanted)'")
                continue
            }
            if actual.string != wanted {
                invalid(labels.entry(key), "must be '\(wanted)'", showing: labels.value?.sortedByKey)
            }
        }
        if !Self.selects(spec["selector"].value, .object(expected)) {
            invalid(spec["selector"], "`selector` not auto-generated")
        }
    }

    mutating func jobSpec(_ spec: Field) {
        for key in [
            "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
            "backoffLimitPerIndex", "maxFailedIndexes",
        ] {
            nonnegative(spec[key])
        }
        if spec["maxFailedIndexes"].isSet, !spec["backoffLimitPerIndex"].isSet {
            required(spec["backoffLimitPerIndex"], "when maxFailedIndexes is specified")
        }
        if spec["managedBy"].isSet {
            domainPath(spec["managedBy"])
            if spec["managedBy"].string.utf8.count > 63 { tooLong(spec["managedBy"], limit: 63) }
        }
        choice(spec["completionMode"], ["NonIndexed", "Indexed"])
        let isIndexed = spec["completionMode"].string == "Indexed"
        if isIndexed {
            indexedJob(spec)
        } else if ["", "NonIndexed"].contains(spec["completionMode"].string) {
            for key in ["backoffLimitPerIndex", "maxFailedIndexes"] where spec[key].isSet {
                invalid(spec[key], "requires indexed completion mode")
            }
        }
        if spec["podFailurePolicy"].isSet { podFailurePolicy(spec) }
        if spec["successPolicy"].isSet { successPolicy(spec, isIndexed: isIndexed) }
        choice(
            spec["podReplacementPolicy"],
            spec["podFailurePolicy"].isSet ? ["Failed"] : ["Failed", "TerminatingOrFailed"])
        podTemplate(spec["template"])
        let policy = spec["template"]["spec"]["restartPolicy"]
        switch policy.string {
        case "", "Always": required(policy, "valid values: \"OnFailure\", \"Never\"")
        case "OnFailure":
            if spec["podFailurePolicy"].isSet {
                invalid(policy, "only \"Never\" is supported when podFailurePolicy is specified")
            }
        case "Never": break
        default: unsupported(policy, ["OnFailure", "Never"])
        }
    }

    private mutating func jobUpdate(_ spec: Field, old: Value, hasStarted: Bool) {
        if (spec["completions"].value ?? .null) != (old["completions"] ?? .null) {
            if spec["completionMode"].string != "Indexed" {
                invalid(spec["completions"], "field is immutable", showing: spec["completions"].pointed)
            } else if spec["completions"].value != spec["parallelism"].value || old["completions"] != old["parallelism"]
            {
                invalid(spec["completions"], "can only be modified in tandem with spec.parallelism")
            }
        }
        immutable(spec["selector"], old["selector"])
        jobTemplateUpdate(spec, old: old, hasStarted: hasStarted)
        immutable(spec["completionMode"], old["completionMode"])
        for key in ["podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
            immutable(spec[key], old[key])
        }
    }

    /// A suspended Job that never ran may still change where its pods go (KEP-2926).
    private mutating func jobTemplateUpdate(_ spec: Field, old: Value, hasStarted: Bool) {
        var template = spec["template"].value?.object ?? Object()
        if old["suspend"] == true, !hasStarted, let before = old["template"]?.object {
            for path in [
                ["metadata", "labels"], ["metadata", "annotations"], ["spec", "nodeSelector"], ["spec", "tolerations"],
                ["spec", "affinity", "nodeAffinity"], ["spec", "schedulingGates"],
            ] {
                template.set(before.value(at: path), at: path[...])
            }
            if template.value(at: "spec", "affinity")?.object?.isEmpty == true {
                template.set(nil, at: "spec", "affinity")
            }
        }
        guard .object(template) != old["template"] else { return }
        invalid(
            spec["template"], "field is immutable",
            showing: GoStruct.dump(spec["template"].value, as: "PodTemplateSpec"))
    }
}
