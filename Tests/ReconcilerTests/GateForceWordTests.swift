// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What becomes of a go that was forced")
struct GateForceWordTests {
    private typealias Gates = GateScenarioTests
    private static let force = OperatorAction.force(
        GateRequest(application: "api", environment: "production", person: "linus", reason: "checkout is down"),
        phrase: nil)

    private static func notes(_ world: World) -> [String] {
        world.store.rollouts(of: Gates.production).last?.past.verdict?.notes ?? []
    }

    @Test("What opened by itself, since who forced it may not by now, was not forced")
    func leftGroup() throws {
        try World.run(people: Gates.people) { world in
            func commit(_ group: String) -> FakeSource.Commit {
                Gates.commit("1") { environment in
                    environment.approvals = .init(count: 1, groups: [group])
                    // The clock of these tests begins at 2027-01-15T08:00:00Z.
                    environment.windows =
                        CronSchedule("0 12 * * *").map {
                            [.init(kind: .allow, schedule: $0, duration: .seconds(3600), timeZone: "UTC")]
                        } ?? []
                }
            }
            world.source.push("one", commit("developers"))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.approval, .window] }
            try await world.ask(Self.force)
            try await world.until("forced") { Gates.reasons(world) == [.approval] }
            world.source.push("two", commit("leads"))
            try await world.until("no longer") { Gates.reasons(world) == [.approval, .window] }
            try await world.ask(.approve(Gates.request("grace")))
            try await world.until("runs", within: .seconds(86_400)) { world.phase(Gates.production) == .succeeded }
            #expect(Self.notes(world) == [])
        }
    }

    @Test("Where approvals by a clock that was ahead are over, what else was said is kept, or nothing is over yet")
    func keptAtOnce() throws {
        try World.run { world in
            let day = Duration.seconds(86_400)
            world.source.push("one", Gates.commit("1") { $0.approvals = .init(count: 2, expires: .seconds(3600)) })
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.approval] }
            try await world.ask(
                .freeze(Suspension.Scope(environment: "production"), until: nil, reason: "holidays"))
            try await world.until("frozen") { Gates.reasons(world) == [.frozen, .approval] }
            try await world.ask(Self.force)
            try await world.ask(.approve(Gates.request("grace")))
            world.setClock(by: day)
            try await world.ask(.approve(Gates.request("linus")))
            // The daemon ends as soon as it has written that it waits anew.
            world.store.refuse { entry in if case .word = entry { true } else { false } }
            world.setClock(by: .zero - day)
            try await world.pass(.seconds(120))
            await world.stop()
            world.store.refuse(nil)
            world.start()
            try await world.until("waits for one more") {
                Gates.reasons(world) == [.approval]
                    && world.status(Gates.production)?.message.contains("so far grace") == true
            }
            try await world.ask(.approve(Gates.request("linus")))
            try await world.untilWell(Gates.production)
            #expect(Self.notes(world).first?.hasPrefix("forced past the freeze") == true)
        }
    }
}
