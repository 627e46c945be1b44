// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Kustomize

@Suite struct PatternTests {
    @Test(
        "A pattern matches whole texts",
        arguments: [
            ("web", ["web"], ["webs", "aweb", ""]), ("web.*", ["web", "web-1"], ["aweb"]),
            ("a|bc", ["a", "bc"], ["ac", "abc"]), ("(a|b)+c?", ["a", "abab", "bc"], ["c", ""]),
            ("[a-c]{2,3}", ["ab", "abc"], ["a", "abca", "ad"]), ("[^-]+", ["abc"], ["a-b"]),
            ("^web$", ["web"], ["webs"]), (#"v\d+\.\d"#, ["v12.3"], ["v12x3", "v.3"]), ("(?:x)*", ["", "xxx"], ["y"]),
            ("a{2}", ["aa"], ["a", "aaa"]), ("a{,2}", ["a{,2}"], ["a"]), (#"[\w.]+"#, ["a.b_1"], ["a b"]),
            ("", [""], ["a"]), ("(a*)*b", ["b", "aab"], ["a"]),
        ])
    func matches(pattern: String, matching: [String], others: [String]) throws {
        let compiled = try Pattern(pattern)
        for text in matching { #expect(compiled.matches(text), "\(pattern) should match \(text)") }
        for text in others { #expect(!compiled.matches(text), "\(pattern) should not match \(text)") }
    }

    @Test(
        "What is no pattern is refused", arguments: ["(", ")", "[a", "*a", "a{5,2}", "(?<n>a)", #"\p"#, #"\"#, "[b-a]"])
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
