// SPDX-License-Identifier: Apache-2.0

import Manifests

extension ManagedFields {
    struct Conflict: Sendable {
        var manager: Manager
        var path: [PathElement]

        var field: String { path.map(\.pathText).joined() }
    }

    /// Server-side apply: the live object with the configuration merged in and what the manager gave up removed.
    ///
    /// - Returns: nil when the object stays as it is (ownership may still change).
    /// - Throws: 409 with every field that another manager owns, unless forced.
    mutating func apply(
        _ configuration: Object, to live: Object, versions: FieldVersions, manager: Manager, force: Bool, time: String
    ) throws(StatusError) -> Object? {
        let live = live.withoutManagedFields
        if entries.isEmpty {
            // Fields from before anybody was tracked have an owner too, which has to be forced.
            var first = manager
            first.name = "before-first-apply"
            first.operation = "Update"
            try update(
                from: EmptyObjects.object(versions.type), to: live, versions: versions, manager: first, time: time)
        }
        let before = self
        var result: Object?
        switch try attempt(configuration, live, versions, manager, force: force, time: time) {
        case .merged(let object): result = object
        case .conflicts(var conflicts):
            if manager.name == "kubectl", let lastApplied = LastApplied.owned(of: live, versions) {
                conflicts.removeAll { lastApplied.contains($0.path) }
            }
            guard conflicts.isEmpty else { throw .applyConflict(conflicts) }
            self = before
            guard
                case .merged(let object) = try attempt(configuration, live, versions, manager, force: true, time: time)
            else { return nil }
            result = object
        }
        guard manager.name == "kubectl", (result ?? live).annotations[LastApplied.annotation]?.string?.isEmpty == false
        else { return result }
        var annotated = result ?? live
        annotated.set(
            .string(LastApplied.text(of: configuration)), at: "metadata", "annotations", LastApplied.annotation)
        return annotated == live ? nil : annotated
    }

    private enum Attempt {
        case merged(Object?)
        case conflicts([Conflict])
    }

    private mutating func attempt(
        _ configuration: Object, _ live: Object, _ versions: FieldVersions, _ manager: Manager, force: Bool,
        time: String
    ) throws(StatusError) -> Attempt {
        try reconcile(with: live, versions)
        let schema = versions.schema
        let merged = TypedValue.merge(.object(live), .object(configuration), schema)?.object ?? live
        let applied = versions.filter(manager.apiVersion)(TypedValue.fieldSet(.object(configuration), schema))
        var last: Entry?
        if let index = index(of: manager) {
            last = entries[index]
            entries[index].set = applied
            entries[index].manager = manager
        } else {
            entries.append(Entry(manager: manager, time: nil, set: applied))
        }
        let result = try prune(merged, last: last, versions)
        let comparisons = try Comparisons(from: live, to: result, versions, for: entries)
        let conflicts = entries.filter { !$0.manager.isSame(as: manager) }
            .sorted { $0.manager.identifier < $1.manager.identifier }
            .flatMap { entry in
                let contested = comparisons[entry.manager.apiVersion].map { entry.set.intersection($0.changed) }
                return (contested?.paths ?? []).map { Conflict(manager: entry.manager, path: $0) }
            }
        guard force || conflicts.isEmpty else { return .conflicts(conflicts) }
        for index in entries.indices where !entries[index].manager.isSame(as: manager) {
            guard let comparison = comparisons[entries[index].manager.apiVersion] else { continue }
            let lost = comparison.changed.union(comparison.removed)
            entries[index].set = entries[index].set.subtracting(lost)
        }
        if let index = index(of: manager) {
            entries[index].set = FieldFilter.stripped(entries[index].set)
            if result != live { entries[index].time = time }
        }
        entries.removeAll { $0.set.isEmpty || comparisons[$0.manager.apiVersion] == nil }
        return .merged(result == live ? nil : result)
    }

    /// Removes what the last apply set and this one does not, where nobody else owns it.
    private func prune(_ merged: Object, last: Entry?, _ versions: FieldVersions) throws(StatusError) -> Object {
        guard let last, !last.set.isEmpty, let start = try versions.convert(merged, to: last.manager.apiVersion) else {
            return merged
        }
        let lastVersion = last.manager.apiVersion
        let schema = versions.schema(lastVersion)
        let lastSet = last.set.ensuringNamedFields(schema)
        var pruned = start.removing(lastSet, schema)
        // Back in: what any manager still owns, by the versions that they name; the pruned one first.
        let others = Set(entries.map(\.manager.apiVersion)).subtracting([lastVersion]).sorted()
        for version in [lastVersion] + others {
            let owned = entries.filter { $0.manager.apiVersion == version }.reduce(FieldSet()) { $0.union($1.set) }
            guard let whole = try versions.convert(start, to: version),
                let rest = try versions.convert(pruned, to: version)
            else { continue }
            let schema = versions.schema(version)
            let kept = rest.namedFields(schema).union(owned.ensuringNamedFields(schema))
            pruned = whole.removing(whole.namedFields(schema).subtracting(kept), schema)
        }
        // Back in: what nobody owns but only went away with its parent.
        guard let rest = try versions.convert(pruned, to: lastVersion) else { return merged }
        let gone = start.namedFields(schema).subtracting(rest.namedFields(schema)).intersection(lastSet)
        return try versions.convert(start.removing(gone, schema), to: versions.type.apiVersion) ?? merged
    }
}

extension Object {
    fileprivate func removing(_ set: FieldSet, _ schema: Schema) -> Object {
        TypedValue.removing(set, from: .object(self), schema)?.object ?? Object()
    }

    fileprivate func namedFields(_ schema: Schema) -> FieldSet {
        TypedValue.fieldSet(.object(self), schema).ensuringNamedFields(schema)
    }
}

extension StatusError {
    static func applyConflict(_ conflicts: [ManagedFields.Conflict]) -> StatusError {
        let causes = conflicts.map {
            Cause(
                reason: "FieldManagerConflict", message: "conflict with \($0.manager.conflictText)", field: $0.field)
        }
        var message = "Apply failed with \(conflicts.count) conflict\(conflicts.count == 1 ? "" : "s"): "
        if conflicts.count == 1 {
            message += "conflict with \(conflicts[0].manager.conflictText): \(conflicts[0].field)"
        } else {
            var lines: [String] = []
            for (index, conflict) in conflicts.enumerated() {
                if index == 0 || conflicts[index - 1].manager != conflict.manager {
                    lines.append("conflicts with \(conflict.manager.conflictText):")
                }
                lines.append("- \(conflict.field)")
            }
            message += lines.joined(separator: "\n")
        }
        return StatusError(
            code: 409, reason: "Conflict", message: message, details: Details(causes: causes))
    }
}
