// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("Credentials of pull secrets")
struct PullCredentialTests {
    private static func secret(_ configuration: String, key: String = ".dockerconfigjson") -> Object {
        [
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "pull", "namespace": "staging"],
            "data": [key: .string(Base64.encode(Array(configuration.utf8)))],
        ]
    }

    private static func names(_ secret: Object) -> [String]? {
        PullCredential.all(in: secret)?.map { "\($0.username):\($0.password)" }
    }

    @Test("User and password stand in fields of their own, or together in auth; passwords may hold colons")
    func fields() {
        let auth = Base64.encode(Array("bob:hunter2:x".utf8))
        let text = """
            {"auths": {"b.example.com": {"auth": "\(auth)"},
             "a.example.com": {"username": "ada", "password": "hunter2", "auth": "ignored"},
             "c.example.com": {"identitytoken": "t"}}}
            """
        #expect(Self.names(Self.secret(text)) == ["ada:hunter2", "bob:hunter2:x"])
        #expect(
            Self.names(Self.secret(#"{"a.example.com": {"username": "u", "password": "p"}}"#, key: ".dockercfg")) == [
                "u:p"
            ])
        var written = Self.secret("")
        written["data"] = nil
        written["stringData"] = [".dockerconfigjson": #"{"auths": {"a.b": {"username": "u", "password": "p"}}}"#]
        #expect(Self.names(written) == ["u:p"])
    }

    @Test("What is no pull secret, or cannot be read, is none", arguments: ["{", "[]", "{\"auths\": 1}", ""])
    func unreadable(text: String) {
        #expect(PullCredential.all(in: Self.secret(text)) == nil)
        #expect(PullCredential.all(in: Self.secret(text, key: "password")) == nil)
    }

    @Test("Nothing that shows one shows its password")
    func hidden() {
        let credential = PullCredential(registry: "a.example.com", username: "ada", password: "hunter2")
        #expect(!"\(credential) \(String(reflecting: credential)) \([credential])".contains("hunter2"))
    }

    @Test(
        "It is for the images of its registry, as a kubelet sees it",
        arguments: [
            ("registry.example.com", true), ("https://registry.example.com", true),
            ("https://registry.example.com/v1/", true), ("REGISTRY.example.com", true), ("*.example.com", true),
            ("reg*.example.com", true), ("registry.example.com/team", true), ("registry.example.com/team/api", true),
            ("registry.example.com/tea", false), ("registry.example.com/other", false), ("example.com", false),
            ("*.com", false), ("registry.example.com:5000", false), ("evilregistry.example.com", false),
            ("registry.example.com.evil.org", false),
        ])
    func matching(registry: String, isFor: Bool) throws {
        let image = try #require(RegistryImage("registry.example.com/team/api:1"))
        #expect(PullCredential(registry: registry, username: "u", password: "p").isFor(image) == isFor)
    }
}
