// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("Checks in the pipeline file")
struct CheckEntryTests {
    private static func parse(_ check: String) throws -> [Application.Check] {
        let text = """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments: [{name: e, namespace: ns}]
            applications:
            - name: a
              environments: [e]
              path: k8s
              verify:
              - \(check)
            """
        return try Pipeline.parse(Array(text.utf8)).applications[0].verify
    }

    private static func problems(_ check: String) -> String {
        do {
            return "\(try parse(check))"
        } catch {
            return "\(error)"
        }
    }

    @Test("A URL may be another one in each environment")
    func environments() throws {
        let check = try Self.parse("http: {url: \"https://api.{environment}.example.com/{environment}\"}")[0]
        #expect(check.asked(in: "staging").address == .direct("https://api.staging.example.com/staging"))
        let sent = try Self.parse("http: {service: a, port: 1, send: {Host: \"{environment}.example.com\"}}")[0]
        #expect(
            sent.asked(in: "staging").question
                == .http(
                    .init(
                        address: .service("a", port: "1"), path: "/",
                        send: [.init(name: "Host", value: "staging.example.com")])))
        let query = try Self.parse(
            "prometheus: {url: \"https://p.{environment}.example.com\", query: up, below: 1}")[0]
        #expect(query.asked(in: "staging").address == .direct("https://p.staging.example.com"))
        for url in ["https://api.{enviroment}.example.com/", "https://{environment}.example.com/{enviroment}"] {
            #expect(
                Self.problems("http: {url: \"\(url)\"}")
                    .contains(#"has no placeholder "{enviroment}"; did you mean "{environment}"?"#))
        }
        #expect(Self.problems("http: {url: \"https://{a b}.example.com/\"}").contains("a URL of http or https"))
    }

    @Test("Each kind is read with what it may say, and where it stands")
    func kinds() throws {
        let http = try #require(
            try Self.parse(
                "http: {service: api, port: web, path: /h, send: {Host: h.example.com, X-Env: e}, expect: [200, 204], headers: [{name: x, equals: yy}], "
                    + "body: {matches: ok+}, json: [{pointer: /s, equals: up}], latency: 500ms, times: 3, within: 2m}"
            ).first)
        #expect(http.times == 3 && http.within == .seconds(120) && http.place == "mainstay.yaml:9")
        #expect(
            http.question
                == .http(
                    .init(
                        address: .service("api", port: "web"), path: "/h",
                        send: [.init(name: "Host", value: "h.example.com"), .init(name: "X-Env", value: "e")],
                        expect: [200, 204],
                        headers: [.init(name: "x", value: .equals("yy"))], body: .matches("ok+"),
                        json: [.init(pointer: "/s", equals: "up")], latency: .milliseconds(500))))
        #expect(
            try Self.parse("tcp: {address: \"db.example.com:5432\"}")[0].question
                == .tcp(.direct("db.example.com:5432")))
        let knative = try Self.parse("http: {knative: shop, path: /h, after: 30s}")[0]
        #expect(knative.question == .http(.init(address: .knative("shop"), path: "/h")))
        #expect(knative.after == .seconds(30))
        #expect(knative != (try Self.parse("http: {knative: shop, path: /h}")[0]))
        #expect(knative.title == "GET /h of the Knative Service shop")
        #expect(try Self.parse("job: smoke")[0].question == .job("smoke"))
        let query = try Self.parse(
            "prometheus: {url: \"https://p.example.com\", query: up, atLeast: 1, below: 1.5, for: 5m}")[0]
        #expect(query.lasting == .seconds(300))
        #expect(
            query.question
                == .prometheus(
                    .init(
                        address: .direct("https://p.example.com"), query: "up",
                        bounds: [.init(.below, 1.5), .init(.atLeast, 1)])))
    }

    @Test(
        "What a proxy says of the way that it was asked is no claim of who asks", arguments: ["Proto", "Port", "Ssl"])
    func harmless(name: String) throws {
        let check = try Self.parse("http: {service: a, port: 1, send: {X-Forwarded-\(name): \"on\"}}")[0]
        #expect(check.sent == [.init(name: "X-Forwarded-\(name)", value: "on")])
    }

    @Test("Where it stands is no part of what it asks")
    func place() throws {
        let first = try Self.parse("job: smoke")
        let second = try Self.parse("{\n    job: smoke}")
        #expect(first == second)
    }

    @Test(
        "Mistakes are named",
        arguments: [
            ("{http: {service: a, port: 1}, job: b}", "must have exactly one of http, tcp, job, prometheus (has 2)"),
            (
                "http: {url: \"https://u:p@h/\"}",
                "without user and password; {environment} may stand in it, not an address with a user"
            ),
            ("http: {url: \"https://h/\", service: a}", "http.service: stands beside \"url\""),
            ("http: {url: \"https://h/\", path: /x}", "http.path: is a part of the url"),
            ("http: {service: a, port: 1, body: {}}", "http.body: must have exactly one of contains, matches"),
            ("http: {service: a, port: 1, body: {matches: \"(\"}}", "http.body.matches: is no regular expression"),
            ("http: {service: a, port: 1, times: 0}", "http.times: must be from 1 to 100"),
            ("http: {service: a, port: 1, json: [{pointer: x, equals: 1}]}", "must be a JSON pointer"),
            ("http: {service: a, port: 1, latncy: 1s}", "did you mean"),
            ("http: {knative: a, port: 80}", "http.port: stands beside \"knative\""),
            ("http: {knative: A_b}", "http.knative: must be a name"),
            ("http: {service: a, port: 1, send: {Authorization: x}}", "http.send.Authorization: may hold a secret"),
            ("http: {service: a, port: 1, send: {X-Auth-Token: x}}", "may hold a secret, which would stand in git"),
            ("http: {service: a, port: 1, send: {cookie: x}}", "http.send.cookie: may hold a secret"),
            ("http: {service: a, port: 1, send: {Impersonate-User: x}}", "is the connection's own"),
            ("http: {service: a, port: 1, send: {Transfer-Encoding: chunked}}", "is the connection's own"),
            ("http: {service: a, port: 1, send: {X-HTTP-Method-Override: POST}}", "could change what is asked"),
            ("http: {service: a, port: 1, send: {Host: \"a\\r\\nX: b\"}}", "http.send.Host: must be of 1 to 256"),
            ("http: {service: a, port: 1, send: {Host: a/b}}", "http.send.Host: must be HOST or HOST:PORT"),
            ("http: {service: a, port: 1, send: {host: \"u@a\"}}", "http.send.host: must be HOST or HOST:PORT"),
            ("http: {service: a, port: 1, send: {X-Forwarded-For: 10.0.0.1}}", "is what a proxy says of who asks"),
            (
                "http: {service: a, port: 1, send: {x-forwarded-user: ada}}",
                "http.send.x-forwarded-user: is what a proxy"
            ),
            ("http: {service: a, port: 1, send: {X-Forwarded-Host: b}}", "is what a proxy says of who asks"),
            ("http: {service: a, port: 1, send: {Forwarded: for=b}}", "is what a proxy says of who asks"),
            ("http: {service: a, port: 1, send: {X-Original-URL: /admin}}", "or of another path or host"),
            ("http: {service: a, port: 1, send: {X-Rewrite-URL: /admin}}", "or of another path or host"),
            ("http: {service: a, port: 1, send: {Remote-User: ada}}", "is what a proxy says of who asks"),
            ("http: {service: a, port: 1, send: {Remote_User: ada}}", "is what a proxy says of who asks"),
            ("http: {service: a, port: 1, send: {X-Real-IP: 10.0.0.1}}", "is what a proxy says of who asks"),
            ("http: {service: a, port: 1, send: {X-SSL-Client-Cert: a}}", "is what a proxy says of who asks"),
            ("http: {service: a, port: 1, send: {Host: \"\"}}", "http.send.Host: must be of 1 to 256"),
            ("http: {service: a, port: 1, send: {Host: \" a\"}}", "http.send.Host: must be of 1 to 256"),
            ("http: {service: a, port: 1, send: {Host: \"a \"}}", "http.send.Host: must be of 1 to 256"),
            ("http: {service: a, port: 1, send: {\(String(repeating: "X", count: 65)): b}}", "is no name of a header"),
            ("http: {service: a, port: 1, send: {Host: \"\(String(repeating: "a", count: 257))\"}}", "of 1 to 256"),
            ("http: {service: a, port: 1, send: {\"X Y\": b}}", "is no name of a header"),
            ("http: {service: a, port: 1, send: {X: 1}}", "http.send.X: must be a string"),
            ("http: {service: a, port: 1, send: {Host: a, host: b}}", "http.send.host: stands there twice"),
            ("http: {service: a, port: 1, send: [Host]}", "http.send: must be a map of headers' names and values"),
            (
                "http: {service: a, port: 1, send: {\((0..<17).map { "X-\($0): a" }.joined(separator: ", "))}}",
                "http.send: must have at most 16 headers"
            ),
            ("tcp: {service: a, port: 1, send: {Host: a}}", "unknown field \"send\""),
            ("http: {service: a, port: 1, after: 25h}", "http.after: must be at most 24h"),
            ("tcp: {knative: a}", "knative"),
            ("tcp: {address: db}", "tcp.address: must be HOST:PORT"),
            ("tcp: {service: db}", "\"port\" is missing"),
            ("prometheus: {url: \"http://p\", query: up}", "needs a bound"),
            ("prometheus: {url: \"http://p\", query: up, below: low}", "prometheus.below: must be a number"),
            ("job: Smoke", "job: must be a name"),
        ])
    func mistakes(check: String, message: String) {
        #expect(Self.problems(check).contains(message))
    }
}
