// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What the watches tell of drift")
struct DriftBoardTests {
    private let target = Planet.api
    private let id = Planet.id("ConfigMap", "a")
    private let board = DriftBoard(
        hash: FieldHash { bytes in bytes.reduce(5381) { $0 &* 33 &+ UInt64($1) } })

    private var manifest: Manifest {
        var object = Planet.configMap("a", [("level", "info")])
        object.set("staging", at: "metadata", "namespace")
        return Manifest(object: object, origin: Origin(file: "a.yaml"))
    }

    private func live(_ version: Int, level: String = "info", uid: String = "u1") -> Object {
        var object = manifest.object
        object["data"] = ["level": .string(level)]
        object.set(.string("\(version)"), at: "metadata", "resourceVersion")
        object.set(.string(uid), at: "metadata", "uid")
        object.set(
            [
                [
                    "manager": "mainstay", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
                    "fieldsV1": ["f:data": ["f:level": [:]]],
                ]
            ], at: "metadata", "managedFields")
        return object
    }

    private var found: [DriftDifference.Signal] { board.differences(of: id).map(\.signal) }

    private func apply(_ answer: Object, of sent: Manifest? = nil) {
        board.hold([id], by: target)
        _ = board.applied(answer, of: sent ?? manifest, by: target)
    }

    @Test("An event after an apply shows what was changed, and a later one that it was changed back")
    func changes() {
        apply(live(10))
        #expect(found == [])
        let signal = board.signal(for: target)
        let seen = signal.version
        board.saw(live(11, level: "debug"))
        #expect(found == [.changed] && signal.version != seen)
        board.saw(live(12))
        #expect(found == [])
    }

    @Test("While a write is under way events are held; what is not newer than its answer is no news")
    func held() {
        apply(live(10))
        board.hold([id], by: target)
        board.saw(live(11, level: "ours, by the next manifest"))
        #expect(found == [])
        _ = board.applied(live(11, level: "ours, by the next manifest"), of: manifest, by: target)
        #expect(found == [])
        board.saw(live(11, level: "ours, by the next manifest"))
        board.saw(live(10))
        #expect(found == [])
    }

    @Test("What others did while a write was under way is found once its answer is there")
    func heldChange() {
        apply(live(10))
        board.hold([id], by: target)
        board.saw(live(11))
        board.saw(live(12, level: "debug"))
        _ = board.applied(live(11), of: manifest, by: target)
        #expect(found == [.changed])

        apply(live(13))
        board.hold([id], by: target)
        board.saw(live(14, level: "debug"))
        board.release([id])
        #expect(found == [.changed])

        apply(live(15))
        board.hold([id], by: target)
        board.sawDeleted(live(16))
        #expect(found == [])
        board.release([id])
        #expect(found == [.gone])
    }

    @Test("Gone is what was deleted, and what a whole list does not hold, unless it is newer than the list")
    func gone() {
        apply(live(10))
        board.sawDeleted(live(9))
        #expect(found == [])
        board.sawDeleted(live(11))
        #expect(found == [.gone])
        board.saw(live(12, uid: "u2"))
        #expect(found == [.replaced])
        apply(live(13))
        board.sawAll(of: id.groupKind, namespace: "staging", at: "12") { _ in false }
        board.sawAll(of: id.groupKind, namespace: "other", at: "20") { _ in false }
        board.sawAll(of: id.groupKind, namespace: "staging", at: "20") { _ in true }
        #expect(found == [])
        board.sawAll(of: id.groupKind, namespace: "staging", at: "20") { _ in false }
        #expect(found == [.gone])
        board.confirm(id, is: live(13))
        #expect(found == [])
    }

    @Test("As sent is what the last apply left, of the same manifest, and what the ledger holds")
    func asSent() {
        func isAsSent(_ manifest: Manifest, over version: Int, by target: TargetID) -> Bool {
            board.isAsSent(id, mark: board.mark(of: manifest), over: SeenObject(live(version)), by: target)
        }
        apply(live(10))
        #expect(!isAsSent(manifest, over: 10, by: target))
        board.recorded([id])
        #expect(isAsSent(manifest, over: 10, by: target))
        #expect(!isAsSent(manifest, over: 10, by: Planet.worker))
        #expect(!isAsSent(manifest, over: 11, by: target))
        var other = manifest
        other.object["data"] = ["level": "debug"]
        #expect(!isAsSent(other, over: 10, by: target))
        #expect(!board.wasApplied(id, mark: board.mark(of: other), by: target))
        // What was asked before is not what holds after the next apply.
        apply(live(12), of: other)
        #expect(!isAsSent(other, over: 12, by: target))
        board.recorded([id])
        #expect(isAsSent(other, over: 12, by: target))
        #expect(!isAsSent(manifest, over: 12, by: target))
        #expect(board.wasApplied(id, mark: board.mark(of: other), by: target))
        #expect(
            !board.isAsSent(
                id, mark: board.mark(of: other), over: SeenObject(live(12, uid: "u2")), by: target))
    }

    @Test("What is loaded is compared with; without anything to compare with, that is said")
    func loading() {
        #expect(found == [.unverified])
        apply(live(10))
        let fresh = DriftBoard(hash: board.hash)
        let baseline = DriftBaseline(of: live(10), sent: manifest, after: nil, hash: board.hash)
        fresh.load([InventoryRecord(object: id, version: "v1", uid: "u1", baseline: baseline.text)], of: target)
        fresh.saw(live(11, level: "debug"))
        #expect(fresh.differences(of: id).map(\.signal) == [.changed])
        let empty = DriftBoard(hash: board.hash)
        empty.load([InventoryRecord(object: id, version: "v1", uid: "u1")], of: target)
        empty.saw(live(11))
        #expect(empty.differences(of: id).map(\.signal) == [.unverified])
        fresh.forget(id, of: Planet.worker)
        #expect(fresh.differences(of: id).map(\.signal) == [.changed])
        fresh.forget(id, of: target)
        #expect(fresh.differences(of: id).map(\.signal) == [.unverified])
    }

    @Test("An event in another version of the kind is not compared, and hides none in the right one")
    func otherVersion() {
        apply(live(10))
        var other = live(11, level: "debug")
        other["apiVersion"] = "v2"
        board.saw(other)
        #expect(found == [])
        board.saw(live(11, level: "debug"))
        #expect(found == [.changed])
    }

    @Test("An event of which only the status is news is not compared anew")
    func status() {
        let marks = Counter()
        let board = DriftBoard(
            hash: FieldHash { bytes in
                _ = marks.next()
                return bytes.reduce(5381) { $0 &* 33 &+ UInt64($1) }
            })
        func state(_ version: Int, level: String = "info", status: Value) -> Object {
            var object = live(version, level: level)
            object["status"] = status
            let entries = object.metadata["managedFields"]?.array ?? []
            object.set(
                .array(
                    entries + [
                        [
                            "manager": "controller", "operation": "Update", "apiVersion": "v1",
                            "subresource": "status", "time": .string("\(version)"), "fieldsType": "FieldsV1",
                            "fieldsV1": ["f:status": ["f:ready": [:]]],
                        ]
                    ]), at: "metadata", "managedFields")
            return object
        }
        board.hold([id], by: target)
        _ = board.applied(live(10), of: manifest, by: target)
        let before = marks.value
        board.saw(state(11, status: ["ready": 1]))
        board.saw(state(12, status: ["ready": 2]))
        #expect(marks.value == before && board.differences(of: id).isEmpty)
        board.saw(state(13, level: "debug", status: ["ready": 2]))
        #expect(board.differences(of: id).map(\.signal) == [.changed])
        board.saw(state(14, level: "debug", status: ["ready": 3]))
        #expect(board.differences(of: id).map(\.signal) == [.changed])
        board.sawDeleted(state(15, status: ["ready": 3]))
        #expect(board.differences(of: id).map(\.signal) == [.gone])
        board.saw(state(16, status: ["ready": 4]))
        #expect(board.differences(of: id).isEmpty)
    }

    @Test("What others had changed before an apply is found in its answer")
    func answers() {
        func labelled(_ version: Int, _ value: String) -> Object {
            var object = live(version)
            object.set(["team": .string(value)], at: "metadata", "labels")
            let entries = object.metadata["managedFields"]?.array ?? []
            object.set(
                .array(
                    entries + [
                        [
                            "manager": "kubectl-label", "operation": "Update", "apiVersion": "v1",
                            "fieldsType": "FieldsV1",
                            "fieldsV1": ["f:metadata": ["f:labels": ["f:team": [:]]]],
                        ]
                    ]), at: "metadata", "managedFields")
            return object
        }
        apply(labelled(10, "core"))
        #expect(found == [])
        apply(labelled(11, "somebody else"))
        #expect(found == [.foreignChanged])
        apply(live(12, uid: "u2"))
        #expect(found == [])
        var going = live(13, uid: "u3")
        going.set("2026-11-24T10:00:00Z", at: "metadata", "deletionTimestamp")
        apply(going)
        #expect(found == [.deleting])
    }
}
