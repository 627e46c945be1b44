// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Selectors")
struct SelectorTests {
    @Test(
        "Label selectors",
        arguments: [
            ("", true), ("app=web", true), ("app==web", true), ("app!=web", false), ("tier!=db", true), ("app", true),
            ("!app", false), ("!tier", true), ("app in (web, api)", true), ("app notin (web)", false),
            ("app=web,env in (a,b)", false), ("app=web,env=", true),
        ])
    func labels(text: String, expected: Bool) throws {
        #expect(try LabelSelector(text).matches(["app": "web", "env": ""]) == expected)
    }

    @Test("What is no label selector is refused", arguments: ["(((", "a in b", "a=b,", "a in (b", "=b"])
    func malformed(text: String) {
        #expect(throws: StatusError.self) { try LabelSelector(text) }
    }

    @Test("Field selectors know the fields of their kind only")
    func fields() throws {
        let registry = ResourceRegistry()
        let pods = try #require(registry.resource(for: GroupKind(group: "", kind: "Pod")))
        let pod: Object = ["metadata": ["name": "p"], "status": ["phase": "Running"]]
        #expect(try FieldSelector("metadata.name=p,status.phase!=Failed", type: pods).matches(pod))
        #expect(try !FieldSelector("status.phase=Failed", type: pods).matches(pod))
        #expect(throws: StatusError.self) { try FieldSelector("spec.replicas=1", type: pods) }
    }
}
