// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("Objects")
struct ObjectTests {
    @Test("equality and hash do not see the order of keys, but the order of lists")
    func equality() {
        let left: Value = ["a": 1, "b": ["c": [1, 2], "d": nil]]
        let right: Value = ["b": ["d": nil, "c": [1, 2]], "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1, "b": ["c": [2, 1], "d": nil]])
        #expect(left != ["a": 1, "b": ["c": [1, 2]]])
        #expect(["a": nil] as Value != ["b": nil] as Value)
        #expect(JSON.text(left.sortedByKey) == JSON.text(right.sortedByKey))
        #expect(JSON.sortedBytes(left) == JSON.bytes(left.sortedByKey))
        #expect(JSON.sortedBytes(left) == JSON.sortedBytes(right))
    }

    @Test("keys keep their place when set, go to the end when new, and leave when nil")
    func order() {
        var object: Object = ["a": 1, "b": 2, "a": 3]
        #expect(JSON.text(.object(object)) == #"{"a":3,"b":2}"#)
        object["c"] = 4
        object["a"] = nil
        object["b"] = .null
        #expect(JSON.text(.object(object)) == #"{"b":null,"c":4}"#)
    }

    @Test("paths read, make maps on the way, and remove only their end")
    func paths() {
        var object: Object = ["a": ["b": 1], "s": "x"]
        #expect(object.value(at: "a", "b") == 1)
        #expect(object.value(at: "a", "b", "c") == nil)
        object.set("v", at: "m", "n", "o")
        object.set(2, at: "s", "t")
        object.set(nil, at: "a", "b")
        object.set(nil, at: "none", "b")
        #expect(JSON.text(.object(object)) == #"{"a":{},"s":{"t":2},"m":{"n":{"o":"v"}}}"#)
    }

    @Test("an object knows its identity, whatever is missing")
    func identity() {
        let object: Object = [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": "api", "namespace": "staging", "uid": "u", "generation": 3, "labels": ["a": "b"]],
        ]
        #expect(object.objectID == ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "api"))
        #expect(object.groupVersionKind == GroupVersionKind(group: "apps", version: "v1", kind: "Deployment"))
        #expect(object.generation == 3 && object.uid == "u" && object.labels["a"] == "b" && object.annotations.isEmpty)
        #expect(Object().objectID.description == " ")
        #expect(("metadata" as Value).object == nil)
    }

    @Test("identities have stable keys and readable names")
    func keys() {
        let id = ObjectID(group: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:a/b")
        #expect(id.key == "rbac.authorization.k8s.io/ClusterRole//system:a/b")
        #expect(ObjectID(key: id.key) == id)
        #expect(id.description == "ClusterRole system:a/b")
        #expect(ObjectID(key: "a/b/c") == nil)
        #expect(GroupVersionKind(apiVersion: "v1", kind: "Pod").apiVersion == "v1")
        #expect(GroupVersionKind(apiVersion: "apps/v1", kind: "Deployment").apiVersion == "apps/v1")
        #expect(GroupKind(group: "apps", kind: "Deployment").description == "Deployment.apps")
        #expect(GroupKind(group: "", kind: "Pod").description == "Pod")
    }
}

@Suite("Timestamps")
struct TimestampTests {
    @Test("moments go no further than can be written, however long the way")
    func bounds() {
        let now = Timestamp(secondsSinceEpoch: 1_795_255_977)
        #expect((now + .seconds(Int64.max)).description == "9999-12-31T23:59:59.999Z")
        #expect((now + .seconds(Int64.min)).description == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp(secondsSinceEpoch: .max).secondsDescription == "9999-12-31T23:59:59Z")
        let last = Timestamp(millisecondsSinceEpoch: .max)
        #expect(last - Timestamp(millisecondsSinceEpoch: -1) > .milliseconds(Int64.max))
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
        #expect((.zero - Duration.seconds(Int64.min)).milliseconds == .max)
        #expect(Duration.milliseconds(-1500).milliseconds == -1500)
    }

    @Test(
        "RFC 3339 is read to the millisecond, with any offset",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-21T10:08:00.25Z", 1_795_255_680_250),
            ("2026-11-21T11:08:00.250999999+01:00", 1_795_255_680_250),
            ("2026-11-21t05:08:00-05:00", 1_795_255_680_000),
            ("1969-12-31T23:59:59.999Z", -1), ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ] as [(String, Int64)])
    func reading(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.millisecondsSinceEpoch == milliseconds)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026-11-21", "2026-11-21T10:08:00", "2026-11-21 10:08:00Z", "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00+01:00x", "２026-01-01T00:00:00Z",
        ])
    func refusals(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("every moment reads back as written")
    func roundTrip() {
        var random = SplitMix(state: 5)
        for _ in 0..<5000 {
            let moment = Timestamp(millisecondsSinceEpoch: Int64(random.below(8_000_000_000_000)) - 2_000_000_000_000)
            #expect(Timestamp(moment.description) == moment)
            let seconds = Timestamp(moment.secondsDescription)?.millisecondsSinceEpoch
            #expect(seconds.map { moment.millisecondsSinceEpoch - $0 }.map { (0..<1000).contains($0) } == true)
        }
        #expect(Timestamp(secondsSinceEpoch: 0).description == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(secondsSinceEpoch: 0).secondsDescription == "1970-01-01T00:00:00Z")
    }

    @Test("moments and durations add up")
    func arithmetic() {
        let moment = Timestamp(secondsSinceEpoch: 100)
        #expect(moment + .milliseconds(1500) - moment == .milliseconds(1500))
        #expect((moment + .seconds(-200)).description == "1969-12-31T23:58:20.000Z")
        #expect(moment < moment + .milliseconds(1))
    }
}
