// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Nobody grants what they do not have")
struct EscalationTests {
    private func harness() async -> AccessHarness {
        let harness = AccessHarness()
        await harness.makeNamespace("t")
        await harness.makeRole(
            "keeper", in: "t",
            [
                [
                    "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"],
                    "verbs": ["create", "update", "get"],
                ],
                ["apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]],
            ])
        await harness.bind("Role", "keeper", to: ["kind": "User", "name": "bob"], in: "t", name: "keeper")
        return harness
    }

    @Test("A role may hold what its writer has, and not more")
    func roles() async {
        let harness = await harness()
        let held: Value = [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]]
        #expect(await harness.makeRole("less", in: "t", held, as: .bob).status == 201)
        let refusal = await harness.makeRole(
            "more", in: "t", [["apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "delete"]]],
            as: .bob)
        #expect(refusal.status == 403)
        #expect(
            refusal.message == """
                roles.rbac.authorization.k8s.io "more" is forbidden: user "bob" (groups=["developers" \
                "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
                {APIGroups:[""], Resources:["pods"], Verbs:["delete"]}
                {APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}
                """)
        let path = "\(AccessHarness.group)/namespaces/t/roles/less"
        let all: Value = [
            "metadata": ["name": "less"], "rules": [["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]]],
        ]
        #expect(await harness.send("PUT", path, all, as: .bob).status == 403)
    }

    @Test("A binding needs what its role grants, or the verb bind")
    func bindings() async {
        let harness = await harness()
        let carol: Value = ["kind": "User", "name": "carol"]
        #expect(
            await harness.bind("ClusterRole", "cluster-admin", to: carol, in: "t", name: "a", as: .bob).status == 403)
        #expect(await harness.bind("ClusterRole", "none", to: carol, in: "t", name: "b", as: .bob).status == 404)
        #expect(await harness.bind("Role", "keeper", to: carol, in: "t", name: "c", as: .bob).status == 201)
        await harness.makeRole(
            "binder", in: "t",
            [
                [
                    "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "verbs": ["bind"],
                    "resourceNames": ["cluster-admin"],
                ]
            ])
        await harness.bind("Role", "binder", to: ["kind": "User", "name": "bob"], in: "t", name: "binder")
        #expect(
            await harness.bind("ClusterRole", "cluster-admin", to: carol, in: "t", name: "a", as: .bob).status == 201)
        #expect(await harness.bind("ClusterRole", "admin", to: carol, in: "t", name: "d", as: .bob).status == 403)
    }

    @Test("Rules cover themselves and what is narrower, never what is wider", arguments: 0..<200)
    func covering(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        func pick(_ words: [String]) -> [String] {
            let chosen = words.filter { _ in random.next().isMultiple(of: 2) }
            return chosen.isEmpty ? [words[0]] : chosen
        }
        let rule = PolicyRule(
            verbs: pick(["get", "list", "*"]), apiGroups: pick(["", "apps"]),
            resources: pick(["pods", "pods/log", "*/scale"]),
            resourceNames: random.next().isMultiple(of: 2) ? pick(["a", "b"]) : [])
        #expect(PolicyRule.missing(in: [rule], from: [rule]).isEmpty)
        #expect(PolicyRule.missing(in: PolicyRule.everything, from: [rule]).isEmpty)
        #expect(!PolicyRule.missing(in: [rule], from: PolicyRule.everything).isEmpty)
        var narrower = rule
        narrower.verbs = ["get"]
        narrower.resourceNames = [rule.resourceNames.first ?? "c"]
        #expect(PolicyRule.missing(in: [rule], from: [narrower]).isEmpty == !rule.verbs.allSatisfy { $0 == "list" })
    }
}
