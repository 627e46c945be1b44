// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport
import Testing

@Suite("The ledger comes first")
struct StoreScenarioTests {
    @Test("While the ledger fails nothing is changed in the cluster; then the daemon goes on")
    func fails() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            let mutations = world.cluster.mutations.count
            world.store.setFailing(true)
            world.source.push("two", Planet.api("2"))
            try await world.pass(.seconds(1800))
            #expect(world.cluster.mutations.count == mutations)
            world.store.setFailing(false)
            try await world.until("two", within: .seconds(180)) { world.status(Planet.api)?.revision == "two" }
            #expect(world.phase(Planet.api) == .succeeded)
            #expect(world.status(Planet.api)?.cause == nil)
        }
    }

    enum Write: String, CaseIterable { case revision, began, phase, intents, outcomes, verdict, inventory }

    @Test("Any write may fail a few times: the end is the same", arguments: Write.allCases)
    func everyWrite(write: Write) throws {
        let counter = Counter()
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.store.refuse { entry in entry.write == write && counter.next() <= 2 }
            world.source.push("two", Planet.api("bad", [Planet.configMap("extra")]))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            try await world.pass(.seconds(600))
            #expect(counter.value > 2)
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            #expect(world.cluster.desiredState.count == 2)
            #expect(world.store.inventory(of: Planet.api).count == 2)
            #expect(world.store.quarantines(of: Planet.api).count == 1)
            #expect(
                world.store.rollouts(of: Planet.api).count { $0.verdict != nil && $0.start.trigger == .rollback } == 1)
        }
    }

    @Test("Every change of the cluster was announced in the ledger before, and its object was in the inventory")
    func intentsFirst() throws {
        try World.run { world in
            world.cluster.refuse { [world] call in
                guard call.verb == .apply || call.verb == .delete, let object = call.object else { return nil }
                let (isAnnounced, isKnown) = world.store.state.withLock { state in
                    let intents = state.journal.flatMap { entry in
                        if case .intents(let intents, _) = entry { intents } else { [Intent]() }
                    }
                    return (
                        intents.contains { $0.object == object && ($0.action == .prune) == (call.verb == .delete) },
                        state.inventories.values.contains { $0[object] != nil }
                    )
                }
                #expect(isAnnounced && isKnown, "\(call)")
                return nil
            }
            try await world.begin(with: Planet.api("1", [Planet.configMap("old")]), untilWell: Planet.api)
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            world.source.push("three", Planet.api("bad", [Planet.configMap("new")]))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.cluster.mutations.count >= 8)
        }
    }

    @Test("An intent that was carried out has an outcome, and no rollout stays open")
    func outcomes() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", [Planet.configMap("old")]), untilWell: Planet.api)
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            let (intents, outcomes) = world.store.state.withLock { state in
                state.journal.reduce(into: (0, 0)) { counts, entry in
                    if case .intents(let intents, _) = entry { counts.0 += intents.count }
                    if case .outcomes(let outcomes) = entry { counts.1 += outcomes.count }
                }
            }
            #expect(intents == outcomes)
            #expect(world.store.rollouts.allSatisfy { $0.past.phase.isFinal })
        }
    }
}

extension MemoryStore.Entry {
    fileprivate var write: StoreScenarioTests.Write? {
        switch self {
        case .revision: .revision
        case .began: .began
        case .phase: .phase
        case .intents: .intents
        case .outcomes: .outcomes
        case .verdict: .verdict
        case .inventory: .inventory
        default: nil
        }
    }
}
