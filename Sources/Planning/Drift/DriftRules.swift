// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What is done about a difference.
package enum DriftAction: String, Sendable, Hashable, CaseIterable {
    /// It is undone.
    case heal
    /// It stays, and is shown.
    case report
    /// It stays, and counts as right: where it concerns a field of ours, that is not sent again.
    case ignore
}

/// What a pipeline says about some differences. Empty lists mean any.
package struct DriftRule: Sendable, Hashable {
    /// `Deployment`, or with its group, `Deployment.apps`.
    package var kinds: [String]
    /// Paths as they are shown or as in `conflicts` (`FieldPattern`), and everything below them; `*` stands for any text.
    package var fields: [String]
    /// Names of field managers; `*` stands for any text.
    package var managers: [String]
    package var action: DriftAction

    package init(kinds: [String] = [], fields: [String] = [], managers: [String] = [], action: DriftAction) {
        self.kinds = kinds
        self.fields = fields
        self.managers = managers
        self.action = action
    }

    func matches(_ difference: DriftDifference, of object: ObjectID) -> Bool {
        (kinds.isEmpty || kinds.contains(where: object.groupKind.isMeant))
            && (managers.isEmpty || managers.contains { Self.fits($0, difference.manager) })
            && (fields.isEmpty || fields.contains { Self.covers($0, difference.path.map(\.pathText).joined()) })
    }

    /// A pattern covers a path, and what is below it: as a text with `*`, or as the paths of `conflicts` mean it.
    static func covers(_ pattern: String, _ path: String) -> Bool {
        fits(pattern, path) || fits("\(pattern).*", path) || fits("\(pattern)[*", path)
            || FieldPattern(pattern)?.matches(serverPath: path) == true
    }

    /// A question mark is one.
    private static func fits(_ pattern: String, _ text: String) -> Bool { Glob(pattern, single: nil).matches(text) }
}

/// What is done about each difference: the pipeline's rules first, then the table that everybody has
/// (`DriftRules+Table.swift`, docs/drift.md). The first that matches counts.
package struct DriftRules: Sendable, Hashable {
    package var rules: [DriftRule]

    package init(_ rules: [DriftRule] = []) { self.rules = rules }

    package func action(on difference: DriftDifference, of object: ObjectID) -> DriftAction {
        let stated = rules.first { $0.matches(difference, of: object) }?.action
        let action = stated ?? Self.table.first { $0.matches(difference, of: object) }?.rule.action ?? .heal
        // What cannot be undone is shown at least; what nobody would see needs no showing.
        if difference.signal.isQuiet, action == .report { return .heal }
        if action == .heal, difference.signal.cannotBeHealed { return .report }
        return action
    }

    /// The same for a field of ours that another manager holds, by the path that the server prints.
    package func action(on conflict: FieldConflict, of object: ObjectID) -> DriftAction {
        // Rules match the path's text, which one step that holds all of it has as well.
        let path = [PathElement.field(String(conflict.field.dropFirst()))]
        return action(on: DriftDifference(.changed, path, manager: conflict.manager), of: object)
    }

    /// What a manifest is sent as: without the fields that others changed, and that count as right as they are.
    package func adjusted(_ manifest: Manifest, _ differences: [DriftDifference]) -> Manifest {
        var adjusted = manifest
        for difference in differences where leaves(difference, to: manifest.id) {
            adjusted.object = adjusted.object.removing(difference.path)
        }
        return adjusted
    }

    /// What others set counts here as if git stated it: a label that somebody added is right as it is, and yet git's to
    /// set as soon as git states it.
    private func leaves(_ difference: DriftDifference, to object: ObjectID) -> Bool {
        switch difference.signal {
        // Ours alone, and changed on the way in: left out, the field would go.
        case .changed where difference.manager.isEmpty: return false
        case .changed, .removed, .disowned, .added, .foreignChanged:
            let asOurs = DriftDifference(.changed, difference.path, manager: difference.manager)
            return action(on: asOurs, of: object) == .ignore
        default: return false
        }
    }
}

extension DriftDifference.Signal {
    /// Its former value is known to nobody, or it goes its way whatever we send.
    fileprivate var cannotBeHealed: Bool {
        switch self {
        case .scaled, .generation, .deleting, .foreignRemoved: true
        default: false
        }
    }
}

extension Object {
    /// Without what a path leads to. Empty maps and lists on the way stay.
    func removing(_ path: [PathElement]) -> Object { replacing(path, with: nil) }

    /// With another value where a path leads to one; nil removes it.
    package func replacing(_ path: [PathElement], with value: Value?) -> Object {
        Value.object(self).replacing(path[...], with: value).object ?? self
    }

    /// What a path leads to.
    package func value(atPath path: [PathElement]) -> Value? {
        var value = Value.object(self)
        for element in path {
            let next: Value? =
                switch (element, value) {
                case (.field(let name), .object(let object)): object[name]
                case (.key, .array(let items)), (.value, .array(let items)):
                    value.place(of: element, leniently: true).map { items[$0] }
                default: nil
                }
            guard let next else { return nil }
            value = next
        }
        return value
    }
}

extension Value {
    fileprivate func replacing(_ path: ArraySlice<PathElement>, with value: Value?) -> Value {
        guard let first = path.first else { return self }
        let rest = path.dropFirst()
        switch (first, self) {
        case (.field(let name), .object(var object)):
            guard let child = object[name] else { return self }
            object[name] = rest.isEmpty ? value : child.replacing(rest, with: value)
            return .object(object)
        case (.key, .array(var items)), (.value, .array(var items)):
            guard let place = place(of: first, leniently: true) else { return self }
            if !rest.isEmpty {
                items[place] = items[place].replacing(rest, with: value)
            } else if let value {
                items[place] = value
            } else {
                items.remove(at: place)
            }
            return .array(items)
        default: return self
        }
    }
}
