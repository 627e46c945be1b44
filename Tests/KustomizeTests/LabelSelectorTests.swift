// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Kustomize

@Suite struct LabelSelectorTests {
    private let labels: Object = ["app": "web", "tier": "front", "example.com/x": "", "size": "4"]

    @Test(
        "A selector selects by all of its requirements",
        arguments: [
            ("app=web", true), ("app==web", true), ("app = web , tier = front", true), ("app=api", false),
            ("app!=api", true),
            ("app!=web", false), ("missing!=x", true), ("app", true), ("!app", false), ("!missing", true),
            ("missing", false), ("app in (api, web)", true), ("app in (api)", false), ("tier notin (back,cache)", true),
            ("missing notin (a)", true), ("app in (web),tier=back", false), ("example.com/x=", true), ("", true),
            ("size>3", true), ("size>4", false), ("size<5,size", true), ("app>3", false), ("in in (a),!notin", false),
            ("app in (web,)", true), ("size in (4)", true),
        ])
    func selects(selector: String, expected: Bool) throws {
        #expect(try LabelSelector(selector).matches(labels) == expected)
    }

    @Test(
        "What is no selector is refused",
        arguments: [
            "a within (b)", "a b", "=x", "in (a)", "!", "a=b c", "a in b", "a in (b", "a>b", "a,", ",", "a/b/c", "a=-",
        ])
    func refuses(selector: String) {
        #expect(throws: LabelSelector.SyntaxError.self) { try LabelSelector(selector) }
    }
}
