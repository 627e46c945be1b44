// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// Adds what a kustomization says of fields (`configurations`, `crds`) to what its bases said.
    mutating func configure(_ resources: inout ResourceAccumulator, by kustomization: Kustomization) {
        var additions = TransformerConfiguration()
        for reference in kustomization.configurations {
            guard let (bytes, path) = contents(of: reference, kustomization) else { continue }
            do throws(RenderErrors) {
                let configuration = try ConfigurationDecoder.decode(bytes, file: path, limits: limits.yaml)
                merge(configuration, into: &additions, reference, kustomization)
            } catch {
                problems += error.errors
            }
        }
        var own = TransformerConfiguration.builtIn
        if let first = kustomization.configurations.first { merge(additions, into: &own, first, kustomization) }
        merge(own, into: &resources.configuration, kustomization.configurations.first, kustomization)
        for reference in kustomization.crds {
            guard let (bytes, path) = contents(of: reference, kustomization) else { continue }
            let references = SchemaReferences(bytes, file: path, limits: limits.yaml)
            problems += references.problems
            merge(references.configuration, into: &resources.configuration, reference, kustomization)
        }
    }

    /// Takes over what a base, named by `reference`, says of fields.
    mutating func merge(
        _ other: TransformerConfiguration, into configuration: inout TransformerConfiguration,
        _ reference: Located<String>?, _ kustomization: Kustomization
    ) {
        do throws(ConfigurationConflict) {
            try configuration.merge(other)
        } catch {
            problems.append(
                RenderError(
                    .invalidField, file: kustomization.file, at: reference?.position,
                    "field specifications contradict each other: \(error.description)",
                    hint: "state the same `create` wherever a field is specified"))
        }
    }

    private mutating func contents(
        of reference: Located<String>, _ kustomization: Kustomization
    ) -> (bytes: [UInt8], path: String)? {
        do throws(RenderError) {
            let (path, bytes) = try reader.file(
                reference.value, from: kustomization.folder, namedIn: kustomization.file, at: reference.position,
                field: reference.path)
            return (bytes, path)
        } catch {
            problems.append(error)
            return nil
        }
    }
}
