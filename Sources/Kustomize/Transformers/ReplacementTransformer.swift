// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Copies values from one object's fields into others' (kustomize's `replacements`).
struct ReplacementTransformer {
    var replacements: [Replacement]
    /// False where resources could not be loaded, so that a missing source proves nothing.
    var isComplete: Bool
    /// What may still be put into objects; negative once that was too much, and nothing more is put then.
    var copies = Int.max
    private(set) var problems: [RenderError] = []

    init(_ replacements: [Replacement], isComplete: Bool) {
        self.replacements = replacements
        self.isComplete = isComplete
    }

    /// What is put: a scalar changes the text of scalars and keeps their type, anything else takes the field's place.
    private enum Substitute {
        /// The value where it takes the place of a list or map.
        case scalar(String, Value)
        case structure(Value)

        var creation: FieldPath.Creation {
            switch self {
            case .scalar: .scalar
            case .structure(.array): .list
            case .structure: .map
            }
        }
    }

    /// Carries the replacements out in their order: a later one sees what an earlier one did.
    ///
    /// - Returns: pairs of resources that have the same identity afterwards.
    mutating func apply(to resources: inout ResourceAccumulator) -> [(Resource, Resource)] {
        var changed = resources.resources
        for replacement in replacements {
            guard let substitute = substitute(of: replacement, in: changed) else { continue }
            for target in replacement.targets {
                for place in changed.indices where Self.selects(target, changed[place]) {
                    let before = changed[place].object
                    put(substitute, into: &changed[place], target, of: replacement)
                    changed[place].followSharedPairs(since: before)
                }
            }
        }
        return resources.replace(changed.enumerated().map { ($0.offset, $0.element) })
    }

    // MARK: Source

    private mutating func substitute(of replacement: Replacement, in resources: [Resource]) -> Substitute? {
        switch replacement.source {
        case .text(let text): return .scalar(text, Value(untyped: text))
        case .field(let source):
            guard let resource = resource(of: source, replacement, in: resources) else { return nil }
            return substitute(source, from: resource, replacement)
        }
    }

    private mutating func resource(
        of source: Replacement.FieldSource, _ replacement: Replacement, in resources: [Resource]
    ) -> Resource? {
        let found = resources.filter { resource in
            guard source.name.isEmpty || resource.isOrWasCalled(source.name) else { return false }
            return resource.allIDs.contains { id in
                source.kind.selects(id.groupVersionKind) && (source.name.isEmpty || source.name == id.name)
                    && (source.namespace.isEmpty || source.namespace == id.namespace)
            }
        }
        if found.count == 1 { return found[0] }
        if found.isEmpty {
            guard isComplete else { return nil }
            report(.unmatched, "no object is the source \(Self.name(of: source))", replacement)
        } else {
            let origins = found.prefix(5).map { "\($0.object.objectID) (\($0.origin))" }.joined(separator: ", ")
            report(
                .ambiguous, "the source \(Self.name(of: source)) could be any of \(origins)", replacement,
                hint: "say more of it: kind, name, namespace")
        }
        return nil
    }

    private static func name(of source: Replacement.FieldSource) -> String {
        let parts = [source.kind.group, source.kind.version, source.kind.kind, source.namespace, source.name]
        return parts.filter { !$0.isEmpty }.joined(separator: " ")
    }

    private mutating func substitute(
        _ source: Replacement.FieldSource, from resource: Resource, _ replacement: Replacement
    ) -> Substitute? {
        let value: Value?
        do throws(FieldPath.Mismatch) {
            value = try source.path.value(in: resource.object)
        } catch {
            let place = "\(source.path.text) of \(resource.object.objectID)"
            report(.unmatched, "the source \(place) cannot be read: \(error.message)", replacement)
            return nil
        }
        guard let value, value != .null, value != .object(Object()), value != .array([]) else {
            report(
                .unmatched, "\(resource.object.objectID) from \(resource.origin) has no \(source.path.text)",
                replacement)
            return nil
        }
        guard let piece = source.piece else {
            return value.scalarText.map { .scalar($0, value) } ?? .structure(value)
        }
        guard let text = value.scalarText else {
            report(.invalidField, "a delimiter cuts text, and \(source.path.text) is a \(value.typeName)", replacement)
            return nil
        }
        let pieces = text.pieces(between: piece.delimiter)
        guard pieces.indices.contains(piece.index) else {
            let message =
                "\(source.path.text) has \(pieces.count) parts between “\(piece.delimiter)”, so none at \(piece.index)"
            report(.unmatched, message, replacement)
            return nil
        }
        do throws(FieldPath.Mismatch) {
            let cut = pieces[piece.index]
            return .scalar(cut, try value.retyped(cut))
        } catch {
            report(.invalidField, "\(source.path.text): \(error.message)", replacement)
            return nil
        }
    }

    // MARK: Targets

    /// A label or annotation selector that rejects does so by itself; everything else must fit one identity as a whole.
    private static func selects(_ target: Replacement.Target, _ resource: Resource) -> Bool {
        guard target.selected.selectsLabels(of: resource) else { return false }
        for rejected in target.rejected {
            if rejected.labels != nil || rejected.annotations != nil, rejected.selectsLabels(of: resource) {
                return false
            }
            if rejected.namesAnything, rejected.selectsIdentity(of: resource) { return false }
        }
        return target.selected.selectsIdentity(of: resource)
    }

    private mutating func put(
        _ substitute: Substitute, into resource: inout Resource, _ target: Replacement.Target,
        of replacement: Replacement
    ) {
        for path in target.paths where copies >= 0 {
            do throws(FieldPath.Mismatch) {
                var value = Value.object(resource.object)
                var left = copies
                defer { copies = left }
                if try !StructuredText.replace(
                    at: path, in: &value, creation: target.creates ? substitute.creation : nil,
                    { value, isNew throws(FieldPath.Mismatch) in
                        try Self.change(&value, isNew, to: substitute, nil, &left)
                    })
                {
                    let count = try path.update(&value, creation: target.creates ? substitute.creation : nil) {
                        value, isNew throws(FieldPath.Mismatch) in
                        try Self.change(&value, isNew, to: substitute, target.piece, &left)
                    }
                    if count == 0 { throw FieldPath.Mismatch(message: "there is no such field") }
                }
                guard let object = value.object else { continue }
                resource.object = object
            } catch {
                report(
                    .unmatched,
                    "cannot put the value at \(path.text) of \(resource.object.objectID) from \(resource.origin): \(error.message)",
                    replacement)
            }
        }
    }

    private static func change(
        _ value: inout Value, _ isNew: Bool, to substitute: Substitute, _ piece: Replacement.Piece?,
        _ copies: inout Int
    ) throws(FieldPath.Mismatch) {
        guard copies >= 0 else { return }
        var text: String
        switch substitute {
        case .scalar(let new, _):
            text = new
            copies -= 1 + new.utf8.count / 64
        case .structure(let new):
            text = ""
            copies -= new.weight(upTo: copies)
        }
        // What is too much is refused as a whole.
        guard copies >= 0 else { return }
        if let piece {
            guard let old = value.scalarText else {
                throw FieldPath.Mismatch(message: "a delimiter cuts text, and there is a \(value.typeName)")
            }
            var pieces = old.pieces(between: piece.delimiter)
            copies -= piece.delimiter.utf8.count / 64 + pieces.count
            guard copies >= 0 else { return }
            if piece.index < 0 {
                pieces.insert(text, at: 0)
            } else if piece.index >= pieces.count {
                pieces.append(text)
            } else {
                pieces[piece.index] = text
            }
            text = pieces.joined(separator: piece.delimiter)
        }
        switch value {
        case .array, .object:
            switch substitute {
            case .scalar(_, let new): value = new
            case .structure(let new): value = new
            }
        // A field that was made has no type yet: its text says.
        default: value = isNew ? Value(untyped: text) : try value.retyped(text)
        }
    }

    private mutating func report(
        _ code: RenderError.Code, _ message: String, _ replacement: Replacement, hint: String? = nil
    ) {
        var error = RenderError(code, file: replacement.file, at: replacement.position, message, hint: hint)
        error.field = replacement.fieldPath
        problems.append(error)
    }
}

extension String {
    fileprivate func pieces(between delimiter: String) -> [String] {
        var pieces: [String] = []
        var rest = utf8[...]
        let wanted = Array(delimiter.utf8)
        while let found = rest.firstRange(of: wanted) {
            pieces.append(String(decoding: rest[..<found.lowerBound], as: UTF8.self))
            rest = rest[found.upperBound...]
        }
        return pieces + [String(decoding: rest, as: UTF8.self)]
    }
}

extension Value {
    /// What a text becomes that comes without a type: nothing is a text, and no null.
    fileprivate init(untyped text: String) { self = text.isEmpty ? "" : Value(plainScalar: text) }

    /// Another text with this scalar's type, which the text must be able to have.
    func retyped(_ text: String) throws(FieldPath.Mismatch) -> Value {
        let new = Value(plainScalar: text)
        switch (self, new) {
        case (.string, _): return .string(text)
        case (.null, _) where text.isEmpty: return ""
        case (.integer, .integer), (.number, .integer), (.number, .number), (.bool, .bool), (.null, .null): return new
        // Not the value: it may be a Secret's.
        default: throw FieldPath.Mismatch(message: "a \(typeName) stands there, and the value is none")
        }
    }
}
