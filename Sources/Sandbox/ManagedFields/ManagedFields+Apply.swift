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
    /// - Returns: nil when the values do not change (ownership still may).
    /// - Throws: 409 with every field that another manager owns, unless forced.
    mutating func apply(
        _ configuration: Object, to live: Object, schema: Schema, manager: Manager, filter: FieldFilter, force: Bool,
        time: String
    ) throws(StatusError) -> Object? {
        let before = live.withoutManagedFields
        let applied = filter(TypedValue.fieldSet(.object(configuration), schema))
        let merged = TypedValue.merge(.object(before), .object(configuration), schema) ?? .object(before)
        let lastIndex = index(of: manager)
        let last = lastIndex.map { entries[$0].set }
        if let lastIndex {
            entries[lastIndex].set = applied
            entries[lastIndex].manager = manager
        } else {
            entries.append(Entry(manager: manager, time: nil, set: applied))
        }
        let result = prune(merged, last: last, schema: schema)
        let comparison = TypedValue.compare(.object(before), result, schema).filtered { filter($0) }
        try resolveConflicts(comparison, manager: manager, force: force)
        for index in entries.indices { entries[index].set = entries[index].set.subtracting(comparison.removed) }
        entries.removeAll { $0.set.isEmpty && $0.manager != manager }
        guard !comparison.isSame else {
            entries.removeAll { $0.set.isEmpty }
            return nil
        }
        if let index = index(of: manager) { entries[index].time = time }
        entries.removeAll { $0.set.isEmpty }
        return result.object
    }

    /// Removes what the last apply set and this one does not, where nobody else owns it.
    private func prune(_ merged: Value, last: FieldSet?, schema: Schema) -> Value {
        guard let last, !last.isEmpty else { return merged }
        let lastNamed = last.ensuringNamedFields(schema)
        let first = TypedValue.removing(lastNamed, from: merged, schema) ?? [:]
        let mergedSet = TypedValue.fieldSet(merged, schema).ensuringNamedFields(schema)
        // Back in: what any manager still owns.
        let owned = entries.reduce(FieldSet()) { $0.union($1.set) }.ensuringNamedFields(schema)
        let firstSet = TypedValue.fieldSet(first, schema).ensuringNamedFields(schema)
        let second =
            TypedValue.removing(mergedSet.subtracting(firstSet).subtracting(owned), from: merged, schema) ?? [:]
        // Back in: what nobody owns but only went away with its parent.
        let secondSet = TypedValue.fieldSet(second, schema).ensuringNamedFields(schema)
        return TypedValue.removing(
            mergedSet.subtracting(secondSet).intersection(lastNamed), from: merged, schema) ?? [:]
    }

    private mutating func resolveConflicts(
        _ comparison: Comparison, manager: Manager, force: Bool
    ) throws(StatusError) {
        let changed = comparison.modified.union(comparison.added)
        var conflicts: [Conflict] = []
        for index in entries.indices where entries[index].manager != manager {
            let contested = entries[index].set.intersection(changed)
            guard !contested.isEmpty else { continue }
            if force {
                entries[index].set = entries[index].set.subtracting(contested)
            } else {
                conflicts += contested.paths.map { Conflict(manager: entries[index].manager, path: $0) }
            }
        }
        guard conflicts.isEmpty else { throw .applyConflict(conflicts) }
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
            for name in Set(conflicts.map(\.manager.conflictText)).sorted() {
                lines.append("conflicts with \(name):")
                lines += conflicts.filter { $0.manager.conflictText == name }.map { "- \($0.field)" }
            }
            message += lines.joined(separator: "\n")
        }
        return StatusError(
            code: 409, reason: "Conflict", message: message, details: Details(causes: causes))
    }
}
