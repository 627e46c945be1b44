// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Source: ValidateEventCreate and legacyValidateEvent of pkg/apis/core/validation.
extension Causes {
    mutating func event(_ object: Object, isNew: Bool, type: ResourceType) {
        let isCore = type.group.isEmpty
        let regarding = Field("involvedObject", object[isCore ? "involvedObject" : "regarding"])
        let namespace = regarding["namespace"]
        func mismatch(_ causes: inout Causes) {
            causes.invalid(namespace, "does not match event.namespace", showing: .string(namespace.string))
        }
        if object["eventTime"]?.string == nil {
            let matches =
                namespace.string.isEmpty
                ? ["", "default"].contains(object.namespace) : namespace.string == object.namespace
            if !matches { mismatch(&self) }
        } else {
            if namespace.string.isEmpty, !["default", "kube-system"].contains(object.namespace) { mismatch(&self) }
            reporter(object, isCore: isCore)
        }
        guard !isCore, isNew else { return }
        if object["eventTime"]?.string == nil { required(Field("eventTime", nil)) }
        let kind = object["type"]?.string ?? ""
        if !["Normal", "Warning"].contains(kind) {
            invalid(Field("type", nil), "has invalid value: \(kind)", showing: "")
        }
        for (key, name) in [
            ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"),
            ("deprecatedCount", "count"),
        ] where object[key]?.isNull == false {
            invalid(Field(name, nil), "needs to be unset", showing: "")
        }
        if object["deprecatedSource"]?.object?.isEmpty == false {
            invalid(Field("source", nil), "needs to be unset", showing: "")
        }
    }

    /// Events of the newer kind say who reports what was done.
    private mutating func reporter(_ object: Object, isCore: Bool) {
        let name = object[isCore ? "reportingComponent" : "reportingController"]?.string ?? ""
        let controller = Field("reportingController", .string(name))
        if name.isEmpty { required(controller) }
        check(controller, NameRules.qualifiedName)
        for (key, limit) in [("reportingInstance", 128), ("action", 128), ("reason", 128)] {
            let text = object[key]?.string ?? ""
            if text.isEmpty { required(Field(key, nil)) }
            if text.utf8.count > limit {
                invalid(Field(key, nil), "can have at most \(limit) characters", showing: "")
            }
        }
        let message = object[isCore ? "message" : "note"]?.string ?? ""
        if message.utf8.count > 1024 {
            invalid(Field("message", nil), "can have at most 1024 characters", showing: "")
        }
    }
}
