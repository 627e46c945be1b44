// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What the operator lets a pipeline touch")
struct AllowRulesTests {
    private static func manifest(_ apiVersion: String, _ kind: String, in namespace: String, name: String = "x")
        -> Manifest
    {
        var object: Object = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": ["name": .string(name)],
        ]
        if !namespace.isEmpty { object.set(.string(namespace), at: "metadata", "namespace") }
        return Manifest(object: object, origin: Origin(file: "a.yaml", line: 7))
    }

    @Test("Namespaced kinds are allowed in the namespaces listed; in all where none is")
    func namespaces() {
        let deployment = Self.manifest("apps/v1", "Deployment", in: "staging")
        #expect(AllowRules().refusal(of: deployment) == nil)
        #expect(AllowRules(namespaces: ["staging"]).refusal(of: deployment) == nil)
        let refusal = AllowRules(namespaces: ["production"]).refusal(of: deployment)
        #expect(refusal?.reason == "NotAllowed")
        #expect(refusal?.message.contains("(a.yaml:7)") == true)
    }

    private static let guarded: [(String, String, String)] = [
        ("v1", "Namespace", ""), ("rbac.authorization.k8s.io/v1", "ClusterRole", ""),
        ("rbac.authorization.k8s.io/v1", "Role", "staging"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", ""),
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", ""),
    ]

    @Test("RBAC and cluster-scoped kinds only where listed", arguments: guarded)
    func guardedKinds(apiVersion: String, kind: String, namespace: String) {
        let manifest = Self.manifest(apiVersion, kind, in: namespace)
        #expect(AllowRules().refusal(of: manifest)?.message.contains("allow.kinds") == true)
        #expect(AllowRules(kinds: [kind]).refusal(of: manifest) == nil)
        #expect(AllowRules(kinds: [manifest.id.groupKind.description]).refusal(of: manifest) == nil)
        #expect(AllowRules(kinds: ["Other"]).refusal(of: manifest) != nil)
    }

    @Test("A cluster-scoped kind hides behind no namespace")
    func hiding() {
        let webhook = Self.manifest("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", in: "staging")
        #expect(AllowRules(namespaces: ["staging"]).refusal(of: webhook, isNamespaced: false) != nil)
        #expect(
            AllowRules(namespaces: ["staging"], kinds: ["ValidatingWebhookConfiguration"])
                .refusal(of: webhook, isNamespaced: false) == nil)
    }

    @Test("A Namespace counts as being in itself")
    func namespaceItself() {
        let rules = AllowRules(namespaces: ["staging"], kinds: ["Namespace"])
        #expect(rules.refusal(of: Self.manifest("v1", "Namespace", in: "", name: "staging")) == nil)
        #expect(rules.refusal(of: Self.manifest("v1", "Namespace", in: "", name: "kube-system")) != nil)
    }

    @Test("Who is asked as another host has to be allowed as both, at the port that is asked")
    func askedAs() throws {
        let rules = AllowRules(checks: ["api.example.com", "*.internal.example.com:8443", "admin.example.com:8443"])
        let place = try #require(CheckHost(url: "https://api.example.com/health"))
        func refused(_ host: String?, at place: CheckHost) -> String? {
            let headers = host.map { [Application.SentHeader(name: "HOST", value: $0)] } ?? []
            return rules.refused(place, sending: [.init(name: "X-Env", value: "evil")] + headers)?.host
        }
        #expect(refused(nil, at: place) == nil)
        #expect(refused("api.example.com", at: place) == nil)
        #expect(refused("API.example.com:443", at: place) == nil)
        #expect(refused("evil.example.org", at: place) == "evil.example.org")
        #expect(refused("a.internal.example.com", at: place) == "a.internal.example.com")
        #expect(refused("admin.example.com:8443", at: place) == "admin.example.com", "the port is the URL's")
        let other = try #require(CheckHost(url: "https://a.internal.example.com:8443/"))
        #expect(refused("admin.example.com", at: other) == nil)
        let evil = try #require(CheckHost(url: "https://evil.example.org/"))
        #expect(refused("api.example.com", at: evil) == "evil.example.org")
    }
}
