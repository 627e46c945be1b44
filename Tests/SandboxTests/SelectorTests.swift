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

    @Test(
        "What an object says selects what the same query selects",
        arguments: [
            ("In", ["b", "c"], "a in (b,c)"), ("NotIn", ["b"], "a notin (b)"), ("Exists", [], "a"),
            ("DoesNotExist", [], "!a"),
        ] as [(String, [String], String)])
    func objectForm(operation: String, values: [String], query: String) throws {
        let expression: Value = [
            "key": "a", "operator": .string(operation), "values": .array(values.map { .string($0) }),
        ]
        let selector = try #require(LabelSelector(selector: ["matchExpressions": [expression]]))
        let same = try LabelSelector(query)
        for labels in [["a": "b"], ["a": "c"], ["a": "d"], [:], ["x": "b"]] as [Object] {
            #expect(selector.matches(labels) == same.matches(labels), "\(labels)")
        }
    }

    @Test("No selector, an empty map and an operator that is none select nothing; an empty selector selects all")
    func nothing() {
        #expect(LabelSelector(selector: nil)?.isEmpty == nil)
        #expect(LabelSelector(map: [:])?.isEmpty == nil)
        let strange = LabelSelector(selector: ["matchExpressions": [["key": "a", "operator": "Near"]]])
        #expect(strange?.matches(["a": "b"]) == false)
        #expect(LabelSelector(selector: [:])?.matches(["a": "b"]) == true)
        let both = LabelSelector(map: ["a": "b", "c": "d"])
        #expect(both?.matches(["a": "b", "c": "d", "e": "f"]) == true && both?.matches(["a": "b"]) == false)
    }

    @Test(
        "Numbers compare as numbers",
        arguments: [("n>9", true), ("n<9", false), ("n>10", false), ("app>1", false)])
    func numbers(text: String, expected: Bool) throws {
        #expect(try LabelSelector(text).matches(["app": "web", "n": "10"]) == expected)
    }

    @Test(
        "What is no label selector is refused in apimachinery's words",
        arguments: [
            ("(((", "found '(', expected: !, identifier, or 'end of string'"),
            ("a=b,", "found '', expected: identifier after ','"),
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
            (
                "a in ()",
                "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be "
                    + "empty"
            ),
            (
                "a>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must "
                    + "be an integer"
            ),
            ("=b", "found '=', expected: !, identifier, or 'end of string'"),
        ])
    func malformed(text: String, message: String) {
        let error = #expect(throws: StatusError.self) { try LabelSelector(text) }
        #expect(error?.message == message && error?.code == 400)
    }

    func type(_ kind: String, _ group: String = "") throws -> ResourceType {
        try #require(ResourceRegistry().resource(for: GroupKind(group: group, kind: kind)))
    }

    @Test("Field selectors compare what the kind offers; a missing number or flag is Go's zero")
    func fields() throws {
        let pod: Object = ["metadata": ["name": "p"], "status": ["phase": "Running"]]
        let pods = try type("Pod")
        #expect(try FieldSelector("metadata.name=p,status.phase!=Failed", type: pods).matches(pod))
        #expect(try !FieldSelector("status.phase=Failed", type: pods).matches(pod))
        #expect(try FieldSelector("spec.hostNetwork=false,spec.nodeName=", type: pods).matches(pod))
        let job: Object = ["status": ["succeeded": 2]]
        #expect(try FieldSelector("status.successful==2", type: type("Job", "batch")).matches(job))
        let event: Object = ["involvedObject": ["name": "p"], "source": ["component": "kubelet"]]
        #expect(try FieldSelector("source=kubelet,involvedObject.name=p", type: type("Event")).matches(event))
        #expect(try FieldSelector("regarding.name=p", type: type("Event", "events.k8s.io")).matches(event))
    }

    @Test(
        "A field that a kind does not offer is refused in the words of its conversion",
        arguments: [
            ("Pod", "", "spec.x=1", "field label not supported: spec.x"),
            ("Job", "batch", "spec.x=1", "field label \"spec.x\" not supported for batchv1.Job"),
            (
                "Deployment", "apps", "spec.replicas=1",
                "\"spec.replicas\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
            ),
            ("Pod", "", "nothing", "invalid selector: 'nothing'; can't understand 'nothing'"),
        ])
    func refusedFields(kind: String, group: String, text: String, message: String) throws {
        let type = try type(kind, group)
        let error = #expect(throws: StatusError.self) { try FieldSelector(text, type: type) }
        #expect(error?.message == message && error?.code == 400)
    }
}
