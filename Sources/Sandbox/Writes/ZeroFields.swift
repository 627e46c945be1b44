// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Fields that the server's Go types write even where nobody said anything: structs and strings without `omitempty`.
enum ZeroFields {
    static func fill(_ object: inout Object, _ type: ResourceType) {
        switch (type.group, type.kind) {
        case ("", "Pod"): podConditions(&object)
        case ("", "Event"): event(&object)
        default: break
        }
    }

    private static func podConditions(_ pod: inout Object) {
        guard let conditions = pod.value(at: "status", "conditions")?.array else { return }
        let filled = conditions.map { condition -> Value in
            guard var object = condition.object, object["lastProbeTime"] == nil else { return condition }
            object["lastProbeTime"] = .null
            return .object(object)
        }
        pod.set(.array(filled), at: "status", "conditions")
    }

    private static func event(_ event: inout Object) {
        for key in ["firstTimestamp", "lastTimestamp", "eventTime"] where event[key] == nil { event[key] = .null }
        if event["source"] == nil { event["source"] = [:] }
        for key in ["reportingComponent", "reportingInstance"] where event[key] == nil { event[key] = "" }
    }
}
