// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// Runs a kustomization's generators: ConfigMaps first, then Secrets, then plugins.
    mutating func generate(_ kustomization: Kustomization, into resources: inout ResourceAccumulator) {
        for rule in kustomization.configMaps {
            let entries = entries(rule, kustomization)
            absorb(
                GeneratedResource.configMap(rule, entries, file: kustomization.file), rule, kustomization, &resources)
        }
        for rule in kustomization.secrets {
            let entries = entries(rule, kustomization)
            absorb(GeneratedResource.secret(rule, entries, file: kustomization.file), rule, kustomization, &resources)
        }
        for (plugin, configuration) in generators(kustomization) {
            var (resource, behavior) = generated(by: plugin, file: configuration.origin.file, kustomization)
            resource.provenance = Provenance(configuration: configuration)
            absorb(resource, behavior, &resources)
        }
    }

    private mutating func generated(
        by plugin: PluginGeneration, file: String, _ kustomization: Kustomization
    ) -> (Resource, GeneratorRule.Behavior) {
        switch plugin {
        case .configMap(let rule):
            (GeneratedResource.configMap(rule, entries(rule, kustomization), file: file), rule.behavior)
        case .secret(let rule):
            (GeneratedResource.secret(rule, entries(rule, kustomization), file: file), rule.behavior)
        case .resource(let resource): (resource, .create)
        }
    }

    private mutating func entries(
        _ rule: GeneratorRule, _ kustomization: Kustomization
    ) -> [KeyValueSources.Entry] {
        let sources = KeyValueSources(rule, of: kustomization, reader: &reader)
        problems += sources.problems
        warn(sources.warnings)
        return sources.entries
    }

    private mutating func absorb(
        _ resource: Resource, _ rule: GeneratorRule, _ kustomization: Kustomization,
        _ resources: inout ResourceAccumulator
    ) {
        let problemsBefore = problems.count
        absorb(resource, rule.behavior, &resources)
        nameField(rule.fieldPath, inProblemsFrom: problemsBefore, of: kustomization)
    }

    private mutating func absorb(
        _ resource: Resource, _ behavior: GeneratorRule.Behavior, _ resources: inout ResourceAccumulator
    ) {
        guard admit(1, from: resource.origin.file) else { return }
        var resource = resource
        resource.isTracked = metadata.isTracking
        let (kind, name) = (resource.object.kind, resource.object.name)
        let places = resources.places(withPresentOrPastID: resource.id)
        switch (behavior, places.count) {
        case (.create, 0): _ = resources.append(resource)
        case (.create, _):
            problems.append(
                RenderError(
                    .duplicate, at: resource.origin,
                    "\(kind) \(name) is there already, from \(resources.resources[places[0]].origin)",
                    hint: "set `behavior: merge` or `behavior: replace`"))
        case (.merge, 1), (.replace, 1):
            resources.change(at: places[0]) { old in
                old = GeneratedResource.succeed(resource, to: old, merging: behavior == .merge)
            }
        case (_, 0):
            problems.append(
                RenderError(
                    .unmatched, at: resource.origin, "no \(kind) \(name) to \(behavior.rawValue)",
                    hint: "leave `behavior` out to make a new one"))
        default:
            problems.append(
                RenderError(
                    .ambiguous, at: resource.origin, "more than one \(kind) was once called \(name)"))
        }
    }
}
