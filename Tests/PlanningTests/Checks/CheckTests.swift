// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("What a check makes of its answers")
struct CheckTests {
    private typealias HTTP = Application.HTTPCheck
    private static let start = Timestamp(secondsSinceEpoch: 1_800_000_000)

    private static func http(_ change: (inout HTTP) -> Void = { _ in }) -> HTTP {
        var check = HTTP(service: "api", port: "80", path: "/health")
        change(&check)
        return check
    }

    private static func answer(_ body: String = "", status: Int = 200, _ headers: [(String, String)] = [])
        -> CheckAnswer
    {
        CheckAnswer(status: status, headers: headers.map { ($0.0, $0.1) }, body: Array(body.utf8))
    }

    private static func isFailed(_ result: CheckResult, _ part: String) -> Bool {
        if case .failed(let why) = result { why.contains(part) } else { false }
    }

    private static func isInconclusive(_ result: CheckResult, _ part: String) -> Bool {
        if case .inconclusive(let why) = result { why.contains(part) } else { false }
    }

    // MARK: HTTP

    @Test("One of the statuses is enough, and another fails, redirects included")
    func status() {
        let check = Self.http { $0.expect = [200, 204] }
        #expect(check.result(of: Self.answer(status: 204)) == .passed)
        #expect(Self.isFailed(check.result(of: Self.answer(status: 302)), "302, expected 200 or 204"))
    }

    @Test("Headers, body, JSON and latency each have their say, and nothing of the answer is quoted")
    func parts() {
        let header = Self.http { $0.headers = [.init(name: "Content-Type", value: .contains("json"))] }
        #expect(header.result(of: Self.answer("", [("content-type", "application/json")])) == .passed)
        #expect(
            Self.isFailed(header.result(of: Self.answer("", [("content-type", "hunter2")])), "contain"))
        #expect(Self.isFailed(header.result(of: Self.answer()), "no header Content-Type"))

        let body = Self.http { $0.body = .matches("version: 1\\.[0-9]+") }
        #expect(body.result(of: Self.answer("… version: 1.42 …")) == .passed)
        let other = body.result(of: Self.answer("version: hunter2"))
        #expect(Self.isFailed(other, "does not match") && !"\(other)".contains("hunter2"))
        let far = String(repeating: " ", count: HTTP.searchedBytes) + "version: 1.4"
        #expect(Self.isFailed(body.result(of: Self.answer(far)), "in its first"))

        let json = Self.http {
            $0.json = [
                .init(pointer: "/checks/1/a~1b", equals: "up"), .init(pointer: "/load", equals: .integer(1)),
            ]
        }
        #expect(json.result(of: Self.answer(#"{"checks":[0,{"a/b":"up"}],"load":1.0}"#)) == .passed)
        #expect(
            Self.isFailed(
                json.result(of: Self.answer(#"{"checks":[0,{"a/b":"hunter2"}],"load":1}"#)),
                "what is at /checks/1/a~1b is not \"up\""))
        #expect(Self.isFailed(json.result(of: Self.answer(#"{"checks":[0]}"#)), "nothing at"))
        #expect(Self.isFailed(json.result(of: Self.answer("<html>")), "no JSON"))

        let latency = Self.http { $0.latency = .milliseconds(500) }
        #expect(latency.result(of: CheckAnswer(status: 200, took: .milliseconds(500))) == .passed)
        #expect(Self.isFailed(latency.result(of: CheckAnswer(status: 200, took: .milliseconds(501))), "501 ms"))
    }

    // MARK: Prometheus

    private static func samples(_ values: String...) -> CheckAnswer {
        let items = values.map { #"{"metric":{"pod":"a"},"value":[1700000000.1,"\#($0)"]}"# }
        return answer(
            #"{"status":"success","data":{"resultType":"vector","result":[\#(items.joined(separator: ","))]}}"#)
    }

    private static let errors = Application.PrometheusCheck(
        address: .service("prometheus", port: "9090"), query: "rate(errors[5m])",
        bounds: [.init(.below, 0.01), .init(.atLeast, 0)])

    @Test("A query holds where all series keep all bounds")
    func bounds() {
        #expect(Self.errors.result(of: Self.samples("0.001", "0")) == .passed)
        #expect(Self.isFailed(Self.errors.result(of: Self.samples("0.001", "0.01")), "0.01 is not below 0.01"))
        #expect(Self.isFailed(Self.errors.result(of: Self.samples("-1")), "at least"))
        #expect(Self.isFailed(Self.errors.result(of: Self.samples("+Inf")), "below"))
        let scalar = Self.answer(#"{"status":"success","data":{"resultType":"scalar","result":[1.5,"0.5"]}}"#)
        #expect(Self.isFailed(Self.errors.result(of: scalar), "below"))
    }

    @Test("No series, NaN, an error and what is no answer are no data, and no failure")
    func noData() {
        #expect(Self.isInconclusive(Self.errors.result(of: Self.samples()), "no series"))
        #expect(Self.isInconclusive(Self.errors.result(of: Self.samples("0", "NaN")), "NaN"))
        let error = Self.answer(#"{"status":"error","errorType":"bad_data","error":"hunter2"}"#, status: 400)
        #expect(Self.isInconclusive(Self.errors.result(of: error), "400 (bad_data)"))
        #expect(Self.isInconclusive(Self.errors.result(of: Self.answer("<html>", status: 503)), "503"))
        for other in ["<html>", "{}", "[1]"] {
            #expect(Self.isInconclusive(Self.errors.result(of: Self.answer(other)), "what answers is not Prometheus"))
        }
        let matrix = Self.answer(#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#)
        #expect(Self.isInconclusive(Self.errors.result(of: matrix), "instant query"))
    }

    // MARK: From look to look

    private static func progress(
        times: Int = 1, within: Duration = .seconds(60), lasting: Duration = .zero
    ) -> CheckProgress {
        CheckProgress(
            Application.Check(
                .http(http()), within: within, times: times, lasting: lasting, place: "mainstay.yaml:7"), object: nil)
    }

    @Test("Good answers have to come in a row")
    func times() {
        var progress = Self.progress(times: 3)
        for result in [CheckResult.passed, .passed, .failed("503"), .passed, .passed] {
            #expect(progress.take(result, at: Self.start, spent: .seconds(1)) == .again)
        }
        #expect(progress.take(.passed, at: Self.start, spent: .seconds(1)) == .passed)
    }

    @Test("With `for`, answers have to be good for that long, and no data begins it anew")
    func lasting() {
        var progress = Self.progress(within: .seconds(60), lasting: .seconds(120))
        #expect(progress.take(.passed, at: Self.start, spent: .seconds(1)) == .again)
        #expect(progress.take(.inconclusive("NaN"), at: Self.start + .seconds(50), spent: .seconds(50)) == .again)
        #expect(progress.take(.passed, at: Self.start + .seconds(55), spent: .seconds(5)) == .again)
        // Begun in time, it may end.
        #expect(progress.take(.passed, at: Self.start + .seconds(174), spent: .seconds(119)) == .again)
        #expect(progress.take(.passed, at: Self.start + .seconds(175), spent: .seconds(1)) == .passed)
    }

    @Test("When the time is over, what was seen last decides: failed, or not known")
    func over() {
        for isKnown in [true, false] {
            var progress = Self.progress()
            let results: [CheckResult] = [.failed("503"), .inconclusive("no data")]
            #expect(progress.take(results[isKnown ? 1 : 0], at: Self.start, spent: .seconds(59)) == .again)
            let end = progress.take(results[isKnown ? 0 : 1], at: Self.start, spent: .seconds(1))
            if case .failed(let cause) = end {
                #expect(isKnown && cause.reason == "VerifyFailed" && cause.message.contains("within 1m"))
                #expect(cause.message.contains("mainstay.yaml:7"))
            } else if case .inconclusive(let cause) = end {
                #expect(!isKnown && cause.reason == "VerifyInconclusive" && cause.message.contains("no data"))
            } else {
                Issue.record("not over: \(end)")
            }
        }
    }

    @Test("What is the cluster's fault uses up no time")
    func clusterDown() {
        var progress = Self.progress()
        for minute in 0..<100 {
            let now = Self.start + .seconds(60 * minute)
            #expect(progress.take(.inconclusive("down"), at: now, spent: nil) == .again)
        }
        #expect(progress.cause?.reason == "VerifyInconclusive")
    }

    @Test("Long after `within`, a cluster that does not answer ends no check that went well so far")
    func blip() {
        var progress = Self.progress(within: .seconds(60), lasting: .seconds(300))
        #expect(progress.take(.passed, at: Self.start, spent: .seconds(1)) == .again)
        #expect(progress.take(.passed, at: Self.start + .seconds(180), spent: .seconds(180)) == .again)
        #expect(progress.take(.inconclusive("down"), at: Self.start + .seconds(185), spent: nil) == .again)
        #expect(progress.take(.inconclusive("down"), at: Self.start + .seconds(999), spent: nil) == .again)
        #expect(progress.take(.passed, at: Self.start + .seconds(1000), spent: .seconds(1)) == .again)
        #expect(progress.take(.passed, at: Self.start + .seconds(1299), spent: .seconds(299)) == .again)
        #expect(progress.take(.passed, at: Self.start + .seconds(1300), spent: .seconds(1)) == .passed)
    }

    @Test("Nor does data that is missing for a moment; data that stays away ends it, and so does what fails")
    func gap() {
        for (isKnown, end) in [(false, "VerifyInconclusive"), (true, "VerifyFailed")] {
            var progress = Self.progress(within: .seconds(60), lasting: .seconds(300))
            #expect(progress.take(.passed, at: Self.start, spent: .seconds(1)) == .again)
            #expect(progress.take(.passed, at: Self.start + .seconds(180), spent: .seconds(180)) == .again)
            #expect(progress.take(.inconclusive("503"), at: Self.start + .seconds(185), spent: .seconds(5)) == .again)
            #expect(progress.take(.inconclusive("503"), at: Self.start + .seconds(239), spent: .seconds(54)) == .again)
            let last: CheckResult = isKnown ? .failed("0.5") : .inconclusive("503")
            switch progress.take(last, at: Self.start + .seconds(250), spent: .seconds(11)) {
            case .failed(let cause), .inconclusive(let cause): #expect(cause.reason == end)
            case .again, .passed: Issue.record("not over")
            }
        }
    }

    @Test("Answers that come and go do not hold a check for ever")
    func flapping() {
        var progress = Self.progress(within: .seconds(60), lasting: .seconds(300))
        var now = Self.start
        for look in 0..<100 {
            now = now + .seconds(5)
            let result: CheckResult = look.isMultiple(of: 2) ? .passed : .inconclusive("503")
            if case .inconclusive = progress.take(result, at: now, spent: .seconds(5)) { return }
        }
        Issue.record("not over after \(now - Self.start)")
    }

    // MARK: Hosts

    @Test(
        "A host is allowed by its name, its domain or its port",
        arguments: [
            ("https://api.example.com/x", "api.example.com", true),
            ("https://API.example.com", "api.Example.com", true),
            ("https://api.example.com", "*.example.com", true), ("https://example.com", "*.example.com", false),
            ("https://badexample.com", "*.example.com", false), ("http://10.0.0.7:9090/", "10.0.0.7:9090", true),
            ("http://10.0.0.7/", "10.0.0.7:9090", false), ("https://a.example.com:443", "*.example.com:443", true),
            ("http://[::1]:80/", "[::1]", true), ("https://api.example.com.evil.org", "api.example.com", false),
            ("https://evil.org?.example.com", "*.example.com", false),
        ])
    func hosts(url: String, pattern: String, fits: Bool) throws {
        #expect(try #require(CheckHost(url: url)).fits(pattern) == fits)
    }

    @Test(
        "What readers of URLs may read differently is no URL",
        arguments: [
            "https://api.example.com@evil.org/", "https://api.example.com\\@evil.org", "ftp://a/", "https://",
            "https://a:b/", "https://a:0/", "https://a b/", "file:///etc/passwd", "https://ex%61mple.com/",
        ])
    func odd(url: String) { #expect(CheckHost(url: url) == nil) }
}
