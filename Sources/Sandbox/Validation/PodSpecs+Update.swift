// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Causes {
    /// A pod is what it was made as, but for images and a few more (`ValidatePodUpdate`).
    mutating func podUpdate(_ object: Object, old: Object) {
        let spec = Field("spec", object["spec"])
        let before = Field("spec", old["spec"])
        for list in ["containers", "initContainers"] {
            guard spec[list].count == before[list].count else {
                return forbidden(spec[list], "pod updates may not add or remove containers")
            }
            for container in spec[list].items {
                let image = container["image"].string
                if image.isEmpty {
                    required(container["image"])
                } else if image.first?.isWhitespace == true || image.last?.isWhitespace == true {
                    invalid(container["image"], "must not have leading or trailing whitespace")
                }
            }
        }
        guard deadlineUpdate(spec["activeDeadlineSeconds"], before["activeDeadlineSeconds"]) else { return }
        tolerationsUpdate(spec["tolerations"], before["tolerations"])
        if munged(spec, before) != before.value {
            forbidden(
                spec,
                "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
            )
        }
    }

    private mutating func deadlineUpdate(_ new: Field, _ old: Field) -> Bool {
        guard let seconds = new.integer else {
            if old.isSet { invalid(new, "must not update from a positive integer to nil value") }
            return true
        }
        guard (0...2_147_483_647).contains(seconds) else {
            invalid(new, "must be between 0 and 2147483647, inclusive")
            return false
        }
        guard let previous = old.integer, previous < seconds else { return true }
        invalid(new, "must be less than or equal to previous value")
        return false
    }

    private mutating func tolerationsUpdate(_ new: Field, _ old: Field) {
        func withoutSeconds(_ field: Field) -> Value? {
            var object = field.value?.object
            object?["tolerationSeconds"] = nil
            return object.map { .object($0) }
        }
        let kept = new.items.map(withoutSeconds)
        guard old.items.allSatisfy({ kept.contains(withoutSeconds($0)) }) else {
            return forbidden(new, "existing toleration can not be modified except its tolerationSeconds")
        }
        tolerations(new)
    }

    /// The new specification with the old values of what may change.
    private func munged(_ spec: Field, _ before: Field) -> Value? {
        var object = spec.value?.object ?? Object()
        for list in ["containers", "initContainers"] where object[list] != nil {
            let images = before[list].items.map { $0["image"].value }
            object[list] = .array(
                zip(spec[list].items, images).map { container, image in
                    var copy = container.value?.object ?? Object()
                    copy["image"] = image
                    return .object(copy)
                })
        }
        for key in ["activeDeadlineSeconds", "tolerations"] { object[key] = before[key].value }
        if let grace = before["terminationGracePeriodSeconds"].integer, grace < 0,
            spec["terminationGracePeriodSeconds"].integer == 1
        {
            object["terminationGracePeriodSeconds"] = .integer(grace)
        }
        // The scheduler binds pods through the same write path.
        if !before["nodeName"].isSet { object["nodeName"] = nil }
        let gates = before["schedulingGates"].value?.array ?? []
        if (object["schedulingGates"]?.array ?? []).allSatisfy(gates.contains) {
            object["schedulingGates"] = before["schedulingGates"].value
        }
        return .object(object)
    }
}
