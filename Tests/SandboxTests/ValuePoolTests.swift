// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Value pool")
struct ValuePoolTests {
    private func random(_ generator: inout SplitMix64, depth: Int) -> Value {
        let keys = ["a", "name", "terminationMessagePath", "k:{\"containerPort\":8080}", "ü"]
        switch UInt64.random(in: 0..<(depth > 0 ? 8 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int64.random(in: 0..<3, using: &generator))
        case 3: return .number("1.\(Int.random(in: 0..<3, using: &generator))")
        case 4: return .string(keys.randomElement(using: &generator) ?? "")
        case 5:
            return .array(
                (0..<Int.random(in: 0..<3, using: &generator)).map { _ in random(&generator, depth: depth - 1) })
        default:
            let shuffled = keys.shuffled(using: &generator).prefix(Int.random(in: 0..<4, using: &generator))
            return .object(Object(shuffled.map { ($0, random(&generator, depth: depth - 1)) }))
        }
    }

    @Test("An object comes out as it went in, key order and all", arguments: 0..<10)
    func same(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var pool = ValuePool()
        for _ in 0..<2_000 {
            let object: Object = ["x": random(&generator, depth: 3), "y": random(&generator, depth: 3)]
            #expect(JSON.text(.object(pool.shared(object))) == JSON.text(.object(object)))
        }
    }

    @Test("What two objects have in common is one in memory")
    func sharing() throws {
        var pool = ValuePool()
        func object(_ name: String) throws -> Object {
            let text = #"{"metadata":{"name":"\#(name)"},"spec":{"containers":[{"name":"main","image":"app:1"}]}}"#
            return pool.shared(try #require(try JSON.parse(text).object))
        }
        let (one, other) = (try object("one"), try object("other"))
        let specs = [one, other].compactMap { $0["spec"]?.object?.pairs }
        #expect(specs[0].sharesStorage(with: specs[1]))
        #expect(one != other && one.name == "one" && other.name == "other")
    }

    @Test("What is large is not kept, but its parts are")
    func large() {
        var pool = ValuePool()
        func object() -> Object {
            let item: Value = ["name": "one of a great many"]
            return pool.shared(["items": .array((0..<400).map { _ in item }), "small": [item]])
        }
        let (one, other) = (object(), object())
        func items(_ object: Object, _ key: String) -> [Value] { object[key]?.array ?? [] }
        #expect(!items(one, "items").sharesStorage(with: items(other, "items")))
        #expect(items(one, "small").sharesStorage(with: items(other, "small")))
        let entries = [items(one, "items")[0], items(other, "items")[399]].compactMap { $0.object?.pairs }
        #expect(entries[0].sharesStorage(with: entries[1]))
    }
}
