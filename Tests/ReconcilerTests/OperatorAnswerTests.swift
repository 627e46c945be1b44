// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What people are answered")
struct OperatorAnswerTests {
    private typealias Gates = GateScenarioTests

    @Test("A release says what it waits for where a gate is closed, and that it is rolled out where none is")
    func release() throws {
        try World.run { world in
            world.source.push("one", Gates.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Gates.production)
            world.source.push("two", Gates.commit("bad", staging: "1") { _ in })
            try await world.until("back") { world.phase(Gates.production) == .rolledBack }
            let frozen = Suspension.Scope(environment: "production")
            try await world.ask(.freeze(frozen, until: nil, reason: "holidays"))
            let waits = try await world.ask(.release(Gates.production, nil)).message
            let asked = "released two of api in production: it is what git asks for"
            #expect(waits.hasPrefix("\(asked); nothing is applied yet: it waits for"), "\(waits)")
            #expect(waits.contains("holidays"), "\(waits)")
            try await world.pass(.seconds(60))
            #expect(world.store.rollouts(of: Gates.production).count == 3, "nothing begins")
            try await world.ask(.thaw(frozen))
            try await world.until("again") { world.store.rollouts(of: Gates.production).count == 5 }
            try await world.until("back again") { world.phase(Gates.production) == .rolledBack }
            let begins = try await world.ask(.release(Gates.production, nil)).message
            #expect(begins == "\(asked), and is rolled out now")
            try await world.until("tried") { world.store.rollouts(of: Gates.production).count == 6 }
        }
    }

    @Test("An approval names the commit that the status names, though another asked for the same before")
    func approval() throws {
        try World.run { world in
            world.source.push("first", Gates.commit("1") { $0.approvals = .init(count: 2) })
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.approval] }
            world.source.push("second", Gates.commit("1") { $0.approvals = .init(count: 2) })
            try await world.pass(.seconds(60))
            await world.restart()
            try await world.until("waits") { Gates.reasons(world) == [.approval] }
            #expect(world.status(Gates.production)?.message.hasPrefix("second waits since") == true)
            let answer = try await world.ask(.approve(Gates.request("grace")))
            #expect(answer.items == ["second of api in production, 1 of 2"])
            // Whoever has the older one in mind means the same.
            let older = try await world.ask(.approve(Gates.request("linus", revision: "first")))
            #expect(older.items == ["second of api in production, 2 of 2"])
        }
    }
}
