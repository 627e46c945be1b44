// SPDX-License-Identifier: Apache-2.0

import Manifests
import Reconciler
import Testing

@Suite("The objects of one kind, as list and watch tell them")
struct ObjectCacheTests {
    private static func pod(_ name: String, version: Int, owner: String? = nil) -> Object {
        var object: Object = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(name), "namespace": "staging", "resourceVersion": .string("\(version)"),
                "managedFields": [["manager": "kubelet"]],
            ],
        ]
        if let owner {
            object.set(
                [["uid": "other"], ["uid": .string(owner), "controller": true]], at: "metadata", "ownerReferences")
        }
        return object
    }

    @Test("A list replaces what was there, and says whether anything changed")
    func lists() {
        var cache = ObjectCache()
        #expect(!cache.isSynced)
        let empty = ObjectPage(objects: [], resourceVersion: "1")
        let changedByFirst = cache.replace(with: empty)
        #expect(changedByFirst && cache.isSynced)
        let changedAgain = cache.replace(with: ObjectPage(objects: [], resourceVersion: "2"))
        #expect(!changedAgain)
        let changedByPod = cache.replace(with: ObjectPage(objects: [Self.pod("a", version: 3)], resourceVersion: "3"))
        #expect(changedByPod)
        _ = cache.replace(with: ObjectPage(objects: [Self.pod("b", version: 4, owner: "x")], resourceVersion: "4"))
        #expect(cache.object(namespace: "staging", name: "a") == nil)
        #expect(cache.controlled(by: "x").map(\.name) == ["b"])
        #expect(cache.resourceVersion == "4")
    }

    @Test("Events move the version on; a bookmark changes nothing else")
    func events() {
        var cache = ObjectCache()
        _ = cache.replace(with: ObjectPage(objects: [], resourceVersion: "1"))
        let isNews = cache.apply(.present(Self.pod("a", version: 5)))
        #expect(isNews == .changed && cache.resourceVersion == "5")
        let isBookmarkNews = cache.apply(.bookmark("9"))
        #expect(isBookmarkNews == .unchanged && cache.resourceVersion == "9")
        let isUnknownGone = cache.apply(.deleted(Self.pod("z", version: 10)))
        #expect(isUnknownGone == .unchanged && cache.resourceVersion == "10")
        let isGone = cache.apply(.deleted(Self.pod("a", version: 11)))
        #expect(isGone == .changed && cache.object(namespace: "staging", name: "a") == nil)
    }

    @Test("Events that come twice, late or from long ago take nothing back")
    func disorder() {
        var cache = ObjectCache()
        _ = cache.replace(with: ObjectPage(objects: [Self.pod("a", version: 5)], resourceVersion: "10"))
        func apply(_ event: ClusterEvent) -> ObjectCache.Applied { cache.apply(event) }
        #expect(apply(.present(Self.pod("a", version: 12))) == .changed)
        #expect(apply(.present(Self.pod("a", version: 12))) == .unchanged)
        #expect(apply(.present(Self.pod("a", version: 11))) == .unchanged)
        #expect(apply(.deleted(Self.pod("a", version: 11))) == .unchanged)
        #expect(cache.object(namespace: "staging", name: "a")?.resourceVersion == "12")
        #expect(apply(.deleted(Self.pod("a", version: 13))) == .changed)
        #expect(apply(.present(Self.pod("a", version: 12))) == .unchanged)
        #expect(cache.object(namespace: "staging", name: "a") == nil)
        #expect(apply(.present(Self.pod("a", version: 14))) == .changed)
        #expect(apply(.present(Self.pod("b", version: 9))) == .doubtful)
        #expect(apply(.bookmark("7")) == .unchanged)
        #expect(cache.resourceVersion == "14")
        #expect(apply(.present(Self.pod("b", version: 15))) == .changed)
    }

    @Test("An object read by itself is known where it is newer, and the watch goes on from where it was")
    func learns() {
        var cache = ObjectCache()
        let page = ObjectPage(objects: [Self.pod("a", version: 5), Self.pod("b", version: 6)], resourceVersion: "10")
        _ = cache.replace(with: page)
        let learnt = [5, 4, 20].map { cache.learn(Self.pod("a", version: $0)) }
        #expect(learnt == [false, false, true])
        #expect(cache.resourceVersion == "10")
        #expect(cache.object(namespace: "staging", name: "a")?.resourceVersion == "20")
        let events = [("a", 15), ("b", 12)].map { cache.apply(.present(Self.pod($0.0, version: $0.1))) }
        #expect(events == [.unchanged, .changed])
        #expect(cache.resourceVersion == "12")
        _ = cache.apply(.deleted(Self.pod("b", version: 30)))
        let afterDeletion = [25, 31].map { cache.learn(Self.pod("b", version: $0)) }
        #expect(afterDeletion == [false, true])
    }

    @Test("Whatever is repeated or goes back, no object does, and what was gone stays gone")
    func neverBack() {
        var generator = SplitMix(state: 11)
        for _ in 0..<50 {
            var cache = ObjectCache()
            _ = cache.replace(with: ObjectPage(objects: [], resourceVersion: "0"))
            var history: [ClusterEvent] = []
            var truth: [String: Object] = [:]
            for version in 1...80 {
                let pod = Self.pod("pod-\(generator.next() % 6)", version: version)
                let isGone = generator.next() % 4 == 0 && truth[pod.name] != nil
                truth[pod.name] = isGone ? nil : pod
                history.append(isGone ? .deleted(pod) : .present(pod))
                for event in history.suffix(1 + Int(generator.next() % 5)) { _ = cache.apply(event) }
                _ = cache.apply(history[Int(generator.next() % UInt64(history.count))])
                for name in (0..<6).map({ "pod-\($0)" }) {
                    let known = cache.object(namespace: "staging", name: name)?.resourceVersion
                    #expect(known == truth[name]?.resourceVersion)
                }
            }
        }
    }

    @Test("An object that changes hands is found with its new controller only")
    func controllers() {
        var cache = ObjectCache()
        _ = cache.apply(.present(Self.pod("b", version: 1, owner: "x")))
        _ = cache.apply(.present(Self.pod("a", version: 2, owner: "x")))
        #expect(cache.controlled(by: "x").map(\.name) == ["a", "b"])
        _ = cache.apply(.present(Self.pod("b", version: 3, owner: "y")))
        #expect(cache.controlled(by: "x").map(\.name) == ["a"])
        #expect(cache.controlled(by: "y").map(\.name) == ["b"])
        #expect(cache.controlled(by: "other").isEmpty)
        _ = cache.apply(.deleted(Self.pod("b", version: 4)))
        #expect(cache.controlled(by: "y").isEmpty)
    }

    @Test("Whatever the events, the cache is what a list would be")
    func equalsList() {
        var generator = SplitMix(state: 7)
        for _ in 0..<50 {
            var cache = ObjectCache()
            var truth: [String: Object] = [:]
            for version in 1...60 {
                let name = "pod-\(generator.next() % 8)"
                if generator.next() % 3 == 0, let gone = truth.removeValue(forKey: name) {
                    _ = cache.apply(.deleted(gone))
                } else {
                    let pod = Self.pod(name, version: version, owner: "owner-\(generator.next() % 3)")
                    truth[name] = pod
                    _ = cache.apply(.present(pod))
                }
            }
            var listed = ObjectCache()
            _ = listed.replace(
                with: ObjectPage(objects: truth.values.sorted { $0.name < $1.name }, resourceVersion: "60"))
            for owner in 0..<3 {
                #expect(cache.controlled(by: "owner-\(owner)") == listed.controlled(by: "owner-\(owner)"))
            }
        }
    }

    @Test("Nothing secret, and nothing that judging does not read, is kept")
    func trims() {
        var secret = Planet.secret("db", [("password", "aHVudGVyMg==")])
        secret["stringData"] = ["a": "b"]
        secret.set([["manager": "x"]], at: "metadata", "managedFields")
        secret.set("{}", at: "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
        let trimmed = secret.trimmedForObservation
        #expect(trimmed["data"] == nil && trimmed["stringData"] == nil)
        #expect(trimmed.value(at: "metadata", "managedFields") == nil)
        #expect(trimmed.annotations["kubectl.kubernetes.io/last-applied-configuration"] == nil)
        #expect(trimmed.name == "db")
        #expect(Planet.deployment("api", tag: "1").trimmedForObservation["spec"] != nil)
    }
}

/// A generator with a seed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
