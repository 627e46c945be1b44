// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Store")
struct StoreTests {
    let kind = GroupKind(group: "", kind: "ConfigMap")

    func key(_ namespace: String, _ name: String) -> StoreKey {
        StoreKey(kind: kind, namespace: namespace, name: name)
    }

    func object(_ namespace: String, _ name: String, owner: String? = nil) -> Object {
        var object: Object = ["metadata": ["name": .string(name), "namespace": .string(namespace)]]
        if let owner { object.setMetadata("ownerReferences", [["uid": .string(owner), "kind": "X", "name": "x"]]) }
        return object
    }

    @Test("Lists are sorted by namespace and name, whatever the order of writes", arguments: 0..<20)
    func order(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var store = Store(historyLimit: 100)
        let names = ["a", "b", "c", "d", "e"].flatMap { name in ["m", "n"].map { ($0, name) } }
        for (namespace, name) in names.shuffled(using: &random) {
            _ = store.put(object(namespace, name), at: key(namespace, name))
        }
        _ = store.remove(key("m", "c"))
        let listed = store.objects(kind, namespace: nil).map { "\($0.namespace)/\($0.name)" }
        #expect(listed == listed.sorted() && listed.count == 9)
        #expect(store.objects(kind, namespace: "m").map(\.name) == ["a", "b", "d", "e"])
        #expect(store.objects(kind, namespace: "z").isEmpty)
    }

    @Test("Every change takes the next revision and is remembered until it is too old")
    func history() {
        var store = Store(historyLimit: 2)
        let first = store.put(object("n", "a"), at: key("n", "a"))
        _ = store.put(object("n", "b"), at: key("n", "b"))
        let removed = store.remove(key("n", "a"))
        #expect(UInt64(first.resourceVersion) ?? 0 < UInt64(removed?.resourceVersion ?? "") ?? 0)
        #expect(store.history.changes(after: 0).count == 2)
        #expect(store.history.compactedRevision == UInt64(first.resourceVersion))
        #expect(store.history.changes(after: store.revision).isEmpty)
    }

    @Test("Dependents are found by their owner's uid, and forgotten with the reference")
    func dependents() {
        var store = Store(historyLimit: 10)
        _ = store.put(object("n", "b", owner: "1"), at: key("n", "b"))
        _ = store.put(object("n", "a", owner: "1"), at: key("n", "a"))
        #expect(store.dependents(of: "1") == [key("n", "a"), key("n", "b")])
        _ = store.put(object("n", "a"), at: key("n", "a"))
        _ = store.remove(key("n", "b"))
        #expect(store.dependents(of: "1").isEmpty)
    }

    @Test("Keys are ordered as etcd orders their paths")
    func etcdOrder() {
        let keys = ["a", "a-b", "a0", "ab", "b"].map { StoreKey.Key(namespace: $0, name: "x") }
        let paths = keys.map { "\($0.namespace)/\($0.name)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(keys.sorted().map { "\($0.namespace)/\($0.name)" } == paths)
    }

    @Test("A snapshot is what the store was, whatever was written since", arguments: 0..<20)
    func snapshots(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var store = Store(historyLimit: 1000)
        var past: [(revision: UInt64, listed: [Object])] = []
        for _ in 0..<120 {
            let place = key(["m", "m-n", "n"].randomElement(using: &random) ?? "m", "\(random.next() % 12)")
            if random.next() % 3 == 0 {
                _ = store.remove(place)
            } else {
                _ = store.put(object(place.namespace, place.name), at: place)
            }
            past.append((store.revision, store.objects(kind, namespace: nil)))
        }
        for (revision, listed) in past {
            let snapshot = store.snapshot(kind, namespace: nil, at: revision)
            var seen: [Object] = []
            snapshot.forEach { _, object in
                seen.append(object)
                return true
            }
            #expect(seen == listed && snapshot.count == listed.count)
            let middle = StoreKey.Key(namespace: "m-n", name: "5")
            var rest: [Object] = []
            store.snapshot(kind, namespace: "m-n", at: revision, from: middle).forEach { _, object in
                rest.append(object)
                return true
            }
            #expect(rest == listed.filter { $0.namespace == "m-n" && !($0.name < "5") })
        }
    }

    @Test("History ends five minutes ago")
    func age() {
        var history = History(limit: 100)
        let start = Timestamp(secondsSinceEpoch: 1_000_000)
        for revision in 1...3 as ClosedRange<UInt64> {
            history.append(Change(revision: revision, key: key("n", "a"), before: nil, after: Object()))
        }
        history.compact(now: start, revision: 3)
        history.append(Change(revision: 4, key: key("n", "a"), before: nil, after: Object()))
        history.compact(now: start + .seconds(299), revision: 4)
        #expect(history.compactedRevision == 0 && history.count == 4)
        history.compact(now: start + .seconds(300), revision: 4)
        #expect(history.compactedRevision == 3 && history.count == 1)
    }

    @Test("A continue token survives its text form, and is made as the real one is")
    func token() throws {
        let token = ContinueToken(revision: 260, after: StoreKey.Key(namespace: "t1", name: "c3"))
        // Recorded.
        let recorded = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MjYwLCJzdGFydCI6ImMzXHUwMDAwIn0"
        #expect(token.text(namespace: "t1") == recorded)
        #expect(try ContinueToken(token.text(namespace: "t1"), namespace: "t1", namespaced: true) == token)
        #expect(try ContinueToken(token.text(namespace: nil), namespace: nil, namespaced: true) == token)
        for text in ["zz!", "e30", "bm9uZQ"] {
            #expect(throws: StatusError.self) { try ContinueToken(text, namespace: nil, namespaced: true) }
        }
    }
}
