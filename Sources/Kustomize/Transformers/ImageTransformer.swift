// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Changes images: those of every list called `containers` or `initContainers`, however deep and in whatever kind
/// (but in no CustomResourceDefinition, where such a list describes a schema), and of image volumes.
struct ImageTransformer {
    /// In their order: a later one may be about an earlier one's new name.
    var images: [ImageOverride]

    init(_ images: [ImageOverride]) { self.images = images }

    func apply(to object: inout Object) {
        guard !images.isEmpty else { return }
        for field in Self.volumes { field.update(&object, change) }
        guard object.kind != "CustomResourceDefinition" else { return }
        guard let changed = changed(.object(object))?.object else { return }
        object = changed
    }

    private func change(_ value: inout Value) {
        guard let text = value.string, let new = changed(text) else { return }
        value = .string(new)
    }

    /// Nil where no override is about the image.
    private func changed(_ text: String) -> String? {
        var new: String?
        for image in images { new = image.applied(to: new ?? text) ?? new }
        return new
    }

    /// The value with its images changed; nil where there is nothing to change, which is most of a tree.
    private func changed(_ value: Value) -> Value? {
        switch value {
        case .array(let elements):
            var result: [Value]?
            for (index, element) in elements.enumerated() {
                guard let new = changed(element) else { continue }
                result = result ?? elements
                result?[index] = new
            }
            return result.map { .array($0) }
        case .object(let object):
            var result: Object?
            for pair in object.pairs {
                var new = changed(pair.value)
                if pair.key == "containers" || pair.key == "initContainers" {
                    new = changedContainers(new ?? pair.value) ?? new
                }
                guard let new else { continue }
                result = result ?? object
                result?[pair.key] = new
            }
            return result.map { .object($0) }
        default: return nil
        }
    }

    private func changedContainers(_ list: Value) -> Value? {
        guard var containers = list.array else { return nil }
        var isChanged = false
        for index in containers.indices {
            guard case .object(var container) = containers[index], let text = container["image"]?.string,
                let new = changed(text)
            else { continue }
            container["image"] = .string(new)
            containers[index] = .object(container)
            isChanged = true
        }
        return isChanged ? .array(containers) : nil
    }

    private static let volumes = [
        FieldSpec("spec/volumes[]/image/reference"), FieldSpec("spec/template/spec/volumes[]/image/reference"),
        FieldSpec("spec/jobTemplate/spec/template/spec/volumes[]/image/reference"),
    ]
}
