// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What every rendered object goes through last, wherever it comes from: image overrides, the default namespace,
/// Secrets in their stored form, and the check that no object is there twice.
struct Finisher {
    private let request: RenderRequest
    private(set) var problems: [RenderError] = []
    private(set) var warnings: [RenderWarning] = []

    init(request: RenderRequest) { self.request = request }

    mutating func finish(_ manifests: [Manifest]) -> [Manifest] {
        let images = ImageTransformer(request.images, fields: Self.imageFields)
        let clusterScoped = ScopeTable.clusterScopedKinds(declaredIn: manifests)
        var finished = manifests
        for index in finished.indices {
            do throws(FieldMismatch) {
                try images.apply(to: &finished[index].object)
            } catch {
                problems.append(RenderError(error, of: finished[index]))
            }
            let kind = finished[index].groupVersionKind.groupKind
            let isClusterScoped = ScopeTable.isClusterScoped(kind) || clusterScoped.contains(kind)
            refuseNumbers(in: finished[index])
            setNamespace(of: &finished[index], isClusterScoped: isClusterScoped)
            storeSecret(&finished[index])
        }
        refuseDuplicates(finished)
        return finished
    }

    /// Kustomize forgets the image volumes of CronJobs.
    private static let imageFields = FieldSpecs(
        TransformerConfiguration.builtIn.images.all + [
            FieldSpec("spec/jobTemplate/spec/template/spec/volumes[]/image/reference", kind: "CronJob")
        ])

    /// Kustomize carries on numbers for names, and labels of any form; a server could not even read them.
    private mutating func refuseNumbers(in manifest: Manifest) {
        let fields: [([String], String)] = [
            (["apiVersion"], "string"), (["kind"], "string"), (["metadata", "name"], "string"),
            (["metadata", "namespace"], "string"), (["metadata", "labels"], "map"),
        ]
        for (path, expected) in fields {
            guard let found = manifest.object.value(at: path)?.typeName, found != expected, found != "null" else {
                continue
            }
            problems.append(
                RenderError(
                    .invalidField, at: manifest.origin,
                    "\(path.joined(separator: ".")) of \(manifest.id) must be a \(expected), but is a \(found)",
                    hint: expected == "string" ? "put it in quotes" : nil))
        }
    }

    private mutating func setNamespace(of manifest: inout Manifest, isClusterScoped: Bool) {
        let stated = manifest.object.namespace
        if isClusterScoped {
            guard manifest.object.value(at: "metadata", "namespace") != nil else { return }
            manifest.object.set(nil, at: "metadata", "namespace")
            if !stated.isEmpty {
                warnings.append(
                    RenderWarning(
                        at: manifest.origin,
                        "\(manifest.id) belongs to the cluster, its namespace \(stated) is left out"))
            }
        } else if stated.isEmpty, let namespace = request.namespace, !namespace.isEmpty {
            manifest.object.set(.string(namespace), at: "metadata", "namespace")
        }
    }

    /// `stringData` is write-only: the server keeps `data`, and what is compared must have that form. Its entries win
    /// over those of `data`, as on the server.
    private mutating func storeSecret(_ manifest: inout Manifest) {
        guard manifest.object.kind == "Secret", manifest.object.apiVersion == "v1",
            let entries = manifest.object["stringData"]
        else { return }
        switch entries {
        case .null: break
        case .object(let entries):
            for pair in entries.pairs {
                guard let text = pair.value.string else {
                    problems.append(
                        RenderError(
                            .invalidField, at: manifest.origin,
                            "stringData.\(pair.key) of \(manifest.id) is a \(pair.value.typeName), not a string",
                            hint: "put it in quotes"))
                    continue
                }
                manifest.object.set(.string(Base64.encode(Array(text.utf8))), at: "data", pair.key)
            }
        default:
            problems.append(
                RenderError(
                    .invalidField, at: manifest.origin,
                    "stringData of \(manifest.id) is a \(entries.typeName), not a map"))
        }
        manifest.object["stringData"] = nil
    }

    private mutating func refuseDuplicates(_ manifests: [Manifest]) {
        var origins: [ObjectID: Origin] = [:]
        for manifest in manifests {
            if let first = origins[manifest.id] {
                problems.append(
                    RenderError(
                        .duplicate, at: manifest.origin, "\(manifest.id) is there already, from \(first)",
                        hint: "remove one of the two"))
            } else {
                origins[manifest.id] = manifest.origin
            }
        }
    }
}
