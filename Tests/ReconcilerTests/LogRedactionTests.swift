// SPDX-License-Identifier: Apache-2.0

import Manifests
import Reconciler
import Testing

@Suite("Log lines without secrets")
struct LogRedactionTests {
    private static func redaction(_ values: [String]) -> LogRedaction {
        let data = values.enumerated().map { ("key\($0.offset)", Base64.encode(Array($0.element.utf8))) }
        return LogRedaction(secrets: [Planet.secret("db", data)])
    }

    @Test("Values of the application's Secrets are taken out, plain and in base64")
    func values() {
        let redacted = Self.redaction(["hunter2!"]).redact(["password hunter2! refused", "raw aHVudGVyMiE= here"])
        #expect(redacted == ["password [secret] refused", "raw [secret] here"])
    }

    @Test("The longest value goes first, so that no rest of it stays")
    func longest() {
        #expect(Self.redaction(["hunter", "hunter2-long"]).redact(["x hunter2-long y"]) == ["x [secret] y"])
    }

    @Test("stringData counts; short values do not")
    func kinds() {
        var secret = Planet.secret("db")
        secret["stringData"] = ["password": "correct horse", "port": "80"]
        let redaction = LogRedaction(secrets: [secret])
        #expect(redaction.redact(["correct horse on 80, debugging"]) == ["[secret] on 80, debugging"])
    }

    @Test("Each line of a value of many lines is a secret", arguments: ["\n", "\r\n"])
    func lines(separator: String) {
        let key = ["-----BEGIN KEY-----", "MIIEvQIBADANBgkq", "hkiG9w0BAQEFAASC", "-----END KEY-----"]
        let redaction = Self.redaction([key.joined(separator: separator)])
        #expect(
            redaction.redact(["bad key:", "MIIEvQIBADANBgkq", "got hkiG9w0BAQEFAASC."]) == [
                "bad key:", "[secret]", "got [secret].",
            ])
    }

    @Test(
        "The line end that a file ends with is no part of a value", arguments: ["hunter2\n", "hunter2\r\n", "hunter2"])
    func lineEnd(value: String) {
        #expect(Self.redaction([value]).redact(["refused hunter2."]) == ["refused [secret]."])
    }

    @Test(
        "What is secret in a value that holds more is taken out by itself",
        arguments: [
            "postgres://planet:s3cret-value@db/planet", "postgres://planet:s3cret%2Dvalue@db/planet",
            "host=db\nexport DB_PASSWORD='s3cret-value'\n", "database:\n  host: db\n  password: \"s3cret-value\"\n",
            #"{"type": "service", "nested": [{"api_key": "s3cret-value"}]}"#,
            #"{"auths": {"registry.example.com": {"auth": "YWRhOnMzY3JldC12YWx1ZQ=="}}}"#,
            #"{"url": "amqp://planet:s3cret-value@mq"}"#,
        ])
    func parts(value: String) {
        let redaction = Self.redaction([value])
        #expect(
            redaction.redact(["authentication with s3cret-value at db failed"]) == [
                "authentication with [secret] at db failed"
            ])
    }

    @Test("A value is known as programs write it: in JSON, in Go's, and in an address")
    func spellings() {
        let redaction = Self.redaction([#"a"b\c&<d>/e"#])
        #expect(
            redaction.redact([
                #"{"m": "a\"b\\c&<d>/e"}"#, #"{"m": "a\"b\\c\u0026\u003cd\u003e/e"}"#,
                "GET /?p=a%22b%5Cc%26%3Cd%3E%2Fe&x",
            ]) == [#"{"m": "[secret]"}"#, #"{"m": "[secret]"}"#, "GET /?p=[secret]&x"])
    }

    @Test("A secret across the cut of a long line leaves nothing of itself", arguments: 380...405)
    func acrossTheCut(start: Int) {
        let line = String(repeating: "x", count: start) + "hunter2-is-a-long-secret" + "tail"
        let redacted = Self.redaction(["hunter2-is-a-long-secret"]).redact([line]).first ?? ""
        #expect(!redacted.contains("hunter"))
        #expect(redacted.count <= 400)
    }

    @Test("Credentials of addresses are taken out")
    func addresses() {
        let redaction = LogRedaction(secrets: [])
        #expect(redaction.redact(["dial postgres://u:p@db:5432/x"]) == ["dial postgres://[secret]@db:5432/x"])
        #expect(redaction.redact(["see https://example.com/a@b"]) == ["see https://example.com/a@b"])
    }

    @Test("At most twenty lines, the last ones")
    func bounded() {
        let redacted = LogRedaction(secrets: []).redact((1...50).map { "line \($0)" })
        #expect(redacted.count == 20 && redacted.last == "line 50")
    }
}
