// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("YAML reading")
struct YAMLTests {
    private func read(_ text: String, limits: YAML.Limits = YAML.Limits()) throws -> [Value] {
        try YAML.documents(Array(text.utf8), file: "f.yaml", limits: limits).map(\.value)
    }

    private func read(_ text: String, allowing repeated: YAML.RepeatedKeys) throws -> [Value] {
        try YAML.documents(Array(text.utf8), file: "f.yaml", repeatedKeys: repeated).map(\.value)
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
            ("0", 0), ("-0", 0), ("12", 12), ("+12", 12), ("-12", -12), ("1_000", 1000),
            ("017", 15), ("0o17", 15), ("0x1F", 31), ("-0x1f", -31), ("0b101", 5), ("08", 8), ("0x", "0x"),
            ("9223372036854775807", 9_223_372_036_854_775_807), ("9223372036854775808", .number("9223372036854775808")),
            ("-9223372036854775808", .integer(.min)), ("1.0", 1), ("1.10", .number("1.1")),
            ("1e3", 1000), (".5", .number("0.5")), ("1.", 1), ("+1.5", .number("1.5")), ("1e21", .number("1e+21")),
            ("1e-7", .number("1e-7")), ("18446744073709551615", .number("18446744073709551615")),
            ("18446744073709551616", .number("18446744073709552000")), ("0xffffffffffffffff1", "0xffffffffffffffff1"),
            ("1.2.3", "1.2.3"), ("1e", "1e"), ("-", .array([.null])), ("2001-01-01", "2001-01-01"),
            ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"), ("12:30:45", "12:30:45"), ("10.0.0.1", "10.0.0.1"),
            ("500m", "500m"), ("0xzz", "0xzz"), ("\"1\"", "1"), ("'true'", "true"), ("!!str 12", "12"), ("! 12", "12"),
            ("!!int \"12\"", 12), ("!local yes", "yes"), ("!!foo {a: 1}", ["a": 1]), ("!!binary aGk=", "hi"),
            ("!!set {b}", ["b": nil]),
            ("!!timestamp 2001-1-1", "2001-1-1"), ("<<", "<<"), ("{a: }", ["a": nil]), (">\n  x\n    y", "x\n  y"),
            ("é", "é"), ("0x+1", "0x+1"), ("1__0", 10), ("--1", "--1"),
        ] as [(String, Value)])
    func scalars(text: String, value: Value) throws {
        #expect(try read("a: " + (text == "-" ? "\n" : "") + text) == [["a": value]])
    }

    // What `kubectl kustomize` 5.8 makes of each.
    @Test(
        "in a kustomization words stay words, times are written anew, and a second writing leaves its marks",
        arguments: [
            ("yes", "yes"), ("Off", "Off"), ("y", "y"), ("True", true), ("017", 15), ("~", .null), ("", .null),
            ("2001-01-01", "2001-01-01T00:00:00Z"), ("2001-1-1 1:1:1", "2001-01-01T01:01:01Z"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
            ("2001-12-14T21:59:43,1234567891+00:00", "2001-12-14T21:59:43.123456789Z"),
            ("2000-02-29", "2000-02-29T00:00:00Z"), ("2001-02-29", "2001-02-29"),
            ("2001-12-14T24:00:00Z", "2001-12-14T24:00:00Z"),
            ("2001-12-14T21:59:43", "2001-12-14T21:59:43"), ("'2001-01-01'", "2001-01-01"),
            ("! 12", 12), ("! '12'", "12"), ("{a, b: ~, c: }", ["a": "", "b": nil, "c": ""]), ("[{a: }]", [["a": ""]]),
            (">\n  a\n  b\n\n  c\n   d\n  e\n", "a b\nc\n\n d\ne\n"), (">-\n  x\n    y", "x\n\n  y"),
            (">+\n  x\n\n", "x\n\n\n"), (">\n  x\n  y\n", "x y\n"), (">2\n   x\n\n  y\n  z\n", " x\n\ny z\n"),
            (">+\n  x\n    y\n\n", "x\n\n  y\n\n"), ("|\n  x\n    y\n", "x\n  y\n"),
        ] as [(String, Value)])
    func kustomizeDialect(text: String, value: Value) throws {
        let document = try YAML.documents(Array("a: \(text)".utf8), file: "f", dialect: .kustomize).first
        #expect(document?.value == ["a": value])
    }

    @Test("in a patch an empty value in braces is null, and null annotations stay null")
    func patchDialect() throws {
        let text = "{a: , metadata: {annotations: {b: ~, c: 'null', d: 1.50}}}"
        let value = try YAML.documents(Array(text.utf8), file: "f", dialect: .kustomizePatch).first?.value
        #expect(value == ["a": nil, "metadata": ["annotations": ["b": nil, "c": "null", "d": "1.50"]]])
    }

    @Test("kustomize makes text of an object's own annotations, as they are written")
    func annotations() throws {
        func read(_ text: String, _ dialect: YAML.Dialect) throws -> Value? {
            try YAML.documents(Array(text.utf8), file: "f", dialect: dialect).first?.value
        }
        let text = "metadata: {annotations: {a: 1.50, b: yes, c: ~, d: 0o17, e: 'x', f: 2001-01-01}, labels: {a: 1}}"
        #expect(
            try read(text, .kustomize) == [
                "metadata": [
                    "annotations": ["a": "1.50", "b": "yes", "c": "~", "d": "0o17", "e": "x", "f": "2001-01-01"],
                    "labels": ["a": 1],
                ]
            ])
        #expect(try read(text, .kubectl)?["metadata"]?["annotations"]?["b"] == true)
        let list = "items: [{metadata: {annotations: {a: 1}}}]\nspec: {metadata: {annotations: {a: 1}}}"
        #expect(
            try read(list, .kustomize) == [
                "items": [["metadata": ["annotations": ["a": "1"]]]], "spec": ["metadata": ["annotations": ["a": 1]]],
            ])
    }

    @Test("keys are text, numbers and booleans written out, as sigs.k8s.io/yaml does")
    func keys() throws {
        #expect(try read("1: a\ntrue: b\n0x10: c\n'01': d") == [["1": "a", "true": "b", "16": "c", "01": "d"]])
        #expect(try read("{1.5: a, 1e21: b, n: c, -0: d}") == [["1.5": "a", "1e+21": "b", "false": "c", "0": "d"]])
        #expect(refusal("~: a") == "f.yaml:1:1: a null cannot be a key; quote it")
        #expect(refusal("[a]: b") == "f.yaml:1:1: a key must be text, not a collection")
    }

    @Test("in a kustomization only text can be a key", arguments: ["1", "true", "1.5", "2001-01-01", "!local a", "~"])
    func kustomizeKeys(key: String) throws {
        let error = #expect(throws: YAMLError.self) {
            try YAML.documents(Array("{y: 1, \(key): 2}".utf8), file: "f", dialect: .kustomize)
        }
        #expect(error?.column == 8)
        #expect(error?.message.hasSuffix("cannot be a key; quote it") == true)
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

    @Test("files put together may have a byte order mark in each")
    func innerMarks() throws {
        #expect(
            try read("\u{FEFF}a: 1\nb: \u{FEFF}\n---\n\u{FEFF}c: 3\nd: é\n") == [
                ["a": 1, "b": "\u{FEFF}"], ["c": 3, "d": "é"],
            ])
    }

    private static let merges = """
        base: &base {image: a, tag: one}
        other: &other {tag: two, extra: true}
        first: {<<: *base, tag: own}
        late: {tag: own, <<: *base}
        both: {<<: [*base, *other]}
        list: [*base, *base]
        key: &k name
        *k : v
        """

    @Test("anchors, aliases and merge keys expand; earlier maps win, and own keys as the dialect says")
    func merging() throws {
        for dialect in [YAML.Dialect.kubectl, .kustomize] {
            let documents = try YAML.documents(Array(Self.merges.utf8), file: "f", dialect: dialect)
            let value = try #require(documents.first?.value)
            #expect(value["first"] == ["image": "a", "tag": "own"])
            // sigs.k8s.io/yaml lets a merge replace what stands before it.
            #expect(value["late"] == ["image": "a", "tag": dialect == .kubectl ? "one" : "own"])
            #expect(value["both"] == ["image": "a", "tag": "one", "extra": true])
            #expect(value["list"] == [["image": "a", "tag": "one"], ["image": "a", "tag": "one"]])
            #expect(value["name"] == "v")
        }
    }

    @Test("two merge keys in a map are two merges for kubectl, and a repeated key for kustomize")
    func repeatedMerges() throws {
        let text = "{<<: {a: 1, b: 1}, <<: {b: 2}, c: 3}"
        #expect(try read(text) == [["a": 1, "b": 2, "c": 3]])
        #expect(throws: YAMLError.self) {
            try YAML.documents(Array(text.utf8), file: "f", dialect: .kustomize)
        }
        #expect(try read("{<<: {a: 1}, '<<': 2, !!str <<: 3}", allowing: .lastWins) == [["a": 1, "<<": 3]])
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
            ("a: !!binary x", "f.yaml:1:4: the tag !!binary needs base64"),
            ("a: !!int 1.5", "f.yaml:1:4: the tag !!int does not fit this fraction"),
            ("a: !!timestamp x", "f.yaml:1:4: the tag !!timestamp does not fit this string"),
            ("a: 1\n---\nb: 2\nb: 3", "f.yaml:4:1: the key \"b\" stands twice in one map"),
            ("--- {a: 1}", "f.yaml:1:5: only a comment may stand behind ---: begin the document on the next line"),
            (
                "a: 1\n--- |\n  b",
                "f.yaml:2:5: only a comment may stand behind ---: begin the document on the next line"
            ),
            ("%YAML 1.1\n---\na: 1", "f.yaml:1:1: kubectl and kustomize know no %YAML and %TAG lines: remove them"),
            ("{a: 1}\n{b: 2}", "f.yaml:2:1: a second value starts here: put a line with --- before it"),
            ("a: @b", "f.yaml:1:4: a value cannot begin with @ unless it is in quotes"),
            ("a: !!int b", "f.yaml:1:4: the tag !!int does not fit this string"),
            ("<<: 1", "f.yaml:1:5: << takes a map or a list of maps, but this is a number"),
            ("a: b: c", "f.yaml:1:5: not valid YAML: mapping values are not allowed in this context"),
            (
                "a: {{ .Values.x }}\n",
                "f.yaml:1:5: a key must be text, not a collection; {{ begins a template, and nothing fills in templates here"
            ),
            ("a: \"é\u{1}\"", "f.yaml:1:6: a control character is not allowed here"),
        ])
    func refusals(text: String, message: String) {
        #expect(refusal(text) == message)
    }

    @Test("bytes that are no UTF-8 are refused where they stand")
    func invalidUTF8() {
        #expect(refusal(Array("a: 1\nb: ".utf8) + [0xC3, 0x28]).hasPrefix("f.yaml:2:5: not UTF-8: "))
        #expect(refusal([0xFF, 0x61]).hasPrefix("f.yaml:1:1: not UTF-8: "))
    }

    @Test("UTF-16 with a byte order mark is read, in both orders")
    func utf16() throws {
        let units = Array("\u{FEFF}a: é😀\n".utf16)
        let little = units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big = units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        for bytes in [little, big] {
            #expect(try YAML.documents(bytes, file: "f").map(\.value) == [["a": "é😀"]])
        }
        #expect(refusal([0xFF, 0xFE, 0x61]).hasPrefix("f.yaml:1:1: the file begins as UTF-16, but is not"))
        #expect(refusal([0xFF, 0xFE, 0x00, 0xD8]).hasPrefix("f.yaml:1:1: the file begins as UTF-16, but is not"))
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
        #expect(refusal(text).hasSuffix("aliases stand for more than 50000 nodes"))
        let limits = YAML.Limits(nodes: 1000)
        #expect(refusal(text, limits: limits).hasSuffix("more than 1000 nodes with all aliases expanded"))
    }

    @Test("aliases of long texts end at the limit on bytes")
    func aliasText() {
        let text =
            "a: &a \(String(repeating: "x", count: 1000))\nb: [\(Array(repeating: "*a", count: 20).joined(separator: ", "))]"
        #expect(
            refusal(text, limits: YAML.Limits(bytes: 20_000)).hasSuffix(
                "more than 20000 bytes with all aliases expanded"))
        #expect(refusal(text, limits: YAML.Limits(bytes: 22_000)).hasPrefix("accepted"))
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
