// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("RBAC")
struct AuthorizerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var rule: PolicyRule
        var verb: String
        var target: AccessAttributes.Target
        var isAllowed: Bool
        var testDescription: String { "\(rule.compactText) \(verb) \(target)" }
    }

    private static func resource(
        _ resource: String, _ subresource: String = "", group: String = "", name: String = ""
    ) -> AccessAttributes.Target {
        .resource(group: group, resource: resource, subresource: subresource, namespace: "t", name: name)
    }

    private static let pods = PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["pods"])
    private static let health = PolicyRule(verbs: ["get"], nonResourceURLs: ["/healthz", "/apis/*"])

    static let cases = [
        Case(rule: pods, verb: "get", target: resource("pods"), isAllowed: true),
        Case(rule: pods, verb: "list", target: resource("pods"), isAllowed: false),
        Case(rule: pods, verb: "get", target: resource("pods", group: "other"), isAllowed: false),
        Case(rule: pods, verb: "get", target: resource("pods", "log"), isAllowed: false),
        Case(rule: pods, verb: "get", target: .path("/pods"), isAllowed: false),
        Case(
            rule: PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["pods/log"]), verb: "get",
            target: resource("pods", "log"), isAllowed: true),
        Case(
            rule: PolicyRule(verbs: ["update"], apiGroups: ["apps"], resources: ["*/scale"]), verb: "update",
            target: resource("deployments", "scale", group: "apps"), isAllowed: true),
        Case(
            rule: PolicyRule(verbs: ["update"], apiGroups: ["apps"], resources: ["*/scale"]), verb: "update",
            target: resource("deployments", group: "apps"), isAllowed: false),
        Case(
            rule: PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["*"]), verb: "get",
            target: resource("pods", "log"), isAllowed: true),
        Case(
            rule: PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["a"]), verb: "get",
            target: resource("pods", name: "a"), isAllowed: true),
        Case(
            rule: PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["a"]), verb: "get",
            target: resource("pods"), isAllowed: false),
        Case(rule: health, verb: "get", target: .path("/healthz"), isAllowed: true),
        Case(rule: health, verb: "get", target: .path("/healthz/etcd"), isAllowed: false),
        Case(rule: health, verb: "get", target: .path("/apis/apps"), isAllowed: true),
        Case(rule: health, verb: "head", target: .path("/healthz"), isAllowed: false),
    ]

    @Test("A rule allows what its verbs, groups, resources, names and paths say", arguments: cases)
    func rules(sample: Case) {
        #expect(sample.rule.allows(AccessAttributes(verb: sample.verb, target: sample.target)) == sample.isAllowed)
    }

    @Test(
        "What a request wants is read off its path and method",
        arguments: [
            ("GET", "/api/v1/pods", "list", "pods", "", ""),
            ("GET", "/api/v1/pods?watch=true", "watch", "pods", "", ""),
            ("GET", "/api/v1/namespaces/t", "get", "namespaces", "t", "t"),
            ("PUT", "/api/v1/namespaces/t/finalize", "update", "namespaces/finalize", "t", "t"),
            ("DELETE", "/apis/apps/v1/namespaces/t/deployments", "deletecollection", "deployments", "t", ""),
            ("GET", "/api/v1/namespaces/t/pods/x/log", "get", "pods/log", "t", "x"),
            ("GET", "/api/v1/namespaces/t/pods?fieldSelector=metadata.name%3Dx", "list", "pods", "t", "x"),
            ("PATCH", "/apis/no.such/v1/namespaces/t/things/x", "patch", "things", "t", "x"),
        ])
    func attributes(method: String, path: String, verb: String, resource: String, namespace: String, name: String) {
        let attributes = AccessAttributes(method: method, RequestTarget(path))
        #expect(attributes.verb == verb)
        guard case .resource(_, let plural, let subresource, let space, let object) = attributes.target else {
            Issue.record("\(path) is about a resource")
            return
        }
        #expect((subresource.isEmpty ? plural : "\(plural)/\(subresource)") == resource)
        #expect(space == namespace && object == name)
    }

    @Test("A binding reaches users, groups and service accounts, in its namespace only")
    func bindings() async {
        let harness = AccessHarness()
        await harness.makeNamespace("t")
        await harness.makeRole(
            "reader", in: "t", [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]]])
        let path = "/api/v1/namespaces/t/configmaps"
        #expect(await harness.send("GET", path, as: .bob).status == 403)
        await harness.bind("Role", "reader", to: ["kind": "Group", "name": "developers"], in: "t")
        #expect(await harness.send("GET", path, as: .bob).status == 200)
        #expect(await harness.send("GET", "/api/v1/namespaces/default/configmaps", as: .bob).status == 403)

        let token = await harness.token(of: "robot", in: "t")
        #expect(await harness.send("GET", path, token: token).status == 403)
        // Without a namespace, the account is one of the binding's own.
        await harness.bind("Role", "reader", to: ["kind": "ServiceAccount", "name": "robot"], in: "t", name: "robot")
        #expect(await harness.send("GET", path, token: token).status == 200)
    }

    @Test("A binding to a role that is not there is told with the refusal")
    func missingRole() async {
        let harness = AccessHarness()
        await harness.bind("ClusterRole", "none", to: ["kind": "User", "name": "bob"])
        let refusal = await harness.send("GET", "/api/v1/nodes", as: .bob)
        #expect(
            refusal.message
                == "nodes is forbidden: User \"bob\" cannot list resource \"nodes\" in API group \"\" at the cluster "
                + "scope: RBAC: clusterrole.rbac.authorization.k8s.io \"none\" not found")
    }

    @Test("Roles that match an aggregated role's selector add to it, and take with them what they gave")
    func aggregation() async {
        let harness = AccessHarness()
        await harness.bind("ClusterRole", "view", to: ["kind": "User", "name": "bob"])
        #expect(await harness.send("GET", "/api/v1/pods", as: .bob).status == 200)
        #expect(await harness.send("GET", "/api/v1/secrets", as: .bob).status == 403)
        let roles = "\(AccessHarness.group)/clusterroles"
        await harness.send(
            "POST", roles,
            [
                "metadata": [
                    "name": "more", "labels": ["rbac.authorization.k8s.io/aggregate-to-view": "true"],
                ],
                "rules": [["apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]]],
            ])
        #expect(await harness.send("GET", "/api/v1/secrets", as: .bob).status == 200)
        await harness.send("DELETE", "\(roles)/more")
        #expect(await harness.send("GET", "/api/v1/secrets", as: .bob).status == 403)
    }

    @Test("An apply that makes an object needs the right to create it")
    func createByApply() async {
        let harness = AccessHarness()
        await harness.makeNamespace("t")
        await harness.makeRole(
            "patcher", in: "t", [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["patch"]]])
        await harness.bind("Role", "patcher", to: ["kind": "User", "name": "bob"], in: "t")
        let path = "/api/v1/namespaces/t/configmaps/c?fieldManager=m"
        let body: Value = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"]]
        let type = "application/apply-patch+yaml"
        let refusal = await harness.send("PATCH", path, body, as: .bob, type: type)
        #expect(
            refusal.message
                == "configmaps \"c\" is forbidden: User \"bob\" cannot create resource \"configmaps\" in API group \"\" "
                + "in the namespace \"t\"")
        #expect(await harness.send("PATCH", path, body, type: type).status == 201)
        #expect(await harness.send("PATCH", path, body, as: .bob, type: type).status == 200)
    }

    @Test("An open sandbox asks nobody, whatever they hold")
    func open() async {
        let cluster = SandboxClusterTests().cluster()
        for token in ["", "nonsense"] {
            let response = await cluster.respond(
                to: SandboxRequest(
                    method: "GET", path: "/api/v1/secrets",
                    headers: token.isEmpty ? [] : [(name: "Authorization", value: "Bearer \(token)")]))
            #expect(response.status == 200)
        }
    }
}
