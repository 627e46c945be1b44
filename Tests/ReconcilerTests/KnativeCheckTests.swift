// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing
import VirtualTime

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
}
