// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// Runs a kustomization's transformations, in kustomize's fixed order.
    ///
    /// - Parameter isComplete: false where resources could not be loaded, so that missing targets prove nothing.
    mutating func transform(
        _ resources: inout ResourceAccumulator, by kustomization: Kustomization, isComplete: Bool
    ) {
        patch(&resources, kustomization.strategicMergePatches, of: kustomization, isComplete: isComplete)
        patch(&resources, kustomization.patches, of: kustomization, isComplete: isComplete)
        rename(&resources, by: kustomization)
        label(&resources, by: kustomization)
        patch(&resources, kustomization.jsonPatches, of: kustomization, isComplete: isComplete)
        scale(&resources, by: kustomization, isComplete: isComplete)
        let images = ImageTransformer(kustomization.images)
        for place in resources.indices { resources.change(at: place) { images.apply(to: &$0.object) } }
        replace(in: &resources, by: kustomization, isComplete: isComplete)
        guard metadata.tracksTransformations else { return }
        let notes = Self.transformations(of: kustomization)
        for place in resources.indices { resources.change(at: place) { $0.transformations += notes } }
    }

    private mutating func rename(_ resources: inout ResourceAccumulator, by kustomization: Kustomization) {
        if !kustomization.namespace.isEmpty {
            let transformer = NamespaceTransformer(namespace: kustomization.namespace)
            report(
                resources.changeAll(transformer.apply), after: "namespace: \(kustomization.namespace)",
                of: kustomization)
        }
        guard !kustomization.namePrefix.isEmpty || !kustomization.nameSuffix.isEmpty else { return }
        let transformer = AffixTransformer(prefix: kustomization.namePrefix, suffix: kustomization.nameSuffix)
        report(resources.changeAll(transformer.apply), after: "its name prefix and suffix", of: kustomization)
    }

    private mutating func label(_ resources: inout ResourceAccumulator, by kustomization: Kustomization) {
        for rule in kustomization.labels {
            let transformer = LabelTransformer(pairs: rule.pairs, reach: rule.reach, fields: rule.fields)
            for place in resources.indices { resources.change(at: place, transformer.apply) }
        }
        if !kustomization.commonLabels.isEmpty {
            let transformer = LabelTransformer(pairs: kustomization.commonLabels, reach: .selectors)
            for place in resources.indices { resources.change(at: place, transformer.apply) }
        }
        if !kustomization.commonAnnotations.isEmpty {
            let transformer = AnnotationTransformer(pairs: kustomization.commonAnnotations)
            for place in resources.indices { resources.change(at: place, transformer.apply) }
        }
    }

    private mutating func scale(
        _ resources: inout ResourceAccumulator, by kustomization: Kustomization, isComplete: Bool
    ) {
        for rule in kustomization.replicas {
            let places = resources.indices.filter { rule.replicas.matches(resources.resources[$0]) }
            if places.isEmpty, isComplete {
                problems.append(
                    RenderError(
                        .unmatched, file: kustomization.file, at: rule.position,
                        "no Deployment, StatefulSet, ReplicaSet or ReplicationController is called \(rule.replicas.name)"
                    ))
            }
            for place in places { resources.change(at: place, rule.replicas.apply) }
        }
    }

    /// Reports resources that a change gave the same identity.
    mutating func report(_ collisions: [(Resource, Resource)], after change: String, of kustomization: Kustomization) {
        for (first, second) in collisions {
            problems.append(
                RenderError(
                    .duplicate, file: kustomization.file,
                    "\(change) makes \(first.object.objectID) from \(first.origin) and from \(second.origin) the same"))
        }
    }
}
