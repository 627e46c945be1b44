// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import Testing

@Suite("A rollback that a person asks for")
struct PersonRollbackScenarioTests {
    private static func image(_ tag: String) -> String { "registry.example.com/api:\(tag)" }

    /// Three healthy revisions, one after the other.
    private static func threeRevisions(_ world: World) async throws {
        for (commit, tag) in [("one", "1"), ("two", "2"), ("three", "3")] {
            world.source.push(commit, Planet.api(tag))
            if commit == "one" { world.start() }
            try await world.until(commit) {
                world.status(Planet.api)?.revision == commit && world.phase(Planet.api) == .succeeded
            }
        }
    }

    @Test("It goes back to what was healthy before, stays there, says who and why, and survives a restart")
    func holds() throws {
        try World.run { world in
            try await Self.threeRevisions(world)
            let answer = try await world.ask(.rollBack(Planet.api, to: nil, reason: "three is slow"))
            #expect(answer.message.contains("back to two"))
            #expect(answer.message.contains("mainstay release api -e staging"))
            try await world.until("back at two") { world.phase(Planet.api) == .rolledBack }
            try await world.pass(.seconds(3600))
            await world.restart()
            try await world.pass(.seconds(600))
            #expect(world.cluster.image(of: Planet.apiDeployment) == Self.image("2"))
            #expect(world.store.rollouts(of: Planet.api).count == 4, "once")
            let status = try #require(world.status(Planet.api))
            #expect(status.message == "holding at two because ada rolled back: three is slow; git asks for three")
            #expect(status.hold?.actor == "ada")
            #expect(status.revision == "two")
            #expect(status.health == .healthy)
        }
    }

    @Test("A commit that changes nothing keeps it; one that does ends it, for good")
    func endsWithAnotherDigest() throws {
        try World.run { world in
            try await Self.threeRevisions(world)
            try await world.ask(.rollBack(Planet.api, to: "one", reason: nil))
            try await world.until("back at one") { world.phase(Planet.api) == .rolledBack }
            world.source.push("again", Planet.api("3"))
            try await world.pass(.seconds(120))
            #expect(world.cluster.image(of: Planet.apiDeployment) == Self.image("1"))
            world.source.push("four", Planet.api("4"))
            try await world.until("four") { world.status(Planet.api)?.revision == "four" }
            #expect(world.status(Planet.api)?.hold == nil)
            // What the person rolled away from is asked for anew.
            world.source.push("revert", Planet.api("3"))
            try await world.until("revert") { world.status(Planet.api)?.revision == "revert" }
            #expect(world.cluster.image(of: Planet.apiDeployment) == Self.image("3"))
            #expect(world.store.rollouts(of: Planet.api).last?.start.trigger == .revision, "a commit of its own")
        }
    }

    @Test("Letting go brings what git asks for")
    func release() throws {
        try World.run { world in
            try await Self.threeRevisions(world)
            try await world.ask(.rollBack(Planet.api, to: nil, reason: nil))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            try await world.ask(.release(Planet.api, nil))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(world.cluster.image(of: Planet.apiDeployment) == Self.image("3"))
            #expect(world.status(Planet.api)?.hold == nil)
            let triggers = world.store.rollouts(of: Planet.api).map(\.start.trigger)
            #expect(triggers == [.revision, .revision, .revision, .rollback, .resume], "it brings nothing new")
            #expect(try await world.refusal(of: .release(Planet.api, nil)) == "NothingToRelease")
        }
    }

    @Test("It ends a rollout that is under way, which is not tried again")
    func duringARollout() throws {
        try World.run { world in
            try await Self.threeRevisions(world)
            world.source.push("four", Planet.api("slow"))
            try await world.until("four is under way") { world.phase(Planet.api) == .progressing }
            try await world.ask(.rollBack(Planet.api, to: nil, reason: nil))
            try await world.until("back at three") { world.phase(Planet.api) == .rolledBack }
            try await world.pass(.seconds(3600))
            #expect(world.cluster.image(of: Planet.apiDeployment) == Self.image("3"))
            #expect(world.store.quarantines(of: Planet.api).isEmpty, "nobody judged it")
        }
    }

    @Test("One that fails is left to the person, named, and quarantines nothing")
    func fails() throws {
        try World.run { world in
            try await Self.threeRevisions(world)
            world.cluster.refuse { call in
                guard call.verb == .apply, call.image == Self.image("1") else { return nil }
                return ClusterFailure(code: .admissionDenied, message: "images of last year are denied")
            }
            try await world.ask(.rollBack(Planet.api, to: "one", reason: nil))
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            try await world.pass(.seconds(3600))
            #expect(world.store.rollouts(of: Planet.api).count == 4)
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
            let message = world.status(Planet.api)?.message ?? ""
            #expect(message.contains("the rollback to one failed too because"))
            #expect(
                message.contains("left for a person, with `mainstay release api -e staging`")
                    && message.contains("`mainstay rollback api -e staging --to REVISION`"))
            // The person tries another one.
            try await world.ask(.rollBack(Planet.api, to: "two", reason: nil))
            try await world.until("back at two") { world.phase(Planet.api) == .rolledBack }
            #expect(world.cluster.image(of: Planet.apiDeployment) == Self.image("2"))
        }
    }

    @Test("A quarantined revision is gone back to only once it is released")
    func quarantined() throws {
        try World.run { world in
            try await Self.threeRevisions(world)
            world.source.push("late", Planet.api("late"))
            try await world.until("back at three") { world.phase(Planet.api) == .rolledBack }
            world.source.push("five", Planet.api("5"))
            try await world.until("five") { world.status(Planet.api)?.revision == "five" }
            let rollback = OperatorAction.rollBack(Planet.api, to: "late", reason: nil)
            #expect(try await world.refusal(of: rollback) == "Quarantined")
            world.cluster.push("registry.example.com/api:late")
            try await world.ask(.release(Planet.api, "late"))
            try await world.pass(.seconds(120))
            #expect(world.cluster.image(of: Planet.apiDeployment) == Self.image("5"), "git asks for that")
            try await world.ask(rollback)
            try await world.until("late") { world.status(Planet.api)?.revision == "late" }
            #expect(world.cluster.image(of: Planet.apiDeployment) == Self.image("late"))
        }
    }

    @Test("What makes no sense is refused, and leaves no trace")
    func refusals() throws {
        try World.run { world in
            try await Self.threeRevisions(world)
            let nobody = TargetID(application: "nobody", environment: "staging")
            let before = world.store.state.withLock { $0.journal.count }
            #expect(try await world.refusal(of: .rollBack(nobody, to: nil, reason: nil)) == "UnknownApplication")
            #expect(try await world.refusal(of: .rollBack(Planet.api, to: "nine", reason: nil)) == "UnknownRevision")
            #expect(try await world.refusal(of: .rollBack(Planet.api, to: "three", reason: nil)) == "IsDesired")
            #expect(try await world.refusal(of: .release(nobody, nil)) == "UnknownApplication")
            #expect(world.store.state.withLock { $0.journal.count } == before)
            world.store.setFailing(true)
            #expect(try await world.refusal(of: .rollBack(Planet.api, to: nil, reason: nil)) == "LedgerUnavailable")
        }
    }

    @Test("A quarantine is released by its revision or digest, and the digest is rolled out again, without a restart")
    func releaseOfAQuarantine() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Planet.api("late"))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            world.cluster.push("registry.example.com/api:late")
            let digest = try #require(world.store.quarantines(of: Planet.api).first?.digest)
            #expect(try await world.refusal(of: .release(Planet.api, "ffff")) == "NothingToRelease")
            try await world.ask(.release(Planet.api, String(digest.prefix(8))))
            try await world.until("released") { world.status(Planet.api)?.revision == "two" }
            #expect(world.status(Planet.api)?.quarantine == nil)
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
        }
    }

    @Test("Reading the repository now is waited for, and recorded")
    func reconcile() throws {
        try World.run { world in
            try await Self.threeRevisions(world)
            let polls = world.source.polls
            let answer = try await world.ask(.reconcile)
            #expect(answer.message == "polled: main is at three")
            #expect(world.source.polls == polls + 1)
            world.source.setRemoteDown(true)
            #expect(try await world.refusal(of: .reconcile) == "SourceUnavailable")
            let audits = world.store.state.withLock { state in
                state.journal.compactMap { if case .audit(let text) = $0 { text } else { nil } }
            }
            #expect(audits == Array(repeating: "reconcile.asked by ada: poll now", count: 2))
        }
    }
}
