// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Puts one value into fields of several objects: in place of what they hold, or as a part of the path that they hold.
struct ValueAddTransformer {
    struct Target {
        /// Nil selects all.
        var selector: TargetSelector?
        /// Parts are keys, indices of lists, or `[key=value]` for an item of a list.
        var field: FieldSpec
        /// From 1; 0 replaces the whole value.
        var pathPosition: Int
    }

    /// Empty: the name of the kustomization's folder.
    var value: String
    var targets: [Target]
    /// A file with further targets.
    var targetFile: Located<String>?

    init(_ fields: StrictMap) {
        value = Self.trimmed(fields.optional("value") ?? "")
        targets = Self.targets(fields)
        targetFile = fields.optional("targetFilePath")
        if targets.isEmpty, targetFile == nil { fields.report("needs \"targets\"") }
    }

    static func targets(_ fields: StrictMap) -> [Target] {
        fields.maps("targets") { target in
            let position = target.optional("filePathPosition") ?? 0
            if position < 0 { target.report("is negative", at: "filePathPosition") }
            let path: String = target.required("fieldPath")
            return Target(
                selector: target.map("selector", KustomizationDecoder.selector), field: FieldSpec(path, create: true),
                pathPosition: position)
        }
    }

    func apply(to resource: inout Resource) throws(FieldMismatch) {
        for target in targets where target.selector?.selects(resource) ?? true {
            if target.field.path == ["metadata", "namespace"] {
                let transformer = NamespaceTransformer(namespace: value, fields: FieldSpecs(), subjects: .none)
                try transformer.apply(to: &resource.object)
                continue
            }
            var root = Value.object(resource.object)
            try put(into: &root, target, target.field.path[...])
            resource.object = root.object ?? resource.object
        }
    }

    private func put(into place: inout Value, _ target: Target, _ path: ArraySlice<String>) throws(FieldMismatch) {
        guard let part = path.first else {
            if place.object != nil || place.array != nil {
                throw FieldMismatch(field: target.field, expected: "a plain value", found: place)
            }
            let old = place.plainText ?? ""
            place = .string(target.pathPosition == 0 ? value : inserted(into: old, at: target.pathPosition - 1))
            return
        }
        switch place {
        case .array(var elements):
            guard let index = Self.index(of: part, in: elements) else {
                throw FieldMismatch(field: target.field, "leads to no item \(part) of the list")
            }
            try put(into: &elements[index], target, path.dropFirst())
            place = .array(elements)
        case .object, .null:
            var object = place.object ?? Object()
            var child = object[part] ?? .null
            try put(into: &child, target, path.dropFirst())
            object[part] = child
            place = .object(object)
        default: throw FieldMismatch(field: target.field, expected: "a map or a list on the way", found: place)
        }
    }

    private static func index(of part: String, in elements: [Value]) -> Int? {
        if part.hasPrefix("["), part.hasSuffix("]"), let equals = part.firstIndex(of: "=") {
            let key = String(part[part.index(after: part.startIndex)..<equals])
            let text = part[part.index(after: equals)...].dropLast()
            return elements.firstIndex { $0[key]?.string.map { $0 == text } ?? false }
        }
        if part == "-" { return elements.indices.last }
        return Int(part).flatMap { elements.indices.contains($0) ? $0 : nil }
    }

    /// The path with the value as one more part; an absolute path stays absolute.
    private func inserted(into path: String, at position: Int) -> String {
        let isAbsolute = path.hasPrefix("/")
        var parts = path.split(separator: "/").map(String.init)
        parts.insert(value, at: min(position, parts.count))
        return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.first?.isWhitespace ?? false { text = text.dropFirst() }
        while text.last?.isWhitespace ?? false { text = text.dropLast() }
        return String(text)
    }
}
