// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Changes images: those of every list called `containers` or `initContainers`, however deep and in whatever kind, and
/// those in the configured fields; none in a CustomResourceDefinition, where such a list describes a schema.
struct ImageTransformer {
    /// In their order: a later one may be about an earlier one's new name.
    var images: [ImageOverride]
    var fields: FieldSpecs

    init(_ images: [ImageOverride], fields: FieldSpecs) {
        self.images = images
        self.fields = fields
    }

    func apply(to object: inout Object) throws(FieldMismatch) {
        guard !images.isEmpty, object.kind != "CustomResourceDefinition" else { return }
        // Kustomize goes twice over a container that is in a configured field too. Only a suffix shows that.
        guard images.contains(where: { $0.tagSuffix != nil }) else { return try applyAll(to: &object) }
        for image in images { try ImageTransformer([image], fields: fields).applyAll(to: &object) }
    }

    private func applyAll(to object: inout Object) throws(FieldMismatch) {
        if let changed = changed(.object(object))?.object { object = changed }
        for field in fields.matching(object.groupVersionKind) {
            var place = field
            // An image that is missing stays so, whatever the specification says.
            place.create = false
            try place.update(&object) { value throws(FieldMismatch) in
                if value.object != nil || value.array != nil {
                    throw FieldMismatch(field: field, expected: "an image", found: value)
                }
                guard let text = value.string, let new = changed(text) else { return }
                value = .string(new)
            }
        }
    }

    /// Nil where no override is about the image.
    private func changed(_ text: String) -> String? {
        var new: String?
        for place in images.indices where ImageNamePattern.mayMatch(images[place].name, new ?? text) {
            new = images[place].applied(to: new ?? text) ?? new
        }
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
}
