// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct PlanRedactionTests {
    /// Stands for a keyed hash.
    private static let hash: @Sendable (String) -> String = { text in
        String(text.utf8.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) }, radix: 16)
    }

    private func secret(_ members: String) throws -> Object { try make("v1", "Secret", "login", members) }

    private func shown(_ object: Object, secrets: [Object] = []) -> String {
        JSON.text(.object(PlanRedaction(secrets: secrets, hash: Self.hash).shown(object)))
    }

    @Test("A Secret's values are hashes that differ where the values do, and are equal where they are")
    func secretValues() throws {
        let redaction = PlanRedaction(secrets: [], hash: Self.hash)
        let first = redaction.shown(
            try secret(#""data": {"a": "aHVudGVyMg==", "b": "aHVudGVyMg==", "c": "aHVudGVyMw=="}"#))
        let data = try #require(first["data"]?.object)
        #expect(data["a"] == data["b"])
        #expect(data["a"] != data["c"])
        #expect(data["a"]?.string?.hasPrefix("(hash ") == true)
        #expect(!shown(try secret(#""stringData": {"a": "hunter2"}"#)).contains("hunter2"))
    }

    @Test("The copy that kubectl apply keeps of an object is hidden whole")
    func lastApplied() throws {
        let object = try make(
            "v1", "Secret", "login",
            metadata:
                #""annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"a\":\"aHVudGVyMg==\"}}"}"#
        )
        #expect(!shown(object).contains("aHVudGVyMg"))
    }

    @Test("A value that repeats a Secret's is hidden wherever it stands, but in what only names things")
    func repeated() throws {
        let secrets = [try secret(#""data": {"password": "aHVudGVyMg==", "user": "cG9zdGdyZXM="}"#)]
        let object = try make(
            "apps/v1", "Deployment", "postgres",
            #"""
            "spec": {"template": {"spec": {"containers": [{"name": "postgres", "image": "postgres:16",
              "args": ["--login=hunter2", "plain"], "env": [{"name": "URL", "value": "db?p=hunter2&x"}]}]}}}
            """#)
        let text = shown(object, secrets: secrets)
        #expect(!text.contains("hunter2"))
        #expect(text.contains(#""image":"postgres:16""#))
        #expect(text.contains(#""name":"postgres""#))
        #expect(text.contains("plain"))
    }

    @Test(
        "Values whose names say that they are secret are hidden, and addresses lose their password",
        arguments: [
            #"{"name": "DATABASE_PASSWORD", "value": "s3cret-value"}"#, #"{"name": "apiKey", "value": "s3cret-value"}"#,
            #"{"name": "GITHUB_TOKEN", "value": "s3cret-value"}"#,
            #"{"name": "URL", "value": "postgres://planet:s3cret-value@db/planet"}"#,
            #"{"name": "PW", "value": "s3cret-value"}"#, #"{"name": "DB_PASS", "value": "s3cret-value"}"#,
            #"{"name": "PGPASSWORD", "value": "s3cret-value"}"#, #"{"name": "MYSQL_PWD", "value": "s3cret-value"}"#,
            #"{"name": "KEY", "value": "s3cret-value"}"#, #"{"name": "SIGNING_KEY", "value": "s3cret-value"}"#,
        ])
    func named(variable: String) throws {
        let object = try make("v1", "Pod", "a", #""spec": {"containers": [{"name": "a", "env": [\#(variable)]}]}"#)
        #expect(!shown(object).contains("s3cret-value"))
        let map = try make("v1", "ConfigMap", "a", #""data": {"db.password": "s3cret-value", "level": "info"}"#)
        #expect(!shown(map).contains("s3cret-value"))
        #expect(shown(map).contains("info"))
    }

    @Test("Secrets in commands are hidden, and the rest of the command is not")
    func commands() throws {
        let object = try make(
            "v1", "Pod", "a",
            #"""
            "spec": {"containers": [{"name": "a", "command": ["sh", "-c", "PW=s3cret-1 LEVEL=debug ./run --x"],
              "args": ["--password", "s3cret-2", "--token=s3cret-3", "--level=trace", "--verbose", "all"]}]}
            """#)
        let text = shown(object)
        #expect(!text.contains("s3cret"))
        for word in ["LEVEL=debug ./run --x", "--level=trace", "all"] { #expect(text.contains(word)) }
    }

    @Test("What comes from nowhere secret is shown")
    func plain() throws {
        let object = try make(
            "v1", "Pod", "a",
            #"""
            "spec": {"containers": [{"name": "a", "env": [{"name": "LEVEL", "value": "debug"},
              {"name": "TOKEN_TTL", "value": "10m"}, {"name": "SECRET_NAME", "value": "login"},
              {"name": "KEY_PREFIX", "value": "before"}, {"name": "PUBLIC_KEY", "value": "known"}]}],
              "volumes": [{"name": "v", "secret": {"secretName": "login"}}]}
            """#)
        for word in ["debug", "10m", "before", "known", "login", #""secretName":"login""#] {
            #expect(shown(object).contains(word))
        }
    }

    @Test("A custom kind's field that is called password is hidden")
    func customField() throws {
        let object = try make(
            "example.com/v1", "Database", "a", #""spec": {"auth": {"password": "s3cret", "user": "ada"}}"#)
        #expect(!shown(object).contains("s3cret"))
        #expect(shown(object).contains("ada"))
    }

    @Test("What the server keeps about an object is not shown")
    func serverFields() throws {
        let object = try make(
            "v1", "ConfigMap", "a",
            metadata:
                #""uid": "1", "resourceVersion": "2", "generation": 3, "managedFields": [], "creationTimestamp": "x""#,
            #""status": {"a": 1}"#)
        #expect(PlanRedaction(secrets: [], hash: Self.hash).shown(object) == (try make("v1", "ConfigMap", "a")))
    }
}
