// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Who is calling")
struct IdentityTests {
    private func whoami(
        _ harness: AccessHarness, as user: SandboxIdentity? = nil, token: String? = nil,
        headers: [(name: String, value: String)] = []
    ) async -> AccessHarness.Answer {
        await harness.send(
            "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", [:], as: user, token: token, headers: headers)
    }

    private func user(_ answer: AccessHarness.Answer) -> Value? { answer.body["status"]?["userInfo"] }

    @Test("A static token is whose it was given to, and a certificate comes before a token")
    func tokens() async {
        let harness = AccessHarness(tokens: ["ci-token": .bob])
        #expect(
            user(await whoami(harness, token: "ci-token"))
                == ["username": "bob", "groups": ["developers", "system:authenticated"]])
        let both = await harness.cluster.respond(
            to: SandboxRequest(
                method: "GET", path: "/api/v1/nodes", headers: [(name: "Authorization", value: "Bearer nonsense")],
                clientCertificate: .administrator))
        #expect(both.status == 200)
    }

    @Test("Without credentials one is anonymous, which is enough for health and the version")
    func anonymous() async {
        let harness = AccessHarness()
        for path in ["/healthz", "/livez", "/readyz", "/version"] {
            #expect(await harness.send("GET", path, token: "").status == 200)
        }
        #expect(
            await harness.send("GET", "/apis", token: "").message
                == "forbidden: User \"system:anonymous\" cannot get path \"/apis\"")
        #expect(await harness.send("GET", "/nosuch", token: "").status == 403)
        // Another scheme says nothing about who is calling.
        #expect(
            await harness.send(
                "GET", "/version", token: "", headers: [(name: "Authorization", value: "Basic YTpi")]
            ).status == 200)
    }

    @Test("Who may impersonate is answered as somebody else, whose rights then count")
    func impersonation() async {
        let harness = AccessHarness()
        let headers = [
            (name: "Impersonate-User", value: "carol"), (name: "Impersonate-Group", value: "writers"),
            (name: "Impersonate-Extra-Scopes%2Fa", value: "x"),
        ]
        #expect(
            user(await whoami(harness, headers: headers))
                == [
                    "username": "carol", "groups": ["writers", "system:authenticated"], "extra": ["scopes/a": ["x"]],
                ])
        #expect(await harness.send("GET", "/api/v1/nodes", headers: headers).status == 403)
        #expect(
            await whoami(harness, as: .bob, headers: headers).message
                == "users \"carol\" is forbidden: User \"bob\" cannot impersonate resource \"users\" in API group \"\" "
                + "at the cluster scope")
        let account = [(name: "Impersonate-User", value: "system:serviceaccount:default:robot")]
        #expect(
            user(await whoami(harness, headers: account))?["groups"]
                == ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
        #expect(await whoami(harness, headers: [(name: "Impersonate-Group", value: "writers")]).status == 500)
    }

    @Test("Reviews say what is allowed, by what, and what they cannot be asked")
    func reviews() async {
        let harness = AccessHarness()
        await harness.bind("ClusterRole", "view", to: ["kind": "User", "name": "bob"], in: "default", name: "b")
        let group = "/apis/authorization.k8s.io/v1"
        let pods: Value = ["verb": "list", "resource": "pods", "namespace": "default"]
        let allowed = await harness.send(
            "POST", "\(group)/subjectaccessreviews", ["spec": ["user": "bob", "resourceAttributes": pods]])
        #expect(
            allowed.body["status"]
                == [
                    "allowed": true,
                    "reason":
                        "RBAC: allowed by RoleBinding \"b/default\" of ClusterRole \"view\" to User \"bob\"",
                ])
        let own = await harness.send(
            "POST", "\(group)/selfsubjectaccessreviews", ["spec": ["resourceAttributes": pods]], as: .bob)
        #expect(own.body["status"]?["allowed"] == true)
        let local = await harness.send(
            "POST", "\(group)/namespaces/kube-system/localsubjectaccessreviews",
            ["spec": ["user": "bob", "resourceAttributes": pods]])
        #expect(local.message == "spec.resourceAttributes.namespace must match namespace: kube-system")
        let nothing = await harness.send("POST", "\(group)/subjectaccessreviews", ["spec": ["user": "bob"]])
        #expect(nothing.status == 422)
        #expect(await harness.send("POST", "\(group)/subjectaccessreviews", ["spec": [:]], as: .bob).status == 403)

        let rules = await harness.send(
            "POST", "\(group)/selfsubjectrulesreviews", ["spec": ["namespace": "default"]], as: .bob)
        #expect(rules.body["status"]?["incomplete"] == false)
        #expect(
            (rules.body["status"]?["resourceRules"]?.array ?? []).contains {
                $0["resources"]?.array?.contains("pods/log") == true && $0["verbs"] == ["get", "list", "watch"]
            })
    }
}
