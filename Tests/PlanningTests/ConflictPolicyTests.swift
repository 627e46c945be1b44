// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("What is done about a field of somebody else")
struct ConflictPolicyTests {
    private static let api = ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "api")
    private static let replicas = FieldConflict(field: ".spec.replicas", manager: "kubectl-scale")
    private static let image = FieldConflict(
        field: ".spec.template.spec.containers[name=\"api\"].image", manager: "kubectl-edit")

    private func resolve(_ policy: ConflictPolicy, forcesAll: Bool = false) -> ConflictResolution {
        ConflictResolution([Self.replicas, Self.image], on: Self.api, policy, forcesAll: forcesAll)
    }

    @Test("By default it is reported")
    func byDefault() { #expect(resolve(ConflictPolicy()).reported == [Self.replicas, Self.image]) }

    @Test("The first rule that is about it decides, before the object's mark and the policy")
    func rules() {
        let policy = ConflictPolicy(rules: [
            .init(.ignore, kind: "Deployment", field: FieldPattern("spec.replicas")),
            .init(.force, field: FieldPattern("spec.replicas")),
        ])
        #expect(resolve(policy).ignored == [Self.replicas])
        #expect(resolve(policy).reported == [Self.image])
        #expect(resolve(policy, forcesAll: true).forced == [Self.image])
        #expect(resolve(ConflictPolicy(action: .force, rules: policy.rules)).forced == [Self.image])
    }

    private static let others: [ConflictPolicy.Rule] = [
        .init(.force, kind: "StatefulSet"), .init(.force, name: "worker"), .init(.force, manager: "helm"),
        .init(.force, kind: "Deployment.example.com"), .init(.force, field: FieldPattern("spec.paused")),
    ]

    @Test("A rule that is about something else decides nothing", arguments: others)
    func otherRules(rule: ConflictPolicy.Rule) {
        #expect(resolve(ConflictPolicy(rules: [rule])).reported.count == 2)
    }

    @Test("A rule may name a kind with its group, and a manager alone")
    func names() {
        let rules = [ConflictPolicy.Rule(.force, kind: "Deployment.apps", name: "api", manager: "kubectl-edit")]
        #expect(resolve(ConflictPolicy(rules: rules)).forced == [Self.image])
    }
}
