// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "numbers are exact",
        arguments: [
            ("0", .integer(0)), ("-1", .integer(-1)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number("9223372036854775808")),
            ("-9223372036854775809", .number("-9223372036854775809")), ("-0", .number("-0")), ("1.0", .number("1.0")),
            ("1e3", .number("1e3")), ("1.10E-5", .number("1.10E-5")),
            ("99999999999999999999999", .number("99999999999999999999999")),
        ] as [(String, Value)])
    func numbers(text: String, value: Value) throws {
        #expect(try JSON.parse(text) == value)
        #expect(JSON.text(value) == text)
    }

    @Test(
        "strings are read with all escapes",
        arguments: [
            (#""a\n\t\r\b\f\"\\\/""#, "a\n\t\r\u{8}\u{c}\"\\/"), (#""\u00e9\ud83d\ude00\u0000""#, "é😀\u{0}"),
            ("\"é😀\"", "é😀"), ("\"\"", ""),
        ])
    func strings(text: String, value: String) throws {
        #expect(try JSON.parse(text) == .string(value))
        #expect(try JSON.parse(JSON.text(.string(value))) == .string(value))
    }

    @Test(
        "what is no JSON is refused, with the byte",
        arguments: [
            ("", 0), ("{", 1), ("[1,]", 3), ("{\"a\":1,}", 7), ("01", 2), ("1.", 2), ("-", 1), ("1e", 2), ("tru", 0),
            ("nulL", 0), ("[1] 2", 4), ("\"a", 2), ("\"\u{1}\"", 1), (#""\x""#, 2), (#""\ud800""#, 7),
            (#""\ud800\u0041""#, 13),
            ("{a:1}", 1), ("+1", 0), ("NaN", 0), ("'a'", 0), ("{\"a\" 1}", 5), ("\u{FEFF}1", 0),
        ])
    func refusals(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
        #expect(error?.offset == offset)
    }

    @Test("invalid UTF-8 is refused, with and without escapes")
    func invalidUTF8() {
        #expect(throws: JSONError.self) { try JSON.parse([0x22, 0xC3, 0x28, 0x22]) }
        #expect(throws: JSONError.self) { try JSON.parse([0x22, 0x5C, 0x6E, 0xC3, 0x28, 0x22]) }
        #expect(throws: JSONError.self) { try JSON.parse([0x22, 0xED, 0xA0, 0x80, 0x22]) }
    }

    @Test("a repeated key is refused in maps of any size")
    func duplicates() {
        for count in [1, 16, 40] {
            let members = (0..<count).map { "\"key\($0)\":1" } + ["\"key0\":2"]
            let error = #expect(throws: JSONError.self) { try JSON.parse("{\(members.joined(separator: ","))}") }
            #expect(error?.message == "the key \"key0\" stands twice in one map")
        }
    }

    @Test("depth and size end at their limits")
    func limits() throws {
        let nested = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(throws: Never.self) { try JSON.parse(nested) }
        #expect(throws: JSONError.self) { try JSON.parse("[[[1]]]", limits: JSON.Limits(depth: 2)) }
        #expect(throws: JSONError.self) { try JSON.parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONError.self) { try JSON.parse("[1,2]", limits: JSON.Limits(bytes: 4)) }
    }

    @Test("mutated documents are read or refused, and what is read is written the same again")
    func mutations() throws {
        var random = SplitMix(state: 11)
        let seed = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",null,true],"bbbbbbbbbbbbbbbbbbbb":{"c":{}}}"#.utf8)
        for _ in 0..<5000 {
            var bytes = seed
            for _ in 0..<random.below(4) {
                let index = random.below(bytes.count)
                if random.below(2) == 0 { bytes[index] = UInt8(random.below(256)) } else { bytes.remove(at: index) }
            }
            guard let value = try? JSON.parse(bytes) else { continue }
            #expect(try JSON.parse(JSON.bytes(value)) == value)
        }
    }

    @Test("pretty text has a line a member")
    func prettyText() {
        let value: Value = ["a": [1, ["b": [:]]], "c": []]
        #expect(
            JSON.prettyText(value) == """
                {
                  "a": [
                    1,
                    {
                      "b": {}
                    }
                  ],
                  "c": []
                }
                """)
    }
}
