// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// The generators that a kustomization lists, in order; what is wrong with one is a problem.
    mutating func generators(_ kustomization: Kustomization) -> [(PluginGeneration, Resource)] {
        var result: [(PluginGeneration, Resource)] = []
        var overlooked: [RenderWarning] = []
        for resource in plugins(kustomization.generators, kustomization) {
            do throws(RenderErrors) {
                result.append((try PluginDecoder.generation(resource, warnings: &overlooked), resource))
            } catch {
                problems += error.errors
            }
        }
        warn(overlooked)
        return result
    }

    mutating func runTransformers(
        on resources: inout ResourceAccumulator, of kustomization: Kustomization, isComplete: Bool
    ) {
        for (plugin, configuration) in transformers(kustomization.transformers, kustomization) {
            let origin = configuration.origin
            reporting(at: origin, kustomization) { builder in
                builder.run(plugin, on: &resources, of: kustomization, origin, isComplete: isComplete)
            }
            note([Provenance(configuration: configuration)], in: &resources)
        }
    }

    /// A validator is a transformer that changes nothing; it may leave the label `validated-by`.
    mutating func runValidators(
        on resources: inout ResourceAccumulator, of kustomization: Kustomization, isComplete: Bool
    ) {
        for (plugin, configuration) in transformers(kustomization.validators, kustomization) {
            let origin = configuration.origin
            let before = resources.resources.map(\.object)
            reporting(at: origin, kustomization) { builder in
                builder.run(plugin, on: &resources, of: kustomization, origin, isComplete: isComplete)
            }
            let after = resources.resources.map { Self.withoutValidationLabel($0.object) }
            guard before != after else { continue }
            problems.append(
                RenderError(
                    .invalidField, at: origin, "a validator changes objects",
                    hint: "list it under `transformers` if it is meant to"))
        }
    }

    private static func withoutValidationLabel(_ object: Object) -> Object {
        var labels = object.labels
        guard labels["validated-by"] != nil else { return object }
        labels["validated-by"] = nil
        var result = object
        result.set(labels.isEmpty ? nil : .object(labels), at: "metadata", "labels")
        return result
    }

    private mutating func transformers(
        _ references: [Located<String>], _ kustomization: Kustomization
    ) -> [(PluginTransformation, Resource)] {
        var result: [(PluginTransformation, Resource)] = []
        var overlooked: [RenderWarning] = []
        for resource in plugins(references, kustomization) {
            do throws(RenderErrors) {
                result.append((try PluginDecoder.transformation(resource, warnings: &overlooked), resource))
            } catch {
                problems += error.errors
            }
        }
        warn(overlooked)
        return result
    }

    /// Configurations of plugins: those that stand in the kustomization itself first, then those from files and folders,
    /// which are built like resources.
    private mutating func plugins(_ references: [Located<String>], _ kustomization: Kustomization) -> [Resource] {
        var found = ResourceAccumulator()
        for reference in references where Self.isInline(reference.value) {
            do throws(ManifestErrors) {
                let bytes = Array(reference.value.utf8)
                for manifest in try ManifestReader.manifests(
                    bytes, file: kustomization.file, dialect: .kustomize, limits: limits.yaml)
                {
                    let origin = Origin(
                        file: kustomization.file, document: manifest.origin.document, line: reference.position.line)
                    add(Resource(object: manifest.object, origin: origin), to: &found)
                }
            } catch {
                problems += error.problems.map {
                    RenderError(
                        .syntax, file: kustomization.file, at: reference.position, "line \($0.line): \($0.message)")
                }
            }
        }
        for reference in references where !Self.isInline(reference.value) {
            add(reference, of: kustomization, to: &found)
        }
        return found.resources
    }

    private static func isInline(_ text: String) -> Bool { text.contains("\n") || text.hasPrefix("{") }

    /// What goes wrong with a plugin is a problem of the file that configures it.
    private mutating func reporting(
        at origin: Origin, _ kustomization: Kustomization, _ body: (inout Builder) -> Void
    ) {
        let before = problems.count
        body(&self)
        for index in problems.indices.dropFirst(before) where problems[index].file == kustomization.file {
            problems[index].file = origin.file
            problems[index].line = origin.line
            problems[index].column = nil
        }
    }

    private mutating func run(
        _ plugin: PluginTransformation, on resources: inout ResourceAccumulator, of kustomization: Kustomization,
        _ origin: Origin, isComplete: Bool
    ) {
        switch plugin {
        case .affixes(let transformers): affix(&resources, transformers, of: kustomization)
        case .namespace(var transformer):
            transformer.clusterScoped = schema?.clusterScoped ?? []
            move(&resources, transformer, of: kustomization)
        case .pairs(let transformer): change(&resources, transformer)
        case .images(let transformer): change(&resources, transformer)
        case .replicas(let transformer):
            let position = YAMLNode.Position(line: origin.line, column: 1)
            scale(&resources, transformer, isComplete: isComplete, named: position, in: kustomization)
        case .patches(let rules): patch(&resources, rules, of: kustomization, isComplete: isComplete)
        case .hashes:
            let collisions = resources.changeAll { if $0.needsHash { $0.addHash() } }
            report(collisions, after: "a HashTransformer", of: kustomization)
        case .replacements(let rules): replace(in: &resources, rules, of: kustomization, isComplete: isComplete)
        case .values(let transformer):
            guard let transformer = completed(transformer, kustomization) else { return }
            let collisions = resources.changeAll { attempt(transformer.apply, on: &$0) }
            report(collisions, after: "a ValueAddTransformer", of: kustomization)
        }
    }

    private mutating func completed(
        _ transformer: ValueAddTransformer, _ kustomization: Kustomization
    ) -> ValueAddTransformer? {
        var result = transformer
        if result.value.isEmpty { result.value = TreePath.name(of: kustomization.folder) }
        guard !result.value.isEmpty else {
            problems.append(
                RenderError(
                    .invalidField, file: kustomization.file,
                    "a ValueAddTransformer has no value, and the repository's root has no name",
                    hint: "set its `value`"))
            return nil
        }
        guard let file = transformer.targetFile else { return result }
        do throws(RenderError) {
            let (path, bytes) = try reader.file(
                file.value, from: kustomization.folder, namedIn: kustomization.file, at: file.position)
            do throws(StrictErrors) {
                var overlooked: [RenderWarning] = []
                result.targets += try StrictDecoder.decode(
                    bytes, file: path, limits: limits.yaml, leniency: .kustomizePluginFile,
                    overlooked: { overlooked.append(RenderWarning(overlooked: $0)) }, ValueAddTransformer.targets)
                warn(overlooked)
            } catch {
                problems += error.problems.map(RenderError.init)
                return nil
            }
        } catch {
            problems.append(error)
            return nil
        }
        return result
    }
}
