// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a round trip through the server's Go types does to an object: zero values that are `omitempty` go, quantities
/// take their canonical spelling.
enum Normalizer {
    static func normalized(_ object: Object, _ schema: Schema) -> Object {
        normalize(.object(object), schema)?.object ?? Object()
    }

    private static func normalize(_ value: Value, _ schema: Schema) -> Value? {
        switch schema.resolved(for: value) {
        case .scalar(.quantity): return quantity(value)
        case .list(let item, _):
            guard let items = value.array, !items.isEmpty else { return nil }
            return .array(items.map { normalize($0, item) ?? .null })
        case .map(let element, _):
            guard let object = value.object, !object.isEmpty else { return nil }
            if case .deduced = element { return value }
            return .object(
                Object(
                    uniqueKeysWithValues: object.pairs.map {
                        Object.Pair(key: $0.key, value: normalize($0.value, element) ?? $0.value)
                    }))
        case .record(let fields, _, _):
            guard let object = value.object else { return value }
            var result = Object()
            for pair in object.pairs where !pair.value.isNull {
                let field = fields.first { $0.name == pair.key }?.schema ?? .deduced
                if case .deduced = field {
                    result[pair.key] = pair.value
                } else if keepsZero(pair.key, in: schema, fields) {
                    result[pair.key] = normalize(pair.value, field) ?? pair.value
                } else if let value = normalize(pair.value, field), !isZero(value) {
                    result[pair.key] = value
                }
            }
            return .object(result)
        default: return value
        }
    }

    private static func isZero(_ value: Value) -> Bool {
        value == .string("") || value == .integer(0) || value == .bool(false)
    }

    private static func keepsZero(_ name: String, in schema: Schema, _ fields: [Schema.Field]) -> Bool {
        if name == "replicas" { return fields.contains { $0.name == "template" } || isRequired(name, schema) }
        return pointerFields.contains(name) || isRequired(name, schema)
    }

    private static func isRequired(_ name: String, _ schema: Schema) -> Bool {
        guard case .named(let type) = schema else { return false }
        return BuiltInSchemas.required(type).contains(name)
    }

    /// Canonical form; anything that is no quantity is left for validation to refuse.
    static func quantity(_ value: Value) -> Value {
        let text: String
        switch value {
        case .string(let string): text = string
        case .integer(let integer): text = String(integer)
        case .number(let number): text = number
        default: return value
        }
        return Quantity(text).map { .string($0.canonical) } ?? value
    }

    /// Scalars that are pointers in the Go types, so that zero and absent differ.
    private static let pointerFields: Set<String> = [
        "activeDeadlineSeconds", "allocateLoadBalancerNodePorts", "allowPrivilegeEscalation", "allowVolumeExpansion",
        "appProtocol", "automountServiceAccountToken", "averageUtilization", "backoffLimit", "blockOwnerDeletion",
        "collisionCount", "completions", "controller", "defaultMode", "deletionGracePeriodSeconds", "enableServiceLinks",
        "expirationSeconds", "failedJobsHistoryLimit", "fsGroup", "gracePeriodSeconds", "holderIdentity", "hostUsers",
        "immutable", "ingressClassName", "leaseDurationSeconds", "leaseTransitions", "maxSurge", "maxUnavailable",
        "minAvailable", "minReplicas", "mode", "optional", "parallelism", "partition", "podInfoOnMount",
        "preemptionPolicy", "priority", "privileged", "progressDeadlineSeconds", "readOnlyRootFilesystem", "ready",
        "revisionHistoryLimit", "runAsGroup", "runAsNonRoot", "runAsUser", "runtimeClassName", "serving", "setHostnameAsFQDN",
        "shareProcessNamespace", "started", "startingDeadlineSeconds", "storageClassName", "successfulJobsHistoryLimit",
        "suspend", "targetCPUUtilizationPercentage", "terminatingReplicas", "terminating",
        "terminationGracePeriodSeconds", "timeZone", "tolerationSeconds", "ttlSecondsAfterFinished",
    ]
}
