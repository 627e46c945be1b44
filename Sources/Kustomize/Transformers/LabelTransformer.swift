// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Puts labels on objects and, where asked, on their pod templates and selectors.
struct LabelTransformer {
    /// Which fields get the labels beyond `metadata.labels`.
    enum Reach {
        case objects, templates, selectors
    }

    var pairs: [(String, String)]
    var reach: Reach
    /// Further fields that the kustomization names.
    var fields: [FieldSpec] = []

    func apply(to resource: inout Resource) {
        for field in fields { field.setPairs(pairs, in: &resource.object) }
        FieldSpec("metadata/labels", create: true).setPairs(pairs, in: &resource.object)
        if reach != .objects {
            for field in Self.templates[resource.object.kind] ?? [] { field.setPairs(pairs, in: &resource.object) }
        }
        if reach == .selectors {
            for field in Self.selectors[resource.object.kind] ?? [] { field.setPairs(pairs, in: &resource.object) }
        }
    }

    private static let templates = byKind(
        ["Deployment", "ReplicaSet", "DaemonSet", "ReplicationController"].map {
            FieldSpec("spec/template/metadata/labels", kind: $0, create: true)
        } + [
            FieldSpec("spec/template/metadata/labels", group: "apps", kind: "StatefulSet", create: true),
            FieldSpec("spec/volumeClaimTemplates[]/metadata/labels", group: "apps", kind: "StatefulSet", create: true),
            FieldSpec("spec/template/metadata/labels", group: "batch", kind: "Job", create: true),
            FieldSpec("spec/jobTemplate/metadata/labels", group: "batch", kind: "CronJob", create: true),
            FieldSpec("spec/jobTemplate/spec/template/metadata/labels", group: "batch", kind: "CronJob", create: true),
        ])

    private static let selectors = byKind(
        [
            FieldSpec("spec/selector", version: "v1", kind: "Service", create: true),
            FieldSpec("spec/selector", version: "v1", kind: "ReplicationController", create: true),
            FieldSpec("spec/selector/matchLabels", kind: "Deployment", create: true),
            FieldSpec("spec/selector/matchLabels", kind: "ReplicaSet", create: true),
            FieldSpec("spec/selector/matchLabels", kind: "DaemonSet", create: true),
            FieldSpec("spec/selector/matchLabels", group: "apps", kind: "StatefulSet", create: true),
            FieldSpec("spec/selector/matchLabels", group: "batch", kind: "Job"),
            FieldSpec("spec/jobTemplate/spec/selector/matchLabels", group: "batch", kind: "CronJob"),
            FieldSpec("spec/selector/matchLabels", group: "policy", kind: "PodDisruptionBudget"),
            FieldSpec("spec/podSelector/matchLabels", group: "networking.k8s.io", kind: "NetworkPolicy"),
            FieldSpec("spec/ingress/from/podSelector/matchLabels", group: "networking.k8s.io", kind: "NetworkPolicy"),
            FieldSpec("spec/egress/to/podSelector/matchLabels", group: "networking.k8s.io", kind: "NetworkPolicy"),
        ] + affinity("Deployment") + affinity("StatefulSet"))

    private static func affinity(_ kind: String) -> [FieldSpec] {
        let pod = "spec/template/spec"
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels"
        let required = "requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels"
        return [
            "affinity/podAffinity/\(preferred)", "affinity/podAffinity/\(required)",
            "affinity/podAntiAffinity/\(preferred)", "affinity/podAntiAffinity/\(required)",
            "topologySpreadConstraints/labelSelector/matchLabels",
        ].map { FieldSpec("\(pod)/\($0)", group: "apps", kind: kind) }
    }

    private static func byKind(_ fields: [FieldSpec]) -> [String: [FieldSpec]] {
        Dictionary(grouping: fields) { $0.selector.kind }
    }
}

/// Puts annotations on objects and on their pod templates.
struct AnnotationTransformer {
    var pairs: [(String, String)]

    func apply(to resource: inout Resource) {
        FieldSpec("metadata/annotations", create: true).setPairs(pairs, in: &resource.object)
        for field in Self.templates[resource.object.kind] ?? [] { field.setPairs(pairs, in: &resource.object) }
    }

    private static let templates: [String: [FieldSpec]] = Dictionary(
        grouping: [
            FieldSpec("spec/template/metadata/annotations", version: "v1", kind: "ReplicationController", create: true),
            FieldSpec("spec/template/metadata/annotations", kind: "Deployment", create: true),
            FieldSpec("spec/template/metadata/annotations", kind: "ReplicaSet", create: true),
            FieldSpec("spec/template/metadata/annotations", kind: "DaemonSet", create: true),
            FieldSpec("spec/template/metadata/annotations", kind: "StatefulSet", create: true),
            FieldSpec("spec/template/metadata/annotations", group: "batch", kind: "Job", create: true),
            FieldSpec("spec/jobTemplate/metadata/annotations", group: "batch", kind: "CronJob", create: true),
            FieldSpec(
                "spec/jobTemplate/spec/template/metadata/annotations", group: "batch", kind: "CronJob", create: true),
        ]
    ) { $0.selector.kind }
}

extension FieldSpec {
    /// Sets string members of the map at this field.
    func setPairs(_ pairs: [(String, String)], in object: inout Object) {
        guard !pairs.isEmpty else { return }
        update(&object, empty: .object(Object())) { value in
            guard case .object(var map) = value else { return }
            for (key, text) in pairs { map[key] = .string(text) }
            value = .object(map)
        }
    }
}
