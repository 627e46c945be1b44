// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// Runs a kustomization's transformations, in kustomize's fixed order.
    ///
    /// - Parameter isComplete: false where resources could not be loaded, so that missing targets prove nothing.
    mutating func transform(
        _ resources: inout ResourceAccumulator, by kustomization: Kustomization, isComplete: Bool
    ) {
        func note(_ kind: String, _ count: Int) {
            self.note(Self.transformer(kind, count, of: kustomization), in: &resources)
        }
        let merges = kustomization.strategicMergePatches
        patch(&resources, merges, of: kustomization, isComplete: isComplete)
        note("PatchStrategicMergeTransformer", merges.isEmpty ? 0 : 1)
        for rule in kustomization.patches {
            patch(&resources, [rule], of: kustomization, isComplete: isComplete)
            note("PatchTransformer", 1)
        }
        rename(&resources, by: kustomization)
        note("NamespaceTransformer", kustomization.namespace.isEmpty ? 0 : 1)
        note("PrefixTransformer", kustomization.namePrefix.isEmpty ? 0 : 1)
        note("SuffixTransformer", kustomization.nameSuffix.isEmpty ? 0 : 1)
        label(&resources, by: kustomization)
        // Where there are any labels, one transformer is for the common ones, with or without such.
        let hasLabels = !kustomization.labels.isEmpty || !kustomization.commonLabels.isEmpty
        note("LabelTransformer", hasLabels ? kustomization.labels.count + 1 : 0)
        note("AnnotationsTransformer", kustomization.commonAnnotations.isEmpty ? 0 : 1)
        for rule in kustomization.jsonPatches {
            patch(&resources, [rule], of: kustomization, isComplete: isComplete)
            note("PatchJson6902Transformer", 1)
        }
        let fields = resources.configuration
        for rule in kustomization.replicas {
            let transformer = ReplicaTransformer(name: rule.name, count: rule.count, fields: fields.replicas)
            let problemsBefore = problems.count
            scale(&resources, transformer, isComplete: isComplete, named: rule.position, in: kustomization)
            nameField(rule.fieldPath, inProblemsFrom: problemsBefore, of: kustomization)
        }
        if !kustomization.images.isEmpty {
            change(&resources, ImageTransformer(kustomization.images, fields: fields.images))
        }
        replace(in: &resources, kustomization.replacements, of: kustomization, isComplete: isComplete)
        note("ReplicaCountTransformer", kustomization.replicas.count)
        note("ImageTagTransformer", kustomization.images.count)
        note("ReplacementTransformer", kustomization.replacements.isEmpty ? 0 : 1)
        runTransformers(on: &resources, of: kustomization, isComplete: isComplete)
    }

    /// Writes down what has changed all resources, where that is asked for.
    mutating func note(_ transformations: [Provenance], in resources: inout ResourceAccumulator) {
        guard metadata.isTracking, !transformations.isEmpty else { return }
        for place in resources.indices {
            resources.change(at: place) { resource in transformations.forEach { resource.passed($0) } }
        }
    }

    private mutating func rename(_ resources: inout ResourceAccumulator, by kustomization: Kustomization) {
        let fields = resources.configuration
        if !kustomization.namespace.isEmpty {
            let transformer = NamespaceTransformer(
                namespace: kustomization.namespace, fields: fields.namespace,
                clusterScoped: schema?.clusterScoped ?? [])
            move(&resources, transformer, of: kustomization)
        }
        var affixes: [AffixTransformer] = []
        if !kustomization.namePrefix.isEmpty {
            affixes.append(AffixTransformer(place: .prefix, text: kustomization.namePrefix, fields: fields.namePrefix))
        }
        if !kustomization.nameSuffix.isEmpty {
            affixes.append(AffixTransformer(place: .suffix, text: kustomization.nameSuffix, fields: fields.nameSuffix))
        }
        affix(&resources, affixes, of: kustomization)
    }

    private mutating func label(_ resources: inout ResourceAccumulator, by kustomization: Kustomization) {
        let configuration = resources.configuration
        for rule in kustomization.labels {
            var fields = FieldSpecs(rule.fields)
            do throws(FieldConflict) {
                switch rule.reach {
                case .objects: break
                case .templates: try fields.merge(configuration.templateLabels)
                case .selectors: try fields.merge(configuration.commonLabels)
                }
                try fields.merge(configuration.labels)
            } catch {
                let conflict = ConfigurationConflict(list: "labels", field: error.field)
                problems.append(
                    RenderError(
                        .invalidField, file: kustomization.file,
                        "field specifications contradict each other: \(conflict.description)",
                        hint: "state the same `create` wherever a field is specified"))
                continue
            }
            change(&resources, PairTransformer(pairs: rule.pairs, fields: fields))
        }
        change(&resources, PairTransformer(pairs: kustomization.commonLabels, fields: configuration.commonLabels))
        change(
            &resources,
            PairTransformer(pairs: kustomization.commonAnnotations, fields: configuration.commonAnnotations))
    }
}

// MARK: - Single transformations

extension Builder {
    mutating func move(
        _ resources: inout ResourceAccumulator, _ transformer: NamespaceTransformer, of kustomization: Kustomization
    ) {
        guard !transformer.namespace.isEmpty else { return }
        let collisions = changeAll(&resources, transformer.apply)
        report(collisions, after: "namespace: \(transformer.namespace)", of: kustomization)
    }

    /// Names that several affixes change together are compared once: in between they may be the same.
    mutating func affix(
        _ resources: inout ResourceAccumulator, _ transformers: [AffixTransformer], of kustomization: Kustomization
    ) {
        guard !transformers.isEmpty else { return }
        let collisions = changeAll(&resources) { resource throws(FieldMismatch) in
            for transformer in transformers { try transformer.apply(to: &resource) }
        }
        report(collisions, after: "its name prefix and suffix", of: kustomization)
    }

    mutating func change(_ resources: inout ResourceAccumulator, _ transformer: PairTransformer) {
        guard !transformer.pairs.isEmpty else { return }
        change(&resources, transformer.apply)
    }

    mutating func change(_ resources: inout ResourceAccumulator, _ transformer: ImageTransformer) {
        change(&resources) { resource throws(FieldMismatch) in try transformer.apply(to: &resource.object) }
    }

    mutating func scale(
        _ resources: inout ResourceAccumulator, _ transformer: ReplicaTransformer, isComplete: Bool,
        named position: YAMLNode.Position, in kustomization: Kustomization
    ) {
        let places = resources.indices.filter { transformer.matches(resources.resources[$0]) }
        if places.isEmpty, isComplete {
            var kinds: [String] = []
            for field in transformer.fields.all where !kinds.contains(field.selector.kind) {
                kinds.append(field.selector.kind)
            }
            problems.append(
                RenderError(
                    .unmatched, file: kustomization.file, at: position,
                    "no \(kinds.joined(separator: ", ")) is called \(transformer.name)"))
        }
        change(&resources, at: places, transformer.apply)
    }

    private mutating func change(
        _ resources: inout ResourceAccumulator, at places: [Int]? = nil,
        _ body: (inout Resource) throws(FieldMismatch) -> Void
    ) {
        for place in places ?? Array(resources.indices) {
            resources.change(at: place) { attempt(body, on: &$0) }
        }
    }

    private mutating func changeAll(
        _ resources: inout ResourceAccumulator, _ body: (inout Resource) throws(FieldMismatch) -> Void
    ) -> [(Resource, Resource)] {
        resources.changeAll { attempt(body, on: &$0) }
    }

    mutating func attempt(_ body: (inout Resource) throws(FieldMismatch) -> Void, on resource: inout Resource) {
        do throws(FieldMismatch) {
            try body(&resource)
        } catch {
            problems.append(RenderError(error, of: Manifest(object: resource.object, origin: resource.origin)))
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
