// SPDX-License-Identifier: Apache-2.0

import Planning
import Testing

@testable import Reconciler

@Suite("What an application is to become, as last heard")
struct TargetWishTests {
    private static let cause = Cause(reason: "ManifestsInvalid", message: "api.yaml: no kind")

    private static func desired(
        _ digest: String = "d1", at commit: String = "c1", _ environment: Environment = Planet.staging,
        _ change: (inout Application) -> Void = { _ in }
    ) -> Desired {
        Desired(
            commit: commit, inputs: Inputs(reads: [], digest: "i"), digest: digest, manifests: [],
            application: Planet.application("api", change), environment: environment)
    }

    /// Asked for, and acted upon.
    private static func known() -> TargetWish {
        var wish = TargetWish()
        wish.ask(for: desired())
        wish.takeNews()
        return wish
    }

    @Test("What is asked for first is news, once")
    func first() {
        var wish = TargetWish()
        #expect(!wish.hasNews)
        wish.ask(for: Self.desired())
        let news = [wish.takeNews(), wish.takeNews()]
        #expect(news == [true, false])
        #expect(wish.digest == "d1")
        #expect(wish.lookedAt == "c1")
    }

    @Test("The same objects at another commit are no news, and others are")
    func digests() {
        var wish = Self.known()
        wish.ask(for: Self.desired(at: "c2"))
        #expect(!wish.hasNews)
        #expect(wish.desired?.commit == "c2")
        #expect(wish.lookedAt == "c2")
        wish.ask(for: Self.desired("d2", at: "c3"))
        #expect(wish.hasNews)
    }

    @Test(
        "A policy that decides what waits is news, and one that does not is taken quietly",
        arguments: [
            (Environment(name: "staging", namespace: "staging", deploy: .manual), true),
            (Environment(name: "staging", namespace: "staging", requires: [.init(environment: "dev")]), true),
            (Environment(name: "staging", namespace: "staging", approvals: .init(count: 1)), true),
            (Environment(name: "staging", namespace: "staging", cluster: "west"), true),
            (Environment(name: "staging", namespace: "staging", history: .seconds(60)), false),
        ])
    func gates(environment: Environment, isNews: Bool) {
        var wish = Self.known()
        wish.keep(Planet.application("api"), environment, at: "c2", recorded: .prune)
        #expect(wish.hasNews == isNews)
        #expect(wish.desired?.environment == environment)
        #expect(wish.desired?.commit == "c1")
        #expect(wish.lookedAt == "c2")
    }

    @Test("How drift and conflicts are treated, and what verifies, is news; how long it bakes is not")
    func applications() {
        let changes: [(change: (inout Application) -> Void, isNews: Bool)] = [
            ({ $0.drift = DriftRules([DriftRule(action: .report)]) }, true),
            ({ $0.verify = [Application.Check(http: .init(service: "api", port: "80", path: "/"))] }, true),
            ({ $0.bake = .seconds(60) }, false),
        ]
        for (change, isNews) in changes {
            var wish = Self.known()
            let application = Planet.application("api", change)
            wish.keep(application, Planet.staging, at: "c2", recorded: .prune)
            #expect(wish.hasNews == isNews)
            #expect(wish.desired?.application == application)
        }
    }

    @Test("What becomes of its objects once it leaves is news until the ledger has it")
    func removalPolicy() {
        var wish = Self.known()
        let application = Planet.application("api") { $0.onRemoval = .orphan }
        wish.keep(application, Planet.staging, at: "c2", recorded: .orphan)
        #expect(!wish.hasNews)
        wish.keep(application, Planet.staging, at: "c2", recorded: .prune)
        #expect(wish.hasNews)
    }

    @Test("Asked for again, another word on what becomes of its objects is news too")
    func removalPolicyAsked() {
        var wish = Self.known()
        wish.ask(for: Self.desired(at: "c2") { $0.onRemoval = .orphan })
        #expect(wish.hasNews)
    }

    @Test("A problem is news where it is another, and so is its end")
    func problems() {
        var wish = Self.known()
        let isAnother = wish.fail(because: Self.cause, at: "c")
        #expect(isAnother)
        #expect(wish.hasNews)
        wish.takeNews()
        let isAnotherStill = wish.fail(because: Self.cause, at: "c")
        #expect(!isAnotherStill)
        #expect(!wish.hasNews)
        #expect(wish.desired?.digest == "d1")
        wish.keep(Planet.application("api"), Planet.staging, at: "c2", recorded: .prune)
        #expect(wish.problem == nil)
        #expect(wish.hasNews)
    }

    @Test("Leaving is news, leaves nothing desired, and has a digest of its own at the gate")
    func removal() {
        var wish = Self.known()
        _ = wish.fail(because: Self.cause, at: "c")
        wish.takeNews()
        wish.remove(TargetWish.Removal(said: .orphan, leaving: (Planet.staging, "c2")))
        #expect(wish.hasNews)
        #expect(wish.isRemoved)
        #expect(wish.desired == nil)
        #expect(wish.problem == nil)
        #expect(wish.digest == GateKeeper.removal)
        #expect(wish.removal.said == .orphan)
    }

    @Test("Of what left already, another word on how it goes is news, and the same again is not")
    func removedOtherwise() {
        var wish = Self.known()
        wish.remove(TargetWish.Removal(said: .prune, leaving: (Planet.staging, "c2")))
        wish.takeNews()
        wish.remove(TargetWish.Removal(said: .prune, leaving: (Planet.staging, "c3")))
        #expect(!wish.hasNews)
        wish.remove(TargetWish.Removal(said: .orphan, leaving: (Planet.staging, "c4")))
        #expect(wish.hasNews)
        #expect(wish.removal.said == .orphan)
    }

    @Test("Of what left already, only another policy of the environment is news, though the last word holds")
    func removedAgain() {
        var wish = Self.known()
        wish.remove(TargetWish.Removal(leaving: (Planet.staging, "c2")))
        wish.takeNews()
        wish.remove(TargetWish.Removal(unlessSaid: .orphan, leaving: (Planet.staging, "c3")))
        #expect(!wish.hasNews)
        #expect(wish.removal.unlessSaid == .orphan)
        #expect(wish.removal.leaving?.commit == "c3")
        wish.remove(TargetWish.Removal())
        #expect(wish.hasNews)
    }

    @Test("What comes back is news, though it is what was there before")
    func comesBack() {
        var wish = Self.known()
        wish.remove(TargetWish.Removal())
        wish.takeNews()
        wish.ask(for: Self.desired())
        #expect(wish.hasNews)
        #expect(!wish.isRemoved)
        #expect(wish.digest == "d1")
    }
}
