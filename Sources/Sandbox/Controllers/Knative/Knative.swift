// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the Knative controllers have in common: kinds, labels, and the definitions they stand on.
enum Knative {
    static let group = "serving.knative.dev"
    static let configurationLabel = "serving.knative.dev/configuration"
    static let generationLabel = "serving.knative.dev/configurationGeneration"
    static let revisionLabel = "serving.knative.dev/revision"
    static let serviceLabel = "serving.knative.dev/service"
    static let routingLabel = "serving.knative.dev/routingState"

    /// Labels by kind and uid of what an object comes from.
    static func labels(of owner: Object, _ key: String) -> [(String, String)] {
        [(key, owner.name), ("\(key)UID", owner.uid)]
    }

    static func object(
        _ kind: GroupKind, _ name: String, owner: Object, labels: [(String, String)], annotations: Object = Object(),
        spec: Value
    ) -> Object {
        var all = owner.labels
        for (key, value) in labels { all[key] = .string(value) }
        var metadata: Object = [
            "name": .string(name), "namespace": .string(owner.namespace), "labels": .object(all),
            "ownerReferences": [owner.asController],
        ]
        if !annotations.isEmpty { metadata["annotations"] = .object(annotations) }
        return [
            "apiVersion": "serving.knative.dev/v1", "kind": .string(kind.kind), "metadata": .object(metadata),
            "spec": spec,
        ]
    }

    // MARK: Definitions

    private static let siblings = [
        ("configurations", "configuration", "Configuration", ["config", "cfg"]),
        ("revisions", "revision", "Revision", ["rev"]), ("routes", "route", "Route", ["rt"]),
    ]

    /// Definitions that an installation of Knative has beside that of Services, and this cluster has not.
    static func missingDefinitions(in cluster: any ClusterReader) -> [Object] {
        func stored(_ plural: String) -> Object? {
            cluster.object(GroupKind.customResourceDefinition.named("\(plural).\(group)"))
        }
        // Without a server there are no definitions, and none are needed.
        guard stored("services") != nil else { return [] }
        return siblings.filter { stored($0.0) == nil }.map { plural, singular, kind, shortNames in
            [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": .string("\(plural).\(group)")],
                "spec": [
                    "group": .string(group), "scope": "Namespaced",
                    "names": [
                        "plural": .string(plural), "singular": .string(singular), "kind": .string(kind),
                        "listKind": .string("\(kind)List"), "shortNames": .array(shortNames.map(Value.string)),
                        "categories": ["all", "knative", "serving"],
                    ],
                    "versions": [
                        [
                            "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
                            "schema": [
                                "openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
                            ],
                        ]
                    ],
                ],
            ]
        }
    }

    /// All that an installation has are served.
    static func isInstalled(in cluster: any ClusterReader) -> Bool {
        (siblings.map(\.0) + ["services"]).allSatisfy { plural in
            let id = GroupKind.customResourceDefinition.named("\(plural).\(group)")
            return cluster.object(id)?["status"]?.object?.holds("Established") ?? true
        }
    }
}

extension GroupKind {
    static let knativeService = GroupKind(group: Knative.group, kind: "Service")
    static let knativeConfiguration = GroupKind(group: Knative.group, kind: "Configuration")
    static let knativeRevision = GroupKind(group: Knative.group, kind: "Revision")
    static let knativeRoute = GroupKind(group: Knative.group, kind: "Route")
}

extension Object {
    /// The condition `Ready`, under another name.
    func readyCondition(as type: String) -> Condition {
        let ready = self["status"]?.object?.condition("Ready")
        // What has not been looked at since it was changed is not known.
        let isCurrent = count("observedGeneration") >= (int(at: "metadata", "generation") ?? 0)
        guard isCurrent else {
            return Condition(
                type: type, status: .isUnknown, reason: "OutOfDate",
                message: "The \(kind) is still working to reflect the latest desired specification.")
        }
        guard let ready else { return Condition(type: type, status: .isUnknown) }
        return Condition(
            type: type, status: ready["status"]?.string.flatMap(Condition.Status.init) ?? .isUnknown,
            reason: ready["reason"]?.string ?? "", message: ready["message"]?.string ?? "")
    }

    /// Sets conditions and what comes of them all: `Ready` is false as the last that is, else unknown as the last that is.
    mutating func setKnativeConditions(_ conditions: [Condition], now: Timestamp, ignoring: [String] = []) {
        let counted = conditions.filter { !ignoring.contains($0.type) }
        var ready =
            counted.last { $0.status == .isFalse } ?? counted.last { $0.status == .isUnknown }
            ?? Condition(type: "", status: .isTrue)
        ready.type = "Ready"
        if ready.status == .isTrue { (ready.reason, ready.message) = ("", "") }
        for condition in (conditions + [ready]).sorted(by: { $0.type < $1.type }) {
            setCondition(condition, now: now)
        }
    }
}
