// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("Patterns with a star")
struct GlobTests {
    @Test(
        "A glob matches the whole text",
        arguments: [
            ("*", "", true), ("web", "web", true), ("web", "webs", false), ("w?b", "web", true), ("w?b", "wb", false),
            ("*-api", "web-api", true), ("*-api", "web-api-2", false), ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "acb", false), ("", "x", false), ("**", "x", true), ("*a", "aaa", true), ("?", "\u{1F600}", true),
        ])
    func whole(pattern: String, text: String, matches: Bool) {
        #expect(Glob(pattern).matches(text) == matches)
    }

    @Test("Where no character stands for one, a question mark is one")
    func withoutSingle() {
        #expect(Glob("w?b", single: nil).matches("w?b"))
        #expect(!Glob("w?b", single: nil).matches("web"))
        #expect(Glob("*?", single: nil).matches("who?"))
    }
}
