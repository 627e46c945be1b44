// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("YAML writing")
struct YAMLWriterTests {
    @Test("maps and lists are written as kubectl prints them")
    func layout() {
        let value: Value = [
            "kind": "ConfigMap", "data": ["on": "yes", "port": "8080", "text": "a\nb\n", "tail": "x\ny"],
            "list": [1, [2, 3], ["a": [], "b": ["c": [:]]], "- d"], "none": nil,
        ]
        #expect(
            YAML.text(value) == """
                kind: ConfigMap
                data:
                  "on": "yes"
                  port: "8080"
                  text: |
                    a
                    b
                  tail: |-
                    x
                    y
                list:
                - 1
                - - 2
                  - 3
                - a: []
                  b:
                    c: {}
                - '- d'
                none: null

                """)
    }

    // As `kubectl kustomize` 5.8 prints each, in a list.
    @Test(
        "strings are written in the style that kustomize picks",
        arguments: [
            ("a b", "a b"), ("a: b", "'a: b'"), ("a:b", "a:b"), ("a #b", "'a #b'"), ("it's", "it's"), ("'a", "'''a'"),
            ("{a", "'{a'"), ("a,b", "a,b"), ("- a", "'- a'"), ("-a", "-a"), ("?a", "?a"), ("? a", "'? a'"),
            ("@a", "'@a'"),
            ("a ", "'a '"), ("yes", "\"yes\""), ("1", "\"1\""), ("1_0", "\"1_0\""), ("~", "\"~\""), ("", "\"\""),
            ("12:30", "\"12:30\""), ("2001-01-01", "\"2001-01-01\""), ("<<", "<<"), ("=", "="), ("a\tb", "\"a\\tb\""),
            ("a\nb", "|-\n  a\n  b"), ("a\n\n", "|+\n  a\n"), (" a\n", "|2\n   a"), ("a\tb\n", "\"a\\tb\\n\""),
            ("a \nb", "\"a \\nb\""), ("a\u{0}", "\"a\\0\""), ("é", "é"), ("--- a", "'--- a'"), ("#a", "'#a'"),
        ])
    func styles(text: String, written: String) {
        #expect(YAML.text([.string(text)]) == "- \(written)\n")
    }

    @Test("long lines are broken at single spaces behind column 80, where they read back as one line")
    func longLines() throws {
        let a = String(repeating: "a", count: 40)
        let texts = ["\(a) \(a) b c", "\(a)  \(a) b: c", "\(a)\t\(a) b  c", "\(a)\(a)\(a) ", "\(a) \(a)\(a)  b"]
        let value: Value = [
            "k": .array(texts.map(Value.string)), "\(a)\(a) \(a) \(a)": .string("\(a) \(a) b"),
        ]
        let written = """
            k:
            - \(a) \(a)
              b c
            - '\(a)  \(a)
              b: c'
            - "\(a)\\t\(a)
              b  c"
            - '\(a)\(a)\(a) '
            - \(a) \(a)\(a)  b
            ? \(a)\(a)
              \(a) \(a)
            : \(a) \(a)
              b

            """
        #expect(YAML.text(value) == written)
        #expect(try YAML.documents(Array(written.utf8), file: "f").first?.value == value)
    }

    @Test("keys stand in the order in which kubectl prints them")
    func keyOrder() {
        let keys = [
            "", "-", "_a", "1", "2", "10", "A", "a", "a-b", "a.b", "a9", "a10", "a10b", "ab", "v1.9", "v1.10", "é",
        ]
        let object = Object(keys.sorted().map { ($0, Value.null) })
        #expect(object.inPrintedOrder.keys == keys)
    }

    @Test("numbers are written as kustomize prints them")
    func numbers() {
        let numbers: [Value] = [
            1, .number("1.50"), .number("1e3"), .number("123456789.5"), .number("1e21"), .number("0.00001"),
        ]
        #expect(YAML.text(.array(numbers)) == "- 1\n- 1.5\n- 1000\n- 1.234567895e+08\n- 1e+21\n- 1e-05\n")
    }

    @Test(
        "any string reads back as itself",
        arguments: [
            "", " ", "a", "~", "null", "y", "no", "1", "1_0", "017", ".5", ".inf", "1e3", "2001-01-01", "12:30", "-",
            "--",
            "- a", "-a", "---", "? a", "a: b", "a:", "a #b", "a#b", "#a", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">",
            "{a",
            "[a", "a]", "'a'", "\"a\"", "a\tb", "\ta", "a ", "a\n", "\n", "\n\n", "a\n\n", "\na", " a\nb",
            "a\n b\n\n\n",
            "\ta\nb", "a\r\nb", "a\u{0}b", "é\nü", "\u{85}", "a\u{2028} b", "b\u{2028} --- r", "a\u{2028}b\nc",
            "\u{FEFF}a", "😀\n😀", "<<",
            "=", "a,b",
            ", a",
            "...", "--- a\nb", "a\n--- b\n", "a\\b", "http://a:80/b?c#d", "$(A)", "{{x}}", "a \nb ", "   ", "  \na",
        ])
    func strings(text: String) throws {
        for value in [
            .string(text), ["k": .string(text)], [.string(text)], [[["k": .string(text)]]], [.string(text): 1],
        ]
            as [Shape]
        {
            let written = YAML.text(value.value)
            let read = try YAML.documents(Array(written.utf8), file: "f").map(\.value)
            #expect(read == [value.value], "\(written)")
        }
    }

    @Test("a key too long for a simple key is written in the explicit form")
    func longKeys() throws {
        let key = String(repeating: "k", count: 5000)
        for inner in [1, ["a": 1], [1, 2], "x\ny"] as [Value] {
            let value: Value = ["outer": .object(Object([(key, inner), ("b", 2)]))]
            #expect(try YAML.documents(Array(YAML.text(value).utf8), file: "f").map(\.value) == [value])
        }
    }

    @Test("random values come back from YAML and from JSON as they were")
    func roundTrip() throws {
        var random = SplitMix(state: 7)
        for _ in 0..<1500 {
            let value = Self.value(&random, depth: 0)
            #expect(try YAML.documents(Array(YAML.text(value).utf8), file: "f").map(\.value) == [value])
            #expect(try JSON.parse(JSON.text(value)) == value)
            #expect(try JSON.parse(JSON.prettyText(value)) == value)
            // JSON is YAML, but for what YAML calls line breaks within strings.
            #expect(try YAML.documents(JSON.bytes(value), file: "f").map(\.value) == [value])
        }
    }

    static func value(_ random: inout SplitMix, depth: Int) -> Value {
        switch random.below(depth < 4 ? 9 : 6) {
        case 0: return .null
        case 1: return .bool(random.below(2) == 0)
        case 2: return .integer(Int64(bitPattern: random.next()) >> Int64(random.below(64)))
        case 3: return .number("\(random.below(1000)).\(random.below(1000))5")
        case 4, 5: return .string(text(&random))
        case 6, 7:
            var object = Object()
            for _ in 0..<random.below(6) { object[text(&random)] = value(&random, depth: depth + 1) }
            return .object(object)
        default: return .array((0..<random.below(5)).map { _ in value(&random, depth: depth + 1) })
        }
    }

    static func text(_ random: inout SplitMix) -> String {
        let parts = [
            "a", "b", "yes", "0", "1", "-", ":", " ", "\n", "#", "\t", "'", "\"", "\\", "é", "😀", ".", "e", "x", "{",
            "]",
            "~", "%", "&", "|",
        ]
        return (0..<random.below(6)).map { _ in parts[random.below(parts.count)] }.joined()
    }

    /// A literal whose keys may be any string.
    struct Shape: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
        var value: Value

        init(value: Value) { self.value = value }

        init(arrayLiteral elements: Value...) { value = .array(elements) }

        init(dictionaryLiteral elements: (Value, Value)...) {
            value = .object(Object(elements.map { ($0.string ?? "", $1) }))
        }

        static func string(_ text: String) -> Shape { Shape(value: .string(text)) }
    }
}
