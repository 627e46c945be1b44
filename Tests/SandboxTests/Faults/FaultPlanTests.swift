// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("FaultPlan")
struct FaultPlanTests {
    static let patch = FaultRequest(
        method: "PATCH", verbs: ["patch"], path: "/apis/apps/v1/namespaces/shop/deployments/web-api",
        resource: FaultRequest.Resource(
            group: "apps", kind: "Deployment", plural: "deployments", subresource: "", namespace: "shop",
            name: "web-api"),
        labels: ["app": "web"], userAgent: "kubectl/v1.37.0", dryRun: false)
    static let version = FaultRequest(
        method: "GET", verbs: ["get"], path: "/version", userAgent: "curl/8", dryRun: false)

    @Test(
        "A match holds when all that it states does",
        arguments: [
            (FaultMatch(), true), (FaultMatch(method: ["PATCH"]), true), (FaultMatch(method: ["GET"]), false),
            (FaultMatch(verb: ["create", "patch"]), true), (FaultMatch(verb: ["create"]), false),
            (FaultMatch(group: ["apps"], kind: ["Deployment"], resource: ["deployments"]), true),
            (FaultMatch(group: [""]), false), (FaultMatch(kind: ["Pod"]), false),
            (FaultMatch(resource: ["pods"]), false), (FaultMatch(subresource: [""]), true),
            (FaultMatch(subresource: ["status"]), false), (FaultMatch(namespace: ["sh*"], name: ["*-api"]), true),
            (FaultMatch(namespace: ["default"]), false), (FaultMatch(name: ["web"]), false),
            (FaultMatch(path: ["/apis/apps/*"]), true), (FaultMatch(path: ["/api/*"]), false),
            (FaultMatch(userAgent: ["kubectl/*"]), true), (FaultMatch(userAgent: ["mainstay/*"]), false),
            (FaultMatch(labels: "app=web,tier!=test"), true), (FaultMatch(labels: "app=db"), false),
            (FaultMatch(dryRun: false), true), (FaultMatch(dryRun: true), false),
        ])
    func match(match: FaultMatch, holds: Bool) {
        #expect(match.matches(Self.patch) == holds)
    }

    @Test("What is about no resource matches no pattern for one")
    func nonResource() {
        #expect(FaultMatch(path: ["/version"]).matches(Self.version))
        #expect(!FaultMatch(namespace: ["*"]).matches(Self.version))
        #expect(!FaultMatch(labels: "!app").matches(Self.version))
    }

    @Test("A fault strikes as many times as it says")
    func times() throws {
        var plan = FaultPlan(seed: 1)
        let id = try plan.add(FaultRule(.reset(.before), times: 2)).id
        #expect((0..<4).map { _ in plan.decide(Self.patch).end != nil } == [true, true, false, false])
        #expect(plan.entry(id)?.struck == 2)
    }

    /// Which of a hundred requests are struck.
    private func strikes(seed: UInt64, before others: Int = 0) throws -> [Bool] {
        var plan = FaultPlan(seed: seed)
        _ = try plan.add(FaultRule(.reset(.before), probability: 0.3))
        for _ in 0..<others { _ = try plan.add(FaultRule(.latency(.zero ... .seconds(1)))) }
        return (0..<100).map { _ in plan.decide(Self.patch).end != nil }
    }

    @Test("The same seed strikes the same requests, and another seed others")
    func seed() throws {
        let first = try strikes(seed: 7)
        #expect(try strikes(seed: 7) == first)
        #expect(try strikes(seed: 8) != first)
        #expect((15...45).contains(first.count(where: \.self)))
        var again = FaultPlan(seed: 1)
        _ = try again.add(FaultRule(.reset(.before), probability: 0.3))
        _ = again.decide(Self.patch)
        again.seed = 7
        #expect((0..<100).map { _ in again.decide(Self.patch).end != nil } == first)
    }

    @Test("What one fault draws does not shift what another gets")
    func independence() throws {
        #expect(try strikes(seed: 7, before: 3) == strikes(seed: 7))
    }

    @Test("Faults add up in their order, to the first that answers")
    func order() throws {
        var plan = FaultPlan(seed: 1)
        _ = try plan.add(FaultRule(.latency(.seconds(1) ... .seconds(1))))
        _ = try plan.add(FaultRule(.latency(.seconds(2) ... .seconds(3))))
        _ = try plan.add(FaultRule(.error(FaultError(503), .before), match: FaultMatch(verb: ["patch"])))
        let last = try plan.add(FaultRule(.latency(.seconds(9) ... .seconds(9)))).id
        let decision = plan.decide(Self.patch)
        #expect(decision.end == .error(FaultError(503), .before))
        #expect((Duration.seconds(3)...Duration.seconds(4)).contains(decision.delay))
        #expect(plan.entry(last)?.struck == 0)
        #expect(plan.decide(Self.version).delay > .seconds(11))
    }

    @Test("Ids are unique, and there is a most of faults")
    func limits() throws {
        var plan = FaultPlan(seed: 1)
        _ = try plan.add(FaultRule(.reset(.before), id: "a"))
        #expect(throws: FaultRefusal.self) { try plan.add(FaultRule(.reset(.after), id: "a")) }
        for _ in 1..<FaultPlan.ruleLimit { _ = try plan.add(FaultRule(.reset(.before))) }
        #expect(throws: FaultRefusal.self) { try plan.add(FaultRule(.reset(.before))) }
    }
}
