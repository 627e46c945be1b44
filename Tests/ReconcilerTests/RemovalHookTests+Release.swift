// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@testable import Reconciler

/// A person goes on without a hook.
extension RemovalHookTests {
    private static func notes(_ world: World) -> [String] {
        world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
    }

    private static let busy = ClusterFailure(code: .serverError, message: "busy")

    private static func isDeletion(_ call: FakeCluster.Call) -> Bool {
        call.verb == .delete && call.object == Planet.apiDeployment
    }

    @Test(
        "A person goes on without a hook that has failed, over a restart, and without the next one by another word"
    )
    func release() throws {
        try World.run { world in
            let hooks = [
                Self.job("backup", "PreDelete", tag: "fail1"), Self.job("farewell", "PostDelete", tag: "fail1"),
            ]
            try await world.begin(with: Self.with(hooks), untilWell: Planet.api)
            #expect(try await world.refusal(of: .release(Planet.api, nil)) == "NothingToRelease")
            world.source.push("two", Self.without)
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "HookFailed" }
            #expect(world.status(Planet.api)?.cause?.message.contains("mainstay release api -e staging") == true)
            await world.restart()
            try await world.until("blocked again") { world.status(Planet.api)?.cause?.reason == "HookFailed" }
            #expect(world.cluster.object(Planet.apiDeployment) != nil)
            try await world.ask(.release(Planet.api, nil))
            try await world.until("gone") { world.cluster.object(Planet.apiDeployment) == nil }
            // The one after it is another.
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "HookFailed" }
            try await world.ask(.release(Planet.api, nil))
            try await world.until("done") { world.status(Planet.api) == nil }
            let notes = world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
            #expect(notes.filter { $0.contains("did not succeed, and a person went on without it") }.count == 2)
        }
    }

    @Test(
        "A hook that runs is waited for, also while it cannot be looked at",
        arguments: [ClusterFailure.Code.unavailable, .forbidden])
    func runs(code: ClusterFailure.Code) throws {
        try World.run { world in
            let hooks = [Self.job("backup", "PreDelete", tag: "long1")]
            try await world.begin(with: Self.with(hooks), untilWell: Planet.api)
            world.source.push("two", Self.without)
            try await world.until("it runs") { world.status(Planet.api)?.cause?.reason == RemovalHooks.running }
            #expect(try await world.refusal(of: .release(Planet.api, nil)) == RemovalHooks.running)
            world.cluster.refuse { call in
                call.verb == .get && call.object?.kind == "Job" ? ClusterFailure(code: code, message: "not now") : nil
            }
            try await world.until("it cannot be looked at") { world.status(Planet.api)?.cause?.reason == code.rawValue }
            #expect(try await world.refusal(of: .release(Planet.api, nil)) == "NothingToRelease")
            world.cluster.refuseNothing()
            try await world.pass(.seconds(10))
            #expect(world.cluster.object(Planet.apiDeployment) != nil)
            try await world.until("gone") { world.status(Planet.api) == nil }
            #expect(Self.notes(world).contains { $0.contains("backup-") && $0.contains("was run") })
        }
    }

    @Test("A word is of what has failed: at another removal of the same it is run again, and passed over once it fails")
    func onceMore() throws {
        try World.run { world in
            let hooks = [Self.job("backup", "PreDelete", tag: "fail1")]
            let manual: (inout Application) -> Void = { $0.rollback = .manual }
            try await world.begin(with: Self.with(hooks, manual), untilWell: Planet.api)
            world.source.push("two", Self.without)
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "HookFailed" }
            world.cluster.refuse { Self.isDeletion($0) ? Self.busy : nil }
            let answer = try await world.ask(.release(Planet.api, nil))
            #expect(answer.message.contains("goes on without its hook Job staging/backup-"), "\(answer.message)")
            try await world.until("is to go") { world.cluster.calls.contains(where: Self.isDeletion) }
            // It is back before it is gone, but not well: the hooks are still those of before.
            world.source.push("three", Self.with(hooks, tag: "bad", manual))
            try await world.until("fails") { !world.store.quarantines(of: Planet.api).isEmpty }
            world.cluster.refuseNothing()
            let before = story(world).count
            world.source.push("four", Self.without)
            try await world.until("gone") { world.status(Planet.api) == nil }
            let after = story(world).dropFirst(before)
            #expect(Array(after.prefix(2)) == ["delete backup", "apply backup"], "\(after)")
            #expect(after.contains("delete api"))
            #expect(Self.notes(world).contains { $0.contains("did not succeed, and a person went on without it") })
        }
    }

    @Test(
        "What is refused for a moment is no failed hook, what is refused for good is; and nothing is begun in the middle"
    )
    func refused() throws {
        try World.run { world in
            try await world.begin(with: Self.with([Self.job("backup", "PreDelete")]), untilWell: Planet.api)
            @Sendable func refuse(_ code: ClusterFailure.Code) {
                world.cluster.refuseNothing()
                world.cluster.refuse { call in
                    if call.verb == .apply, call.object?.kind == "Job" {
                        return ClusterFailure(code: code, message: "no")
                    }
                    return Self.isDeletion(call) ? Self.busy : nil
                }
            }
            refuse(.webhookFailed)
            world.source.push("two", Self.without)
            try await world.until("refused for a moment") {
                world.status(Planet.api)?.cause?.reason == ClusterFailure.Code.webhookFailed.rawValue
            }
            #expect(try await world.refusal(of: .release(Planet.api, nil)) == "NothingToRelease")
            refuse(.admissionDenied)
            try await world.until("refused for good") {
                world.status(Planet.api)?.cause?.reason == ClusterFailure.Code.admissionDenied.rawValue
            }
            #expect(world.cluster.object(Planet.apiDeployment) != nil)
            try await world.ask(.release(Planet.api, nil))
            try await world.until("is to go") { world.cluster.calls.contains(where: Self.isDeletion) }
            // By now it could be made.
            world.cluster.refuseNothing()
            world.cluster.refuse { Self.isDeletion($0) ? Self.busy : nil }
            try await world.pass(.seconds(600))
            #expect(jobs(world).isEmpty)
            world.cluster.refuseNothing()
            try await world.until("gone") { world.status(Planet.api) == nil }
            #expect(Self.notes(world).contains { $0.contains("did not succeed, and a person went on without it") })
        }
    }
}
