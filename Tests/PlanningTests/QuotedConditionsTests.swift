// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("Conditions that may be quoted")
struct QuotedConditionsTests {
    private static let fetched = "gcr.io/shop/web:1"

    private func service(_ message: String, images: [String] = [fetched]) throws -> Object {
        let containers = images.map { #"{"image": "\#($0)"}"# }.joined(separator: ", ")
        return try make(
            "serving.knative.dev/v1", "Service", "web", metadata: #""generation": 1"#,
            #"""
            "spec": {"template": {"spec": {"containers": [\#(containers)]}}},
            "status": {"observedGeneration": 1, "conditions": [
                {"type": "Ready", "status": "False", "reason": "RevisionFailed", "message": "\#(message)"},
                {"type": "RoutesReady", "status": "True"}]}
            """#)
    }

    private func health(_ object: Object) throws -> Health {
        HealthRules.health(of: object, appliedGeneration: 1, now: try time("2027-01-15T08:00:00Z"))
    }

    @Test("Messages are as they were left, and what is no message stays")
    func redacted() throws {
        let clean = QuotedConditions.redacted(try service("no hunter2 here")) {
            $0.replacing("hunter2", with: "[secret]")
        }
        #expect(try health(clean).message == "Ready is False (RevisionFailed): no [secret] here")
        #expect(clean.value(at: "status", "conditions")?[1]?["type"] == "RoutesReady")
        let silent = QuotedConditions.redacted(try service("no hunter2 here")) { _ in nil }
        #expect(try health(silent).message == "Ready is False (RevisionFailed)")
        let foreign = try make(
            "example.com/v1", "Thing", "a",
            #""status": {"conditions": [{"type": "Ready", "status": "False", "message": "as it is"}]}"#)
        #expect(QuotedConditions.redacted(foreign) { _ in nil } == foreign)
    }

    @Test(
        "The image that cannot be fetched stays known where no message may be left, and where it is a part of a value",
        arguments: [[fetched], [fetched, "gcr.io/proxy:3"], ["gcr.io/proxy:3", fetched]])
    func keepsImage(images: [String]) throws {
        let object = try service(#"Unable to fetch image \"gcr.io/shop/web:1\": not found"#, images: images)
        #expect(try health(object).image == Self.fetched)
        let silent = QuotedConditions.redacted(object) { _ in nil }
        #expect(try health(silent).image == Self.fetched)
        #expect(
            try health(silent).message == "Ready is False (RevisionFailed): Unable to fetch image gcr.io/shop/web:1")
        let clean = QuotedConditions.redacted(object) { $0.replacing("shop", with: "[secret]") }
        #expect(try health(clean).image == Self.fetched)
        #expect(try health(clean).message.contains("gcr.io/[secret]/web:1"))
        let cut = QuotedConditions.redacted(object) { String($0.prefix(10)) }
        #expect(try health(cut).image == Self.fetched)
    }

    @Test("An address is quoted without its user and its query, however much is said of it")
    func address() throws {
        let told = try health(
            try service(
                #"Get \"https://ada:hunter2@s3.example.com/a?X-Amz-Signature=abc&b=c\": dial tcp 'http://h/p?q'"#)
        ).message
        #expect(
            told.hasSuffix(#"Get "https://[secret]@s3.example.com/a?…": dial tcp 'http://h/p?…'"#), "\(told)")
        let long = String(repeating: "x", count: 290)
        #expect(try health(try service("\(long) https://ada:hunter2@h/")).message.contains("hunter2") == false)
    }

    @Test("With which code a container ended is quoted and known, and what it wrote last is neither")
    func crash() throws {
        let revision = #"Revision \"web-1\" failed with message: "#
        let exit = try health(try service("\(revision)Container failed with: exit code 137."))
        #expect(
            exit.message
                == #"Ready is False (RevisionFailed): Revision "web-1" failed with message: Container failed with: exit code 137"#
        )
        #expect(exit.exitCode == 137)
        for written in [
            "panic: token hunter2", "exit codes hunter2", " exit code 1 hunter2", "exit code 12345 hunter2",
        ] {
            let told = try health(try service("\(revision)Container failed with: \(written)"))
            #expect(
                told.message
                    == #"Ready is False (RevisionFailed): Revision "web-1" failed with message: Container failed (what it wrote last is not repeated here)"#
            )
            #expect(told.exitCode == nil)
        }
        let both = try health(try service("Container failed with: exit code 1: hunter2"))
        #expect(both.message == "Ready is False (RevisionFailed): Container failed with: exit code 1")
    }

    @Test("A message that tells of no image is not made to tell of one")
    func noImage() throws {
        let silent = QuotedConditions.redacted(try service("Container failed with: gcr.io/shop/web:1")) { _ in nil }
        #expect(try health(silent).image == nil)
        #expect(try health(silent).message == "Ready is False (RevisionFailed)")
    }
}
