// SPDX-License-Identifier: Apache-2.0

import Manifests

extension ManagedFields {
    /// A write that is no apply: the manager takes what it changed, everybody loses what went away.
    ///
    /// - Throws: where an entry names a version that the object cannot be converted to.
    mutating func update(
        from live: Object, to new: Object, versions: FieldVersions, manager: Manager, time: String
    ) throws(StatusError) {
        let live = live.withoutManagedFields
        let new = new.withoutManagedFields
        try reconcile(with: live, versions)
        let comparisons = try Comparisons(from: live, to: new, versions, for: entries)
        for index in entries.indices {
            guard let comparison = comparisons[entries[index].manager.apiVersion] else { continue }
            let lost = comparison.changed.union(comparison.removed)
            entries[index].set = entries[index].set.subtracting(lost)
        }
        entries.removeAll { $0.set.isEmpty || comparisons[$0.manager.apiVersion] == nil }
        let taken = FieldFilter.stripped(comparisons.own.changed)
        if !taken.isEmpty {
            if let index = index(of: manager) {
                entries[index].set = entries[index].set.union(taken)
                entries[index].time = time
            } else {
                entries.append(Entry(manager: manager, time: time, set: taken))
            }
        }
        cap()
    }

    /// Adapts what is owned to schemas that changed since, and drops entries of versions that there are no more.
    mutating func reconcile(with live: Object, _ versions: FieldVersions) throws(StatusError) {
        var kept: [Entry] = []
        for var entry in entries {
            guard try versions.convert(live, to: entry.manager.apiVersion) != nil else { continue }
            entry.set = entry.set.reconciled(with: versions.schema(entry.manager.apiVersion))
            kept.append(entry)
        }
        entries = kept
    }

    /// Folds the oldest Update entries of a version into one while there are more than ten.
    private mutating func cap() {
        let limit = 10
        let updates = entries.filter { !$0.manager.isApplier }.sorted {
            ($0.time ?? "", $0.manager.identifier) < ($1.time ?? "", $1.manager.identifier)
        }
        var count = updates.count
        var firsts: [String: Manager] = [:]
        for entry in updates where count > limit {
            let version = entry.manager.apiVersion
            guard let first = firsts[version] else {
                firsts[version] = entry.manager
                continue
            }
            let bucket = Manager(name: "ancient-changes", operation: "Update", apiVersion: version, subresource: "")
            guard entry.manager != bucket else { continue }
            if index(of: bucket) == nil, let index = index(of: first) { entries[index].manager = bucket }
            guard let index = index(of: bucket) else { continue }
            entries[index].set = entries[index].set.union(entry.set)
            entries[index].time = entry.time
            entries.removeAll { $0.manager == entry.manager }
            count -= 1
        }
    }
}

/// How an object changed, in every version that an entry names.
struct Comparisons: Sendable {
    /// In the version of the request.
    let own: Comparison
    private var byVersion: [String: Comparison]

    init(
        from live: Object, to new: Object, _ versions: FieldVersions, for entries: [ManagedFields.Entry]
    ) throws(StatusError) {
        let version = versions.type.apiVersion
        own = TypedValue.compare(.object(live), .object(new), versions.schema).filtered(versions.filter(version))
        byVersion = [version: own]
        for entry in entries where byVersion[entry.manager.apiVersion] == nil {
            let other = entry.manager.apiVersion
            guard let before = try versions.convert(live, to: other), let after = try versions.convert(new, to: other)
            else { continue }
            byVersion[other] = TypedValue.compare(.object(before), .object(after), versions.schema(other))
                .filtered(versions.filter(other))
        }
    }

    /// Nil for a version that the kind does not have.
    subscript(apiVersion: String) -> Comparison? { byVersion[apiVersion] }
}
