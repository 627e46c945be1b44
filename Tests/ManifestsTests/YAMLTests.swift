// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("YAML reading")
struct YAMLTests {
    private func read(_ text: String, limits: YAML.Limits = YAML.Limits()) throws -> [Value] {
        try YAML.documents(Array(text.utf8), file: "f.yaml", limits: limits).map(\.value)
    }

    private func refusal(_ text: String, limits: YAML.Limits = YAML.Limits()) -> String {
        refusal(Array(text.utf8), limits: limits)
    }

    private func refusal(_ bytes: [UInt8], limits: YAML.Limits = YAML.Limits()) -> String {
        do throws(YAMLError) {
            let documents = try YAML.documents(bytes, file: "f.yaml", limits: limits)
            return "accepted: \(documents.map { JSON.text($0.value) })"
        } catch {
            return error.description
        }
    }

    // What `kubectl label --local -o json` 1.37 makes of each.
    @Test(
        "plain scalars mean what Kubernetes reads",
        arguments: [
            ("", .null), ("~", .null), ("null", .null), ("NULL", .null), ("nULL", "nULL"),
            ("y", true), ("Y", true), ("yes", true), ("on", true), ("True", true), ("tRUE", "tRUE"),
            ("n", false), ("no", false), ("OFF", false), ("False", false), ("none", "none"),
            ("0", 0), ("-0", .number("-0")), ("12", 12), ("+12", 12), ("-12", -12), ("1_000", 1000),
            ("017", 15), ("0o17", 15), ("0x1F", 31), ("-0x1f", -31), ("0b101", 5), ("08", 8), ("0x", "0x"),
            ("9223372036854775807", 9_223_372_036_854_775_807), ("9223372036854775808", .number("9223372036854775808")),
            ("-9223372036854775808", .integer(.min)), ("1.0", .number("1.0")), ("1.10", .number("1.10")),
            ("1e3", .number("1e3")), (".5", .number("0.5")), ("1.", .number("1.0")), ("+1.5", .number("1.5")),
            ("1.2.3", "1.2.3"), ("1e", "1e"), ("-", .array([.null])), ("2001-01-01", "2001-01-01"),
            ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"), ("12:30:45", "12:30:45"), ("10.0.0.1", "10.0.0.1"),
            ("500m", "500m"), ("0xzz", "0xzz"), ("\"1\"", "1"), ("'true'", "true"), ("!!str 12", "12"), ("! 12", "12"),
            ("!!int \"12\"", 12), ("é", "é"), ("0x+1", "0x+1"), ("1__0", 10), ("--1", "--1"),
        ] as [(String, Value)])
    func scalars(text: String, value: Value) throws {
        #expect(try read("a: " + (text == "-" ? "\n" : "") + text) == [["a": value]])
    }

    @Test("in a kustomization, yes and no are words")
    func kustomizeDialect() throws {
        let text = "{a: yes, b: Off, c: y, no: 1, e: True, f: 017, g: ~}"
        let value = try YAML.documents(Array(text.utf8), file: "f", dialect: .kustomize).first?.value
        #expect(value == ["a": "yes", "b": "Off", "c": "y", "no": 1, "e": true, "f": 15, "g": nil])
    }

    @Test("keys are text, numbers and booleans written out, as sigs.k8s.io/yaml does")
    func keys() throws {
        #expect(try read("1: a\ntrue: b\n0x10: c\n'01': d") == [["1": "a", "true": "b", "16": "c", "01": "d"]])
        #expect(refusal("~: a") == "f.yaml:1:1: a null cannot be a key; quote it")
        #expect(refusal("[a]: b") == "f.yaml:1:1: a key must be text, not a collection")
    }

    @Test("every node and key knows its line and column")
    func positions() throws {
        let document = try #require(try YAML.documents(Array("# c\né: [x,\n  y]\nk:\n  z: 1\n".utf8), file: "f").first)
        #expect(document.line == 2)
        #expect(document.node["é"]?[1]?.position == YAMLNode.Position(line: 3, column: 3))
        #expect(document.node["k"]?["z"]?.position == YAMLNode.Position(line: 5, column: 6))
        guard case .mapping(let members) = document.node.content else {
            Issue.record("expected a map")
            return
        }
        #expect(members[1].keyPosition == YAMLNode.Position(line: 4, column: 1))
    }

    @Test("streams hold many documents, empty ones too")
    func documents() throws {
        #expect(try read("") == [])
        #expect(try read("# only a comment\n") == [])
        #expect(try read("a: 1\n---\n---\n{\"b\": [1, null]}\n...\n") == [["a": 1], .null, ["b": [1, nil]]])
        let lines = try YAML.documents(Array("---\na: 1\n---\n\n# c\nb: 2\n".utf8), file: "f").map {
            [$0.index, $0.line]
        }
        #expect(lines == [[1, 2], [2, 6]])
    }

    @Test("CRLF and a byte order mark are read through")
    func lineEnds() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("a: 1\r\nb: |\r\n  x\r\n  y\r\n".utf8)
        let document = try #require(try YAML.documents(bytes, file: "f").first)
        #expect(document.value == ["a": 1, "b": "x\ny\n"])
        #expect(document.node["a"]?.position == YAMLNode.Position(line: 1, column: 4))
    }

    @Test("anchors, aliases and merge keys expand; own keys and earlier maps win")
    func merging() throws {
        let text = """
            base: &base {image: a, tag: one}
            other: &other {tag: two, extra: true}
            first: {<<: *base, tag: own}
            late: {tag: own, <<: *base}
            both: {<<: [*base, *other]}
            list: [*base, *base]
            key: &k name
            *k : v
            """
        let value = try #require(try read(text).first)
        #expect(value["first"] == ["image": "a", "tag": "own"])
        #expect(value["late"] == ["image": "a", "tag": "own"])
        #expect(value["both"] == ["image": "a", "tag": "one", "extra": true])
        #expect(value["list"] == [["image": "a", "tag": "one"], ["image": "a", "tag": "one"]])
        #expect(value["name"] == "v")
    }

    @Test(
        "mistakes are named with their line and column",
        arguments: [
            ("a: 1\nb: 2\na: 3", "f.yaml:3:1: the key \"a\" stands twice in one map"),
            ("1: a\n\"1\": b", "f.yaml:2:1: the key \"1\" stands twice in one map"),
            ("a:\n\tb: 1", "f.yaml:2:1: a tab cannot stand here: indent with spaces"),
            ("a: *x", "f.yaml:1:4: no anchor &x stands before the alias *x"),
            ("a: &x [*x]", "f.yaml:1:8: the anchor &x contains itself"),
            ("a: .inf", "f.yaml:1:4: .inf has no form in JSON; quote it to mean the text"),
            ("a: !secret b", "f.yaml:1:4: the tag !secret is not supported"),
            ("a: !!set {b}", "f.yaml:1:4: the tag !!set is not supported"),
            ("a: !!int b", "f.yaml:1:4: the tag !!int does not fit this string"),
            ("<<: 1", "f.yaml:1:5: << takes a map or a list of maps, but this is a number"),
            ("a: b: c", "f.yaml:1:5: not valid YAML: mapping values are not allowed in this context"),
            ("a: {{ .Values.x }}\n", "f.yaml:1:5: a key must be text, not a collection"),
            ("a: \"é\u{1}\"", "f.yaml:1:6: a control character is not allowed here"),
        ])
    func refusals(text: String, message: String) {
        #expect(refusal(text) == message)
    }

    @Test("bytes that are no UTF-8 are refused where they stand")
    func invalidUTF8() {
        #expect(refusal(Array("a: 1\nb: ".utf8) + [0xC3, 0x28]).hasPrefix("f.yaml:2:5: not UTF-8: "))
        #expect(refusal([0xFF, 0xFE, 0x61, 0x00]).hasPrefix("f.yaml:1:1: not UTF-8: "))
    }

    @Test("duplicates are found in maps of any size, in linear time")
    func largeMaps() throws {
        let lines = (0..<20_000).map { "key\($0): \($0)" }
        #expect(try read(lines.joined(separator: "\n")).first?.object?.count == 20_000)
        #expect(refusal((lines + ["key7: 1"]).joined(separator: "\n")).contains("f.yaml:20001:1: the key \"key7\""))
    }

    @Test("a billion laughs end at the node limit")
    func aliasExpansion() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: alias, count: 10).joined(separator: ", "))]\n"
        }
        #expect(refusal(text).hasSuffix("more than 1000000 nodes with all aliases expanded"))
    }

    @Test("aliases cannot pass the depth limit either")
    func aliasDepth() {
        var text = "a0: &a0 [x]\n"
        for level in 1...120 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(refusal(text).hasSuffix("nested deeper than 100 levels"))
        #expect(refusal(String(repeating: "[", count: 5000)).hasSuffix("nested deeper than 100 levels"))
    }

    @Test("every limit refuses what passes it and takes what meets it")
    func limits() throws {
        #expect(try read("[a, b]", limits: YAML.Limits(bytes: 6, depth: 2, nodes: 3, documents: 1)).count == 1)
        #expect(refusal("[a, b]", limits: YAML.Limits(bytes: 5)).hasSuffix("the file is larger than 5 bytes"))
        #expect(refusal("[a, b]", limits: YAML.Limits(depth: 1)).hasSuffix("nested deeper than 1 levels"))
        #expect(refusal("[a, b]", limits: YAML.Limits(nodes: 2)).contains("more than 2 nodes"))
        #expect(refusal("a\n---\nb", limits: YAML.Limits(documents: 1)).contains("more than 1 documents"))
    }

    @Test("random bytes and mutated documents are read or refused, never more")
    func randomBytes() {
        var random = SplitMix(state: 42)
        let seed = Array(
            "a: &x [1, 'two', {b: |\n  text\n}]\n? *x\n: !!str y\n---\n\"k\\u00e9\": >-\n  z\n<<: {}\n".utf8)
        for _ in 0..<4000 {
            var bytes = seed
            for _ in 0..<random.below(6) {
                let index = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[index] = UInt8(random.below(256))
                case 1: bytes.insert(seed[random.below(seed.count)], at: index)
                default: bytes.remove(at: index)
                }
            }
            let message = refusal(bytes)
            #expect(message.hasPrefix("accepted") || message.hasPrefix("f.yaml:"))
        }
    }
}

/// A small seeded generator (Steele and others, 2014), so that a failing case comes again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
