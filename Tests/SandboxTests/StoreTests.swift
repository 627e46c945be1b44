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

    @Test("A continue token survives its text form")
    func continueToken() throws {
        let token = try #require(ContinueToken(ContinueToken(revision: "7", after: object("n", "b")).text))
        #expect(token.revision == "7")
        #expect(token.precedes(object("n", "c")) && token.precedes(object("o", "a")))
        #expect(!token.precedes(object("n", "b")) && !token.precedes(object("m", "z")))
        #expect(ContinueToken("zz") == nil)
    }
}
