// SPDX-License-Identifier: Apache-2.0

import Manifests

extension ManagedFields {
    /// A write that is no apply: the manager takes what it changed, everybody loses what went away.
    mutating func update(
        from live: Object?, to new: Object, schema: Schema, manager: Manager, filter: FieldFilter, time: String
    ) {
        let comparison = TypedValue.compare(
            .object(live?.withoutManagedFields ?? Object()), .object(new.withoutManagedFields), schema
        ).filtered { filter($0) }
        let taken = comparison.modified.union(comparison.added)
        for index in entries.indices {
            if entries[index].manager != manager { entries[index].set = entries[index].set.subtracting(taken) }
            entries[index].set = entries[index].set.subtracting(comparison.removed)
        }
        if !taken.isEmpty {
            if let index = index(of: manager) {
                entries[index].set = entries[index].set.union(taken)
                entries[index].time = time
            } else {
                entries.append(Entry(manager: manager, time: time, set: taken))
            }
        }
        entries.removeAll { $0.set.isEmpty }
        cap(time: time)
    }

    /// Folds the oldest Update entries into one beyond ten, as the server does.
    private mutating func cap(time: String) {
        let limit = 10
        let updates = entries.filter { $0.manager.operation == "Update" }
        guard updates.count > limit else { return }
        let oldest = updates.sorted { ($0.time ?? "", $0.manager.name) < ($1.time ?? "", $1.manager.name) }
            .prefix(updates.count - limit + 1)
        for apiVersion in Set(oldest.map(\.manager.apiVersion)).sorted() {
            let folded = oldest.filter { $0.manager.apiVersion == apiVersion }
            let ancient = Manager(
                name: "ancient-changes", operation: "Update", apiVersion: apiVersion, subresource: "")
            let set = folded.reduce(FieldSet()) { $0.union($1.set) }
            entries.removeAll { entry in folded.contains { $0.manager == entry.manager } }
            entries.append(Entry(manager: ancient, time: folded.last?.time ?? time, set: set))
        }
    }
}

extension Object {
    var withoutManagedFields: Object {
        var copy = self
        copy.setMetadata("managedFields", nil)
        return copy
    }
}
