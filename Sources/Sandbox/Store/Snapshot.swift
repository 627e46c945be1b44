// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The objects of one kind, or of one namespace of it, as they were at a revision, in the order of their keys.
///
/// Made of what is there now and of what has changed since: it costs as much as there were changes, however many objects
/// there are.
struct Snapshot {
    private let objects: [StoreKey.Key: Object]
    private let keys: ArraySlice<StoreKey.Key>
    /// What was otherwise then, in order; nil where there was nothing.
    private let past: [(key: StoreKey.Key, object: Object?)]

    /// - Parameters:
    ///   - keys: those of `objects` that are looked at, in order.
    ///   - changes: what has changed since, oldest first.
    init(objects: [StoreKey.Key: Object], keys: ArraySlice<StoreKey.Key>, undoing changes: [Change]) {
        self.objects = objects
        self.keys = keys
        var first: [StoreKey.Key: Object?] = [:]
        for change in changes where first[change.key.key] == nil { first[change.key.key] = .some(change.before) }
        past = first.map { (key: $0.key, object: $0.value) }.sorted { $0.key < $1.key }
    }

    var count: Int {
        past.reduce(keys.count) { count, entry in
            count + (entry.object == nil ? 0 : 1) - (objects[entry.key] == nil ? 0 : 1)
        }
    }

    /// Calls `body` with each object until it returns false.
    func forEach(_ body: (StoreKey.Key, Object) -> Bool) {
        var next = keys.startIndex
        var nextPast = 0
        while next < keys.endIndex || nextPast < past.count {
            if nextPast < past.count, next == keys.endIndex || !(keys[next] < past[nextPast].key) {
                let entry = past[nextPast]
                if next < keys.endIndex, keys[next] == entry.key { next += 1 }
                nextPast += 1
                if let object = entry.object, !body(entry.key, object) { return }
            } else {
                let key = keys[next]
                next += 1
                if let object = objects[key], !body(key, object) { return }
            }
        }
    }
}
