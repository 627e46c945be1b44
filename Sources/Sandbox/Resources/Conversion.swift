// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Conversion between the versions of a kind. Each kind is stored in one version and served in all.
extension Object {
    /// As a version of its kind; as it is where it is that already.
    func served(as type: ResourceType) -> Object {
        guard apiVersion != type.apiVersion else { return self }
        var copy: Object
        switch (groupVersionKind.group, type.group, type.kind, type.version) {
        case ("", "events.k8s.io", "Event", _): copy = EventConversion.toEvents(self)
        case ("events.k8s.io", "", "Event", _): copy = EventConversion.toCore(self)
        case (_, "autoscaling", "HorizontalPodAutoscaler", "v1"): copy = AutoscalerConversion.toV1(self)
        case (_, "autoscaling", "HorizontalPodAutoscaler", "v2"): copy = AutoscalerConversion.toV2(self)
        default: copy = self
        }
        copy["apiVersion"] = .string(type.apiVersion)
        guard let custom = type.custom else { return copy }
        return CustomSchema.pruned(copy, custom.schema)
    }
}

extension ResourceType {
    var schema: Schema {
        if let custom { return CustomSchema.schema(custom.schema) }
        return BuiltInSchemas.schema(for: groupVersionKind) ?? .deduced
    }
}

/// Events of the core group and of `events.k8s.io` are the same objects with other names for most fields.
enum EventConversion {
    private static let names = [
        ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"),
        ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
    ]

    static func toEvents(_ event: Object) -> Object { renamed(event, names.map { (from: $0.0, to: $0.1) }) }

    static func toCore(_ event: Object) -> Object { renamed(event, names.map { (from: $0.1, to: $0.0) }) }

    private static func renamed(_ event: Object, _ names: [(from: String, to: String)]) -> Object {
        Object(
            uniqueKeysWithValues: event.pairs.map { pair in
                let name = names.first { $0.from == pair.key }?.to ?? pair.key
                return Object.Pair(key: name, value: pair.value)
            })
    }
}
