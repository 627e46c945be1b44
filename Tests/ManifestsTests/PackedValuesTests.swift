// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@Suite("Packed values")
struct PackedValuesTests {
    @Test(
        "Every kind of value comes back as it was",
        arguments: [
            .null, true, false, 0, -1, 63, 64, -64, -65, .integer(.max), .integer(.min), .number("1.0"),
            .number("18446744073709551615"), "", "a", "ä€🚀\u{0}\n\"", .string(String(repeating: "x", count: 300)), [],
            [:],
            [1, [2, [], [:]], nil], ["a": ["a": ["a": "a"]], "b": nil],
        ] as [Value])
    func kinds(value: Value) {
        #expect(PackedValues([value]).values == [value])
        #expect(PackedValues([value, "after"]).values == [value, "after"], "where it ends")
    }

    @Test("Keys keep their order, and numbers their spelling")
    func order() throws {
        let text = #"{"b":1,"a":{"z":1e3,"y":1.50},"0":[1,-0.0]}"#
        let packed = PackedValues([try JSON.parse(text)])
        #expect(packed.values.map(JSON.text) == [text])
    }

    @Test("More texts than fit a byte are told apart")
    func manyTexts() {
        let value = Value.array((0..<20_000).map { .string("text \($0 % 17_000)") })
        #expect(PackedValues([value]).values == [value])
    }

    @Test("Random trees come back as they were")
    func random() {
        var random = SplitMix(state: 7)
        for _ in 0..<300 {
            let values = (0..<Int.random(in: 0..<4, using: &random)).map { _ in Self.value(4, &random) }
            #expect(PackedValues(values).values == values)
        }
    }

    @Test("Manifests come back with where they were read, and what many have in common takes next to nothing")
    func manifests() {
        let manifests = (0..<200).map { number in
            Manifest(
                object: [
                    "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string("service-\(number)")],
                    "spec": [
                        "selector": ["app.kubernetes.io/name": "a rather long value of it"], "ports": [["port": 80]],
                    ],
                ], origin: Origin(file: "services/all.yaml", document: number, line: number * 9),
                place: 200 - number)
        }
        #expect(PackedManifests(manifests).manifests == manifests)
        let packed = PackedValues(manifests.map { .object($0.object) })
        #expect(packed.size * 3 < manifests.reduce(0) { $0 + JSON.bytes(.object($1.object)).count })
    }

    private static func value(_ depth: Int, _ random: inout SplitMix) -> Value {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: .null
        case 1: .bool(.random(using: &random))
        case 2: .integer(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3: .number("\(random.next()).\(random.next())")
        case 4, 5: .string(String(random.next() % 50))
        case 6: .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(depth - 1, &random) })
        default:
            .object(
                Object(
                    (0..<Int.random(in: 0..<5, using: &random)).map { ("key \($0)", value(depth - 1, &random)) }))
        }
    }
}
