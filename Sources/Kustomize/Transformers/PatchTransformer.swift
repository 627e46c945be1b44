// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Applies one patch document to the resources that it is for.
///
/// A list is a JSON patch (RFC 6902) and needs a target. A map is a strategic merge patch: without a target it is for
/// the resource that it names.
struct PatchTransformer {
    /// A place in the accumulator, and what stands there afterwards; nil where the patch deletes it.
    typealias Change = (place: Int, resource: Resource?)

    let rule: PatchRule
    let file: String
    /// False where resources could not be loaded, so that a missing target proves nothing.
    let isComplete: Bool
    /// Types of one's own that replace the built-in ones.
    var types: TypeTable?
    /// What copies may still put into objects; negative once that was too much.
    var copies = Int.max
    private(set) var problems: [RenderError] = []

    init(rule: PatchRule, file: String, isComplete: Bool) {
        self.rule = rule
        self.file = file
        self.isComplete = isComplete
    }

    mutating func changes(by patch: Value, to resources: inout ResourceAccumulator) -> [Change] {
        switch patch {
        case .array: operate(patch, on: resources)
        case .object(let object): merge(object, into: &resources)
        default:
            refuse(.patch, "a patch is a map or a list of operations, this is a \(patch.typeName)")
        }
    }

    private mutating func operate(_ operations: Value, on resources: ResourceAccumulator) -> [Change] {
        guard let target = rule.target else {
            return refuse(.patch, "a JSON patch has no target", hint: "say under `target` what it is for")
        }
        let copiesNotes = Self.copiesAnnotations(operations)
        var changes: [Change] = []
        for place in resources.indices where target.selects(resources.resources[place]) {
            var resource = resources.resources[place]
            // Only under `patches` kustomize notes the name that there was: references follow a new one there.
            if rule.field == .patches { resource.rememberID() }
            do throws(PatchError) {
                let object = copiesNotes ? resource.objectWithAnnotations : resource.notedObject
                let patched = try JSONPatch.apply(
                    operations, to: .object(object), flavor: .kustomize, copying: &copies)
                guard case .object(let object) = patched else {
                    report("the patch leaves no object of \(resource.object.objectID)")
                    continue
                }
                if !resource.adopt(object), !copiesNotes { resource.forgetProvenance() }
                // Annotations without any are none to what comes after.
                if resource.object.value(at: "metadata", "annotations") == .object(Object()) {
                    resource.object.set(nil, at: "metadata", "annotations")
                }
                resource.sharedPairs = []
                if isNameable(resource) { changes.append((place, resource)) }
            } catch {
                let lacksAnnotations =
                    rule.field == .json6902 && error.path.hasPrefix("/metadata/annotations/")
                    && resource.notedObject.value(at: "metadata", "annotations") == nil
                report(
                    "does not fit \(resource.object.objectID) from \(resource.origin): \(error)",
                    hint: lacksAnnotations ? "under `patches` every object has annotations to patch" : nil)
            }
        }
        return changes
    }

    /// True for operations that would put a note elsewhere, where nothing takes it out again.
    private static func copiesAnnotations(_ operations: Value) -> Bool {
        (operations.array ?? []).contains { operation in
            ["", "/metadata", "/metadata/annotations"].contains(operation["from"]?.string)
        }
    }

    private mutating func merge(_ patch: Object, into resources: inout ResourceAccumulator) -> [Change] {
        let places: [Int]
        if let target = rule.target {
            places = resources.indices.filter { target.selects(resources.resources[$0]) }
        } else {
            guard !patch.kind.isEmpty, !patch.name.isEmpty, !patch.apiVersion.isEmpty else {
                return refuse(
                    .patch, "a patch without a target does not say what it is for",
                    hint: "give it apiVersion, kind and metadata.name, or a target")
            }
            places = resources.places(withPresentOrPastID: ResourceID(patch))
            guard places.count == 1 else { return refuseTarget(patch, places, in: resources) }
        }
        var changes: [Change] = []
        for place in places { changes.append((place, merged(patch, into: resources.resources[place]))) }
        return changes
    }

    /// Nil where the patch deletes the resource.
    private mutating func merged(_ patch: Object, into resource: Resource) -> Resource? {
        // Kustomize leaves an object alone that a patch says to replace as a whole.
        if patch["$patch"] == "replace" { return resource }
        let isTextual = rule.target != nil || rule.field == .strategicMerge
        var patch = isTextual ? Self.withTextualMetadata(patch) : patch
        var resource = resource
        let old = resource.object
        if rule.allowsNameChange || rule.allowsKindChange { resource.rememberID() }
        // The version and, where the object is a custom resource, the patch's kind say how lists merge.
        if rule.target != nil { patch["apiVersion"] = old["apiVersion"] }
        do throws(PatchError) {
            let merged = try StrategicMerge.merge(
                patch: .object(patch), into: .object(resource.notedObject), groupVersionKind: old.groupVersionKind,
                flavor: .kustomize, types: types)
            guard let object = merged?.object else { return nil }
            if !resource.adopt(object) { resource.forgetPast() }
        } catch {
            report("does not fit \(old.objectID) from \(resource.origin): \(error)")
            return resource
        }
        // A patch says with apiVersion, kind and name what it is for, not what it makes of it.
        resource.object["apiVersion"] = old["apiVersion"] ?? .string("")
        if !rule.allowsKindChange { resource.object["kind"] = old["kind"] }
        if !rule.allowsNameChange { resource.object.set(old.value(at: "metadata", "name"), at: "metadata", "name") }
        let namespace = old.value(at: "metadata", "namespace")
        if resource.object.value(at: "metadata", "namespace") != namespace {
            resource.object.set(namespace, at: "metadata", "namespace")
        }
        return isNameable(resource) ? resource : nil
    }

    /// A patch for what a target selects, or under `patchesStrategicMerge`, has its labels and annotations taken for text
    /// by kustomize, so that null removes none of them, and one without any says nothing about them.
    private static func withTextualMetadata(_ patch: Object) -> Object {
        var patch = patch
        for key in ["labels", "annotations"] {
            guard let value = patch.value(at: "metadata", key) else { continue }
            let pairs = value.object?.withScalarTexts ?? Object()
            patch.set(pairs.isEmpty ? nil : .object(pairs), at: "metadata", key)
        }
        return patch
    }

    private mutating func isNameable(_ resource: Resource) -> Bool {
        let object = resource.object
        if !object.apiVersion.isEmpty, !object.kind.isEmpty, !object.name.isEmpty { return true }
        report("the patch leaves an object from \(resource.origin) without apiVersion, kind or name")
        return false
    }

    private mutating func refuseTarget(
        _ patch: Object, _ places: [Int], in resources: ResourceAccumulator
    ) -> [Change] {
        guard places.isEmpty else {
            let origins = places.map { resources.resources[$0].origin.description }.joined(separator: ", ")
            return refuse(.ambiguous, "\(patch.objectID) could be any of those from \(origins)")
        }
        guard isComplete else { return [] }
        let similar = resources.resources.first { $0.object.kind == patch.kind && $0.object.name == patch.name }
        let hint = similar.map { other in
            "there is \(other.object.objectID) of \(other.object.apiVersion) from \(other.origin): group, version and namespace count"
        }
        return refuse(.unmatched, "no \(patch.objectID) of \(patch.apiVersion) to patch", hint: hint)
    }

    private mutating func refuse(
        _ code: RenderError.Code, _ message: String, hint: String? = nil
    ) -> [Change] {
        problems.append(RenderError(code, file: file, at: rule.position, message, hint: hint))
        return []
    }

    private mutating func report(_ message: String, hint: String? = nil) {
        problems.append(RenderError(.patch, file: file, at: rule.position, message, hint: hint))
    }
}
