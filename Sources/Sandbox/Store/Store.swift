// SPDX-License-Identifier: Apache-2.0

import Manifests

/// All objects, their one revision counter, and the changes that watches replay.
struct Store {
    private(set) var revision: UInt64
    private var collections: [GroupKind: Collection] = [:]
    /// Owner uid to the objects that name it.
    private var dependents: [String: Set<StoreKey>] = [:]
    private(set) var history: History
    private var pool = ValuePool()

    init(historyLimit: Int) {
        revision = 1
        history = History(limit: historyLimit)
    }

    func object(_ key: StoreKey) -> Object? { collections[key.kind]?.objects[key.key] }

    /// Objects of a kind in the order of their keys.
    func objects(_ kind: GroupKind, namespace: String?) -> [Object] {
        guard let collection = collections[kind] else { return [] }
        return collection.keys(namespace: namespace).compactMap { collection.objects[$0] }
    }

    func count(_ kind: GroupKind, namespace: String?) -> Int {
        collections[kind]?.keys(namespace: namespace).count ?? 0
    }

    /// Objects of a kind from a key on, as they were at a revision that has not been compacted; nil is now.
    func snapshot(
        _ kind: GroupKind, namespace: String?, at revision: UInt64? = nil, from first: StoreKey.Key? = nil
    ) -> Snapshot {
        let changes = revision.map { history.changes(after: $0) } ?? []
        let collection = collections[kind] ?? Collection()
        return Snapshot(
            objects: collection.objects, keys: collection.keys(namespace: namespace, from: first),
            undoing: changes.filter { change in
                change.key.kind == kind && (namespace == nil || namespace == change.key.namespace)
                    && !(first.map { change.key.key < $0 } ?? false)
            })
    }

    /// Forgets changes that are too old.
    mutating func compact(now: Timestamp) { history.compact(now: now, revision: revision) }

    func isEmpty(_ kind: GroupKind) -> Bool { collections[kind]?.objects.isEmpty ?? true }

    func dependents(of uid: String) -> [StoreKey] { (dependents[uid] ?? []).sorted() }

    func find(uid: String, kind: GroupKind, namespace: String) -> Object? {
        objects(kind, namespace: namespace).first { $0.uid == uid }
    }

    /// Writes an object under the next revision and returns it with that resourceVersion.
    mutating func put(_ object: Object, at key: StoreKey) -> Object {
        revision += 1
        let previous = self.object(key)
        var stored = object
        stored.setMetadata("resourceVersion", .string(String(revision)))
        stored = pool.shared(stored)
        unlink(previous, key)
        for owner in stored.ownerReferences { dependents[owner.uid, default: []].insert(key) }
        collections[key.kind, default: Collection()].put(stored, at: key.key)
        history.append(Change(revision: revision, key: key, before: previous, after: stored))
        return stored
    }

    /// Removes an object under the next revision and returns it as it was, with that resourceVersion.
    mutating func remove(_ key: StoreKey) -> Object? {
        guard var object = object(key) else { return nil }
        revision += 1
        unlink(object, key)
        collections[key.kind]?.remove(key.key)
        let previous = object
        object.setMetadata("resourceVersion", .string(String(revision)))
        history.append(Change(revision: revision, key: key, before: previous, after: nil, last: object))
        return object
    }

    /// The store some revisions ago, or as far back as the history goes: what a lagging cache answers from. For reads
    /// only.
    func lagging(by count: Int) -> Store {
        var old = self
        old.revision = max(1, history.compactedRevision, revision - min(revision, UInt64(clamping: count)))
        for change in history.changes(after: old.revision).reversed() {
            if let before = change.before {
                old.collections[change.key.kind, default: Collection()].put(before, at: change.key.key)
            } else {
                old.collections[change.key.kind]?.remove(change.key.key)
            }
        }
        return old
    }

    private mutating func unlink(_ object: Object?, _ key: StoreKey) {
        for owner in object?.ownerReferences ?? [] {
            dependents[owner.uid]?.remove(key)
            if dependents[owner.uid]?.isEmpty == true { dependents[owner.uid] = nil }
        }
    }
}

/// Objects of one kind, with their keys kept in order.
private struct Collection {
    private(set) var objects: [StoreKey.Key: Object] = [:]
    private var sorted: [StoreKey.Key] = []

    func keys(namespace: String?, from first: StoreKey.Key? = nil) -> ArraySlice<StoreKey.Key> {
        var start = 0
        var end = sorted.count
        if let namespace {
            start = index(of: StoreKey.Key(namespace: namespace, name: ""))
            end = firstIndex { $0.namespace != namespace && StoreKey.Key(namespace: namespace, name: "") < $0 }
        }
        if let first { start = min(max(start, index(of: first)), end) }
        return sorted[start..<end]
    }

    mutating func put(_ object: Object, at key: StoreKey.Key) {
        if objects.updateValue(object, forKey: key) == nil { sorted.insert(key, at: index(of: key)) }
    }

    mutating func remove(_ key: StoreKey.Key) {
        guard objects.removeValue(forKey: key) != nil else { return }
        sorted.remove(at: index(of: key))
    }

    /// The first place whose key is not less.
    private func index(of key: StoreKey.Key) -> Int { firstIndex { !($0 < key) } }

    /// The first place from which on the condition holds.
    private func firstIndex(where isReached: (StoreKey.Key) -> Bool) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if isReached(sorted[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
