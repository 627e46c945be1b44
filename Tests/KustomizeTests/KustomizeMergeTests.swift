// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Kustomize

@Suite struct KustomizeMergeTests {
    private let deployment = KustomizeMerge(
        groupVersionKind: GroupVersionKind(group: "apps", version: "v1", kind: "Deployment"))

    private func pod(_ containers: Value) -> Object { ["spec": ["template": ["spec": ["containers": containers]]]] }

    @Test("A port without a protocol is a TCP port")
    func ports() throws {
        let old = pod([["name": "a", "ports": [["containerPort": 53, "protocol": "UDP"], ["containerPort": 53]]]])
        let patch = pod([["name": "a", "ports": [["containerPort": 53, "protocol": "TCP", "name": "dns"]]]])
        let expected = pod([
            [
                "name": "a",
                "ports": [
                    ["containerPort": 53, "protocol": "UDP"], ["containerPort": 53, "protocol": "TCP", "name": "dns"],
                ],
            ]
        ])
        #expect(try deployment.merge(patch, into: old) == expected)
    }

    @Test("An element that does not say which one it is, is refused with its place")
    func missingKey() {
        let error = #expect(throws: KustomizeMerge.Failure.self) {
            try deployment.merge(pod([["image": "x"]]), into: pod([["name": "a"]]))
        }
        #expect(error?.message.hasPrefix("spec.template.spec.containers[0] has no name") == true)
    }

    @Test("Directives that kustomize does not know are refused", arguments: ["$retainKeys", "$setElementOrder/env"])
    func directives(key: String) {
        let patch = pod([.object(Object([("name", Value.string("a")), (key, Value.array([]))]))])
        #expect(throws: KustomizeMerge.Failure.self) { try deployment.merge(patch, into: pod([["name": "a"]])) }
    }

    @Test("Merging the same patch again changes nothing")
    func idempotent() throws {
        let old = pod([["name": "a", "env": [["name": "X", "value": "1"]]], ["name": "b"]])
        let patch = pod([["name": "b", "env": [["name": "Y", "value": "2"]]], ["name": "c"]])
        let once = try #require(try deployment.merge(patch, into: old))
        #expect(try deployment.merge(patch, into: once) == once)
    }

    @Test("Lists of kinds that are not built in are replaced")
    func customResource() throws {
        let merge = KustomizeMerge(
            groupVersionKind: GroupVersionKind(group: "example.com", version: "v1", kind: "Deployment"))
        #expect(try merge.merge(pod([["name": "b"]]), into: pod([["name": "a"]])) == pod([["name": "b"]]))
    }
}
