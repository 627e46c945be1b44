// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("The time that a check has")
struct CheckTimeScenarioTests {
    private static let smoke = Application.Check(
        http: .init(service: "api", port: "80", path: "/"), within: .seconds(60))

    private static func probes(_ world: World) -> Int { world.cluster.calls.count { $0.verb == .probe } }

    @Test("Each check has its time for itself")
    func each() throws {
        try World.run { world in
            for service in ["api", "prometheus"] { world.cluster.setProbe(service, status: 404) }
            let other = Application.Check(
                http: .init(service: "prometheus", port: "80", path: "/"), within: .seconds(60))
            world.source.push(
                "one", Planet.api("1", [Planet.service("prometheus")]) { $0.verify = [Self.smoke, other] })
            world.start()
            try await world.until("verifying") { world.phase(Planet.api) == .verifying }
            try await world.pass(.seconds(50))
            world.cluster.setProbe("api", status: 200)
            try await world.pass(.seconds(40))
            #expect(world.phase(Planet.api) == .verifying)
            world.cluster.setProbe("prometheus", status: 200)
            try await world.untilWell(Planet.api)
        }
    }

    @Test("One that comes later, and was asked already, is not put off once more by a restart")
    func laterOverRestart() throws {
        try World.run { world in
            var check = Self.smoke
            check.after = .seconds(30)
            let checks = [check]
            world.cluster.setProbe("api", status: 404)
            world.source.push("one", Planet.api("1") { $0.verify = checks })
            world.start()
            try await world.until("asked") { Self.probes(world) > 0 }
            await world.restart()
            let asked = Self.probes(world)
            try await world.until("asked again", within: .seconds(20)) { Self.probes(world) > asked }
        }
    }
}
