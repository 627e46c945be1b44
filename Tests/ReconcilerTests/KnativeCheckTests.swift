// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Synchronization
import Testing
import VirtualTime

@testable import Reconciler

@Suite("Checks of Knative Services, and those that come later")
struct KnativeCheckTests {
    private static let check = Application.Check(
        .http(.init(address: .knative("shop"), path: "/health")), within: .seconds(30), place: "mainstay.yaml:9")

    private static func service(_ url: String) -> Object {
        [
            "apiVersion": "serving.knative.dev/v1", "kind": "Service",
            "metadata": ["name": "shop", "namespace": "staging"], "status": ["url": .string(url)],
        ]
    }

    @Test(
        "One that is nowhere, and one at a host that the operator does not allow, block before anything is applied",
        arguments: [nil, "http://shop.staging.example.org"])
    func blocked(url: String?) throws {
        try World.run(allow: AllowRules(checks: ["*.example.com"])) { world in
            if let url { world.cluster.put(Self.service(url)) }
            world.source.push("one", Planet.api("1") { $0.verify = [Self.check] })
            world.start()
            let reason = url == nil ? "CheckServiceMissing" : "CheckNotAllowed"
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == reason }
            #expect(world.cluster.mutations.isEmpty)
            world.cluster.put(Self.service("http://shop.staging.example.com"))
            // Nobody answers here, which is not known to be its fault.
            try await world.until("asked") { world.status(Planet.api)?.cause?.reason == CheckProgress.inconclusive }
            #expect(world.status(Planet.api)?.cause?.object?.group == "serving.knative.dev")
        }
    }

    @Test(
        "One that is asked as another host needs that one to be allowed, known beforehand or not",
        arguments: [true, false])
    func asAnotherHost(isKnown: Bool) throws {
        try World.run(allow: AllowRules(checks: ["*.example.com"])) { world in
            let send = [Application.SentHeader(name: "Host", value: "admin.example.org")]
            let check = Application.Check(
                .http(.init(address: .knative("shop"), path: "/health", send: send)), within: .seconds(30),
                place: "mainstay.yaml:9")
            let url = "http://shop.staging.example.com"
            if isKnown { world.cluster.put(Self.service(url)) } else { world.cluster.put(Self.service("")) }
            world.source.push("one", Planet.api("1") { $0.verify = [check] })
            world.start()
            if !isKnown {
                try await world.until("it is asked") { world.phase(Planet.api) == .verifying }
                world.cluster.put(Self.service(url))
            }
            let reason = isKnown ? "CheckNotAllowed" : CheckProgress.inconclusive
            try await world.until("it is not asked", within: .seconds(30)) {
                world.status(Planet.api)?.cause?.reason == reason
                    && world.status(Planet.api)?.cause?.message.contains("admin.example.org, which is not among")
                        == true
            }
        }
    }

    @Test("One whose status names no URL, or none of http, has not passed yet", arguments: ["", "ftp://shop"])
    func noURL(url: String) throws {
        try World.run(allow: AllowRules(checks: ["*.example.com"])) { world in
            world.cluster.put(Self.service(url))
            world.source.push("one", Planet.api("1") { $0.verify = [Self.check] })
            world.start()
            try await world.until("it fails") { world.status(Planet.api)?.cause?.reason == CheckProgress.failed }
            #expect(world.status(Planet.api)?.cause?.message.contains("has no URL yet") == true)
        }
    }

    @Test("A check that comes later is asked that long after all was healthy, says when, and not before")
    func later() throws {
        try World.run { world in
            var check = Application.Check(http: .init(service: "prometheus", port: "80", path: "/"))
            check.after = .seconds(30)
            let checks = [check]
            world.source.push("one", Planet.api("1", [Planet.service("prometheus")]) { $0.verify = checks })
            world.start()
            try await world.until("it waits") { world.status(Planet.api)?.cause?.reason == CheckProgress.waiting }
            let begun = world.time.now
            #expect(world.status(Planet.api)?.message.contains("is asked at") == true)
            try await world.pass(.seconds(25))
            #expect(world.phase(Planet.api) == .verifying)
            #expect(!world.cluster.calls.contains { $0.verb == .probe })
            try await world.untilWell(Planet.api)
            #expect(world.cluster.calls.contains { $0.verb == .probe })
            #expect(world.time.now - begun < .seconds(35))
        }
    }

    /// Answers 200, and remembers what it was asked.
    private final class RecordingProbe: CheckProbe {
        let asked = Mutex<[(url: String, headers: [Application.SentHeader])]>([])

        func get(
            _ url: String, sending headers: [Application.SentHeader], isQuery: Bool
        ) async throws(ProbeFailure) -> CheckAnswer {
            asked.withLock { $0.append((url, headers)) }
            return CheckAnswer(status: 200, body: [])
        }

        func connect(host: String, port: Int) async throws(ProbeFailure) {}
    }

    private static let header = Application.SentHeader(name: "X-Env", value: "{environment}")

    @Test("At its own URL, with or without a slash, and at one that is stated, is sent what the check says")
    func sent() throws {
        let probe = RecordingProbe()
        try World.run(allow: AllowRules(checks: ["*.example.com"]), checks: probe) { world in
            world.cluster.put(Self.service("http://shop.staging.example.com/"))
            let checks = [
                Application.Check(
                    .http(.init(address: .knative("shop"), path: "/health", send: [Self.header]))),
                Application.Check(
                    .http(.init(address: .direct("https://a.example.com/b"), path: "/", send: [Self.header]))),
            ]
            world.source.push("one", Planet.api("1") { $0.verify = checks })
            world.start()
            try await world.untilWell(Planet.api)
        }
        let asked = probe.asked.withLock { $0 }
        #expect(asked.map(\.url) == ["http://shop.staging.example.com/health", "https://a.example.com/b"])
        let sent = Application.SentHeader(name: "X-Env", value: "staging")
        #expect(asked.allSatisfy { $0.headers == [sent] })
    }

    @Test("A URL that comes with the rollout is asked only where the operator allows it")
    func lateURL() throws {
        let probe = RecordingProbe()
        try World.run(allow: AllowRules(checks: ["*.example.com"]), checks: probe) { world in
            world.cluster.put(Self.service(""))
            world.source.push("one", Planet.api("1") { $0.verify = [Self.check] })
            world.start()
            try await world.until("asked") { world.status(Planet.api)?.message.contains("has no URL yet") == true }
            world.cluster.put(Self.service("http://shop.staging.example.org"))
            try await world.until("refused") {
                world.status(Planet.api)?.message.contains(
                    "it is at shop.staging.example.org, which is not among allow.checks") == true
            }
        }
        let count = probe.asked.withLock(\.count)
        #expect(count == 0)
    }

    @Test("A service is asked at its own URL where it is Knative's, and nobody else's")
    func converted() {
        func address(_ groups: [String]) -> Application.CheckAddress? {
            let manifests = groups.map { group in
                Manifest(
                    object: [
                        "apiVersion": .string(group.isEmpty ? "v1" : "\(group)/v1"), "kind": "Service",
                        "metadata": ["name": "shop", "namespace": "staging"],
                    ], origin: Origin(file: "a.yaml"))
            }
            let check = Application.Check(http: .init(service: "shop", port: "80", path: "/"))
            return check.asked(in: "staging", namespace: "staging", manifests).address
        }
        #expect(address(["serving.knative.dev"]) == .knative("shop"))
        #expect(address(["serving.knative.dev", ""]) == .service("shop", port: "80"))
        #expect(address([]) == .service("shop", port: "80"))
    }
}
