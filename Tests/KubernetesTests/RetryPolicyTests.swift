// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing
import Transport

@testable import Kubernetes

@Suite("What is sent again, after how long, and what never is")
struct RetryPolicyTests {
    private func error(_ status: Int, headers: HTTPHeaders = [:], body: String = "") -> KubernetesError {
        KubernetesError(
            HTTPResponse(status: status, headers: headers, body: Array(body.utf8)), subject: "test",
            now: Timestamp("2026-11-24T10:00:00Z"))
    }

    private func error(_ code: TransportError.Code, sent: Bool? = nil) -> KubernetesError {
        KubernetesError(
            TransportError(code: code, subject: "test", message: "", mayHaveBeenSent: sent), subject: "test")
    }

    private func wait(
        _ error: KubernetesError, _ effect: RetryPolicy.Effect, tries: Int = 1, spent: Duration = .zero,
        random: Double = 0
    ) -> Duration? {
        RetryPolicy.standard.wait(after: error, effect: effect, tries: tries, spent: spent, random: random)
    }

    private static let effects: [RetryPolicy.Effect] = [.none, .idempotent, .once]

    @Test("Refusals are never sent again", arguments: [400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 302])
    func refusals(status: Int) {
        for effect in Self.effects { #expect(wait(error(status, headers: ["Retry-After": "1"]), effect) == nil) }
    }

    @Test("A 429 is sent again whatever it was, and not before the server asks for it")
    func tooMany() {
        for effect in Self.effects {
            #expect(wait(error(429), effect) == .milliseconds(800))
            #expect(wait(error(429, headers: ["Retry-After": "3"]), effect) == .seconds(3))
        }
        #expect(wait(error(429, headers: ["Retry-After": "60"]), .none) == nil)
        #expect(error(429, headers: ["Retry-After": "60"]).retryAfter == .seconds(60))
    }

    @Test("An unknown outcome is sent again only where twice is as good as once", arguments: [500, 502, 503, 504])
    func unknown(status: Int) {
        #expect(wait(error(status), .none) == .milliseconds(800))
        #expect(wait(error(status), .idempotent) == .milliseconds(800))
        #expect(wait(error(status), .once) == nil)
        #expect(error(status).mayHaveBeenDone)
    }

    @Test("A connection that never was is tried again for all, one that broke only for what may go twice")
    func connections() {
        for code in [TransportError.Code.connect, .resolve] {
            for effect in Self.effects { #expect(wait(error(code), effect) != nil) }
        }
        for code in [TransportError.Code.closed, .timeout] {
            #expect(wait(error(code), .idempotent) != nil)
            #expect(wait(error(code), .once) == nil)
            #expect(wait(error(code, sent: false), .once) != nil)
        }
        for code in [TransportError.Code.tls, .cancelled, .tooLarge, .invalidRequest] {
            #expect(wait(error(code), .none) == nil)
        }
    }

    @Test("After a connection that broke a new one is tried at once, the first time, and after any other failure not")
    func brokenConnections() {
        #expect(wait(error(.closed), .idempotent, random: 0.5) == .milliseconds(30))
        #expect(wait(error(.closed), .idempotent, tries: 2) == .milliseconds(1600))
        for code in [TransportError.Code.connect, .resolve, .timeout] {
            #expect(wait(error(code), .idempotent) == .milliseconds(800))
        }
    }

    @Test("A 500 that is a refused manifest is a refusal")
    func refusedApply() {
        let body = """
            {"kind":"Status","apiVersion":"v1","message":"failed to create typed patch object (staging/api; apps/v1, \
            Kind=Deployment): .spec.replcas: field not declared in schema","code":500}
            """
        #expect(wait(error(500, body: body), .idempotent) == nil)
    }

    @Test("Delays double, with as much again at random, until patience or the tries are over")
    func delays() {
        #expect(
            (1...4).map { wait(error(503), .none, tries: $0) } == [800, 1600, 3200, 6400].map { .milliseconds($0) })
        #expect(wait(error(503), .none, random: 0.5) == .milliseconds(1200))
        #expect(wait(error(503), .none, spent: .milliseconds(9200)) == .milliseconds(800))
        #expect(wait(error(503), .none, spent: .milliseconds(9300)) == nil)
        #expect(wait(error(429, headers: ["Retry-After": "0"]), .none, tries: 6) == nil)
        #expect(
            RetryPolicy.never.wait(after: error(503), effect: .none, tries: 1, spent: .zero, random: 0) == nil)
    }

    @Test("What a request does is read off it")
    func effects() {
        let apply: HTTPHeaders = ["Content-Type": "application/apply-patch+yaml"]
        #expect(RetryPolicy.Effect(of: HTTPRequest(method: "GET", url: "/x")) == .none)
        #expect(RetryPolicy.Effect(of: HTTPRequest(method: "POST", url: "/x?dryRun=All")) == .none)
        #expect(RetryPolicy.Effect(of: HTTPRequest(method: "PATCH", url: "/x", headers: apply)) == .idempotent)
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            #expect(RetryPolicy.Effect(of: HTTPRequest(method: method, url: "/x")) == .once)
        }
    }

    @Test(
        "Retry-After is seconds or any form of date, by the server's clock, and at most an hour",
        arguments: [
            ("5", .seconds(5)), ("-1", .zero), ("99999", .seconds(3600)), ("soon", nil),
            ("Tue, 24 Nov 2026 10:00:30 GMT", .seconds(30)), ("Tuesday, 24-Nov-26 10:00:30 GMT", .seconds(30)),
            ("Tue Nov 24 10:00:30 2026", .seconds(30)), ("Tue, 24 Nov 2026 09:00:00 GMT", .zero),
            ("Tue, 99 Nov 2026 10:00:30 GMT", nil),
        ] as [(String, Duration?)])
    func retryAfter(text: String, expected: Duration?) {
        #expect(error(429, headers: ["Retry-After": text]).retryAfter == expected)
        #expect(error(503, headers: ["Retry-After": text]).retryAfter == expected)
    }

    @Test("The answer's own date is the clock that its Retry-After goes by")
    func serverClock() {
        let headers: HTTPHeaders = [
            "Retry-After": "Tue, 24 Nov 2026 12:00:07 GMT", "Date": "Tue, 24 Nov 2026 12:00:00 GMT",
        ]
        #expect(error(429, headers: headers).retryAfter == .seconds(7))
    }
}
