// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import Testing

@Suite("The reconciler, over an application of many objects")
struct ManyObjectsScenarioTests {
    private static let many = (100..<420).map { Planet.configMap("settings-\($0)") }

    @Test("While far more waits to be sent than is under way, what was answered is taken in together")
    func together() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", Self.many), untilWell: Planet.api)
            #expect(world.store.inventory(of: Planet.api).count == Self.many.count + 2)
            let writes = world.store.state.withLock { state in
                state.journal.count { if case .outcomes = $0 { true } else { false } }
            }
            // 16 requests are answered at a time, 21 times.
            #expect(writes < 18)
        }
    }

    @Test("A refusal among many requests keeps the rest of them from being sent, at once")
    func refusal() throws {
        try World.run { world in
            world.cluster.refuse { call in
                guard call.verb == .apply, call.object?.name == "settings-120" else { return nil }
                return ClusterFailure(code: .admissionDenied, message: "not this one")
            }
            world.source.push("one", Planet.api("1", Self.many))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            #expect(world.cluster.calls.count { $0.verb == .apply } < 56)
        }
    }
}
