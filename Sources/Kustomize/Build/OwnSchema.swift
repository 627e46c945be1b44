// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The types of an OpenAPI document that `openapi.path` names. They replace the built-in ones altogether: what is not in
/// the document merges as an unknown kind does.
struct OwnSchema: Sendable {
    var types: TypeTable
    /// Kinds that the document's paths put outside namespaces.
    var clusterScoped: Set<GroupVersionKind> = []

    /// - Throws: `RenderError` where the file is no OpenAPI document.
    init(_ bytes: [UInt8], file: String, limits: YAML.Limits) throws(RenderError) {
        let document: Value
        do throws(YAMLError) {
            document = try YAML.documents(bytes, file: file, dialect: .kustomize, limits: limits).first?.value ?? .null
        } catch {
            throw RenderError(.syntax, error)
        }
        guard document.object != nil else {
            throw RenderError(.syntax, file: file, "is no OpenAPI document: a map with `definitions` was expected")
        }
        types = TypeTable(openAPI: document)
        var namespaced: Set<GroupVersionKind> = []
        for path in document["paths"]?.object?.pairs ?? [] {
            guard let kind = TypeTable.kinds(path.value["get"]?["x-kubernetes-group-version-kind"]).first else {
                continue
            }
            if path.key.contains("namespaces/{namespace}") {
                namespaced.insert(kind)
            } else {
                clusterScoped.insert(kind)
            }
        }
        clusterScoped.subtract(namespaced)
    }
}

extension Builder {
    /// Takes the types that a kustomization's `openapi` names, unless an earlier one named some: they hold for all of the
    /// build, as in kustomize.
    mutating func chooseSchema(_ kustomization: Kustomization) {
        guard !hasChosenSchema, let rule = kustomization.schema else { return }
        hasChosenSchema = true
        guard let reference = rule.path else { return }
        do throws(RenderError) {
            let (path, bytes) = try reader.file(
                reference.value, from: kustomization.folder, namedIn: kustomization.file, at: reference.position,
                field: reference.path)
            schema = try OwnSchema(bytes, file: path, limits: limits.yaml)
        } catch {
            problems.append(error.named(in: kustomization.file, at: reference.position))
        }
    }
}
