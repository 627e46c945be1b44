// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Manifests

@Suite struct PatternTests {
    @Test(
        "A pattern matches whole texts",
        arguments: [
            ("web", ["web"], ["webs", "aweb", ""]), ("web.*", ["web", "web-1"], ["aweb"]),
            ("a|bc", ["a", "bc"], ["ac", "abc"]), ("(a|b)+c?", ["a", "abab", "bc"], ["c", ""]),
            ("[a-c]{2,3}", ["ab", "abc"], ["a", "abca", "ad"]), ("[^-]+", ["abc"], ["a-b"]),
            ("^web$", ["web"], ["webs"]), (#"v\d+\.\d"#, ["v12.3"], ["v12x3", "v.3"]), ("(?:x)*", ["", "xxx"], ["y"]),
            ("a{2}", ["aa"], ["a", "aaa"]), ("a{,2}", ["a{,2}"], ["a"]), (#"[\w.]+"#, ["a.b_1"], ["a b"]),
            ("(?i)web", ["WEB", "wEb"], ["wab"]), ("a(?i:b)c", ["aBc", "abc"], ["aBC"]), ("(?-i:A)", ["A"], ["a"]),
            (#"\Aweb\z"#, ["web"], ["webs"]), ("(?P<n>a)(?<m>b)", ["ab"], ["b"]), ("a+?b??", ["a", "aab"], ["b"]),
            (#"\x77\x{65}b"#, ["web"], ["wb"]), (#"\p{Lu}\pN\P{L}"#, ["A1-"], ["a1-", "A1a"]),
            (#"web\b.*"#, ["web", "web-1"], ["webs"]), (#"a\Bb"#, ["ab"], ["a b"]),
            (#"\Qa.b\E+"#, ["a.b", "a.bb"], ["axb"]),
            ("[[:alpha:]_]+", ["a_B"], ["a1"]), (#"[^\d\s]"#, ["a"], ["1", " "]), (#"[\D]"#, ["a"], ["1"]),
            ("[[:^digit:]-]+", ["a-b"], ["1"]), ("(?s).", ["\n"], []), (".", ["a"], ["\n"]),
            (#"\t\012\-"#, ["\t\n-"], ["t"]),
            ("", [""], ["a"]), ("(a*)*b", ["b", "aab"], ["a"]),
        ])
    func matches(pattern: String, matching: [String], others: [String]) throws {
        let compiled = try Pattern(pattern)
        for text in matching { #expect(compiled.matches(text), "\(pattern) should match \(text)") }
        for text in others { #expect(!compiled.matches(text), "\(pattern) should not match \(text)") }
    }

    @Test(
        "What is no pattern is refused",
        arguments: [
            "(", ")", "[a", "*a", "a{5,2}", "(?=a)", "(?i", "a**", "a+{2}", #"\1"#, #"\x{110000}"#, #"\p{Nope}"#,
            "[[:nope:]]",
            #"\p"#, #"\"#, "[b-a]",
        ])
    func refuses(pattern: String) {
        #expect(throws: Pattern.SyntaxError.self) { try Pattern(pattern) }
    }

    @Test("Patterns are bounded, also those that multiply")
    func bounded() {
        #expect(throws: Pattern.SyntaxError.self) { try Pattern(String(repeating: "a", count: 1_025)) }
        #expect(throws: Pattern.SyntaxError.self) { try Pattern("((a{100}){100}){100}") }
        #expect(throws: Pattern.SyntaxError.self) { try Pattern(String(repeating: "(", count: 60)) }
    }

    @Test("A pattern made to hang a backtracking engine takes its linear time", .timeLimit(.minutes(1)))
    func linear() throws {
        let pattern = try Pattern("(a|aa|a*)*(a+)+c")
        #expect(!pattern.matches(String(repeating: "a", count: 5_000) + "b"))
    }
}
