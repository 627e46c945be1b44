// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct ObjectComparisonTests {
    private func shown(_ old: String, _ new: String, _ apiVersion: String = "apps/v1", _ kind: String = "Deployment")
        throws -> [String]
    {
        ObjectComparison.differences(
            from: try make(apiVersion, kind, "x", old), to: try make(apiVersion, kind, "x", new)
        ).map { "\($0.pathText) \(ShownDifference($0).change)" }
    }

    private func containers(_ items: String) -> String {
        #""spec": {"template": {"spec": {"containers": [\#(items)]}}}"#
    }

    @Test("A list's items are told by the keys that the type has for them")
    func keyed() throws {
        let old = containers(#"{"name": "log", "image": "l:1"}, {"name": "web", "image": "w:1"}"#)
        let new = containers(#"{"name": "web", "image": "w:2"}, {"name": "extra", "image": "e:1"}"#)
        #expect(
            try shown(old, new) == [
                #".spec.template.spec.containers[name="log"] - {"name":"log","image":"l:1"}"#,
                #".spec.template.spec.containers[name="web"].image "w:1" → "w:2""#,
                #".spec.template.spec.containers[name="extra"] + {"name":"extra","image":"e:1"}"#,
            ])
    }

    @Test("Another order of environment variables is a difference of its own")
    func order() throws {
        let a = #"{"name": "A", "value": "1"}"#
        let b = #"{"name": "B", "value": "2"}"#
        let old = containers(#"{"name": "web", "env": [\#(a), \#(b)]}"#)
        let new = containers(#"{"name": "web", "env": [\#(b), \#(a)]}"#)
        let place = #".spec.template.spec.containers[name="web"].env"#
        #expect(
            try shown(old, new) == [
                #"\#(place) "in the order [name=\"A\"], [name=\"B\"]" → "in the order [name=\"B\"], [name=\"A\"]""#
            ])
    }

    @Test("A port whose protocol the server filled in is the same port")
    func defaultedKey() throws {
        let old = #""spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 1}]}"#
        let new = #""spec": {"ports": [{"port": 80, "targetPort": 2}]}"#
        let found = try shown(old, new, "v1", "Service")
        #expect(found.contains(".spec.ports[port=80].targetPort 1 → 2"))
    }

    @Test("A list without keys is compared place by place, or as a whole where its length changed")
    func atomic() throws {
        let place = #".spec.template.spec.containers[name="web"].args"#
        func web(_ args: String) -> String { containers(#"{"name": "web", "args": \#(args)}"#) }
        #expect(try shown(web(#"["a", "b"]"#), web(#"["a", "c"]"#)) == [#"\#(place)[1] "b" → "c""#])
        #expect(try shown(web(#"["a"]"#), web(#"["a", "b"]"#)) == [#"\#(place) ["a"] → ["a","b"]"#])
    }

    @Test("Finalizers are a set: told by value")
    func sets() throws {
        let old = try make("v1", "ConfigMap", "x", metadata: #""finalizers": ["a/b", "c/d"]"#)
        let new = try make("v1", "ConfigMap", "x", metadata: #""finalizers": ["c/d", "e/f"]"#)
        #expect(
            ObjectComparison.differences(from: old, to: new).map(\.pathText) == [
                #".metadata.finalizers[="a/b"]"#, #".metadata.finalizers[="e/f"]"#,
            ])
    }

    @Test("A custom kind's lists are told by what looks like a key")
    func custom() throws {
        let old = #""spec": {"routes": [{"name": "a", "to": 1}, {"name": "b", "to": 2}]}"#
        let new = #""spec": {"routes": [{"name": "a", "to": 1}, {"name": "b", "to": 3}]}"#
        #expect(try shown(old, new, "example.com/v1", "Router") == [#".spec.routes[name="b"].to 2 → 3"#])
    }

    @Test("Added labels are told one by one, and a name that is no word is quoted")
    func labels() throws {
        let old = try make("v1", "ConfigMap", "x")
        let new = try make("v1", "ConfigMap", "x", metadata: #""labels": {"app": "x", "example.com/team": "red"}"#)
        #expect(
            ObjectComparison.differences(from: old, to: new).map(\.pathText) == [
                ".metadata.labels.app", #".metadata.labels["example.com/team"]"#,
            ])
    }

    @Test("A long value is shown around the place where it begins to differ")
    func bounded() {
        let start = String(repeating: "a", count: 5000)
        let shown = ShownDifference(
            FieldDifference(
                path: [.field("data")], old: .string(start + "XXXX" + start), new: .string(start + "YYYY" + start)))
        #expect(shown.old?.contains("XXXX") == true)
        #expect(shown.new?.contains("YYYY") == true)
        #expect(shown.change.count < 400)
    }
}
