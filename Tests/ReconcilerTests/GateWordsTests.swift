// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What people's words at a gate are for")
struct GateWordsTests {
    private typealias Gates = GateScenarioTests

    private static func request(_ person: String = "linus", list: String? = nil) -> GateRequest {
        GateRequest(application: "api", environment: "production", person: person, list: list)
    }

    @Test("A phrase typed below a list is for what was listed, and for nothing that came meanwhile")
    func listed() throws {
        try World.run { world in
            world.source.push("one", Gates.commit("1", Gates.confirm))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.confirmation] }
            let phrase = "deploy-to-production"
            let listed = try await world.ask(.promote(Self.request(), phrase: nil))
            let list = try #require(listed.list)
            #expect(listed.message.contains("--list \(list) --confirm"))
            world.source.push("two", Gates.commit("2", Gates.confirm))
            try await world.until("another") { world.status(Gates.production)?.message.hasPrefix("two") == true }
            #expect(
                try await world.refusal(of: .promote(Self.request(list: list), phrase: phrase)) == "AnotherRevision")
            try await world.pass(.seconds(300))
            #expect(Gates.images(world) == [])
            let again = try await world.ask(.promote(Self.request(), phrase: nil)).list
            #expect(again != list)
            try await world.ask(.promote(Self.request(list: again), phrase: phrase))
            try await world.untilWell(Gates.production)
            #expect(Gates.images(world) == ["registry.example.com/api:2"])
        }
    }

    @Test("The words of a destruction are for the objects that were listed, not for as many others")
    func destroyOthers() throws {
        try World.run { world in
            let scope = Suspension.Scope(application: "api", environment: "staging")
            let api = Planet.application("api")
            world.source.push("one", Planet.commit([(api, [Planet.configMap("a"), Planet.configMap("b")])]))
            world.start()
            try await world.untilWell(Planet.api)
            let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            world.source.push("two", Planet.commit([(api, [Planet.configMap("a"), Planet.configMap("c")])]))
            try await world.until("two") {
                world.store.inventory(of: Planet.api).map(\.object.name) == ["a", "c"]
                    && world.phase(Planet.api) == .succeeded
            }
            #expect(try await world.refusal(of: .destroy(scope, phrase: listed.code, reason: nil)) == "WrongPhrase")
            let again = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(scope, phrase: again.code, reason: nil))
            try await world.until("gone") { world.store.inventory(of: Planet.api).isEmpty }
        }
    }
}
