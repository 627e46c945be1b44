// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("Gates")
struct GateTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    private static let target = TargetID(application: "api", environment: "production")
    private static let people = People([
        .init(name: "ada", emails: ["ada@example.com"], groups: ["leads"]),
        .init(name: "grace", groups: ["leads"]), .init(name: "linus", groups: ["developers"]),
    ])

    private func environment(_ change: (inout Environment) -> Void) -> Environment {
        var environment = Environment(name: "production", namespace: "production")
        change(&environment)
        return environment
    }

    private func proposal(_ words: [(Proposal.Word.Kind, String)] = [], age: Duration = .zero) -> Proposal {
        Proposal(
            id: "p1", target: Self.target, digest: "d1", revision: "abcdef0123456789", since: Self.now,
            words: words.map { .init(kind: $0.0, person: $0.1, reason: "so", at: Self.now + (.zero - age)) })
    }

    private func reasons(
        _ environment: Environment, _ proposal: Proposal, authors: [CommitAuthor] = [], freezes: [Freeze] = [],
        requirements: [RequirementState] = []
    ) -> [GateWait.Reason] {
        Gate(
            environment: environment, now: Self.now, authors: authors, people: Self.people, freezes: freezes,
            requirements: requirements, zones: .utcOnly
        ).waits(of: proposal).map(\.reason)
    }

    @Test("Nothing holds back what an automatic environment is given")
    func automatic() {
        #expect(reasons(environment { _ in }, proposal()) == [])
        #expect(!environment { _ in }.isGated)
    }

    @Test("A phrase, or a go, opens the gate that asks for it")
    func promotion() {
        let confirm = environment {
            $0.deploy = .confirm
            $0.confirmPhrase = "deploy-to-production"
        }
        #expect(reasons(confirm, proposal()) == [.confirmation])
        #expect(reasons(confirm, proposal([(.approval, "ada")])) == [.confirmation])
        #expect(reasons(confirm, proposal([(.promotion, "linus")])) == [])
        #expect(reasons(environment { $0.deploy = .manual }, proposal()) == [.promotion])
    }

    @Test("Approvals count by person, of the groups, from those who did not write it, while they are fresh")
    func approvals() {
        let two = environment { $0.approvals = .init(count: 2, groups: ["leads"], expires: .seconds(3600)) }
        #expect(reasons(two, proposal()) == [.approval])
        #expect(reasons(two, proposal([(.approval, "ada"), (.approval, "ada")])) == [.approval])
        #expect(reasons(two, proposal([(.approval, "ada"), (.approval, "linus")])) == [.approval])
        #expect(reasons(two, proposal([(.approval, "ada"), (.approval, "grace")])) == [])
        #expect(
            reasons(two, proposal([(.approval, "ada"), (.approval, "grace")], age: .seconds(3600))) == [.approval])
        #expect(
            reasons(two, proposal([(.approval, "ada"), (.approval, "grace")], age: .seconds(-3600))) == [.approval],
            "by a clock that was set back since")
        #expect(reasons(two, proposal([(.approval, "ada"), (.approval, "grace")], age: .seconds(-30))) == [])
        let lasting = environment { $0.approvals = .init(count: 2, groups: ["leads"]) }
        #expect(
            reasons(lasting, proposal([(.approval, "ada"), (.approval, "grace")], age: .seconds(-3600))) == [],
            "which never runs out")
        let byEmail = [CommitAuthor(name: "A. Lovelace", email: "ADA@example.com")]
        #expect(reasons(two, proposal([(.approval, "ada"), (.approval, "grace")]), authors: byEmail) == [.approval])
        let byName = [CommitAuthor(name: "Grace", email: "g@example.com")]
        #expect(reasons(two, proposal([(.approval, "ada"), (.approval, "grace")]), authors: byName) == [.approval])
    }

    @Test("Nothing else is waited for where the cluster is not one that can be deployed to")
    func cluster() {
        let manual = environment {
            $0.deploy = .manual
            $0.cluster = "east"
        }
        var gate = Gate(environment: manual, now: Self.now, people: Self.people, zones: .utcOnly)
        #expect(gate.waits(of: proposal()).map(\.reason) == [.promotion])
        gate.place = .unknown(others: ["north", "west"])
        #expect(
            gate.waits(of: proposal()).map(\.message) == [
                "the cluster east, which is not in the daemon's configuration (it has north, west): add it there under "
                    + "`clusters`, or correct `cluster` of the environment \(manual.name)"
            ])
        gate.place = .elsewhere("", objects: 1)
        let arguments = "\(Self.target.application) -e \(Self.target.environment)"
        #expect(
            gate.waits(of: proposal()).map(\.message) == [
                "nothing of it to be left in the default cluster, where 1 object stays until a person says otherwise: "
                    + "`mainstay destroy \(arguments)` deletes what is there, and `mainstay resume \(arguments)` then goes "
                    + "on in the cluster east"
            ])
        #expect(gate.waits(of: proposal()).map(\.reason) == [.clusterChanged])
    }

    @Test("A group that is too small says where to add people")
    func smallGroup() {
        let three = environment { $0.approvals = .init(count: 3, groups: ["leads"]) }
        let gate = Gate(environment: three, now: Self.now, people: Self.people, zones: .utcOnly)
        // As all of them read: "waits for …".
        #expect(
            gate.waits(of: proposal()).first?.message
                == "3 approvals of leads, of whom the daemon's configuration names 2: add them under `people`")
    }

    @Test("A rejection holds alone, takes back what was said before, and is itself taken back")
    func rejection() {
        let manual = environment { $0.deploy = .manual }
        #expect(reasons(manual, proposal([(.promotion, "ada"), (.rejection, "grace")])) == [.rejected])
        #expect(
            reasons(manual, proposal([(.promotion, "ada"), (.rejection, "grace"), (.release, "ada")])) == [.promotion])
        #expect(
            reasons(
                manual, proposal([(.rejection, "grace"), (.release, "ada"), (.promotion, "ada")])) == [])
        let rejected = Gate(environment: manual, now: Self.now, people: Self.people, zones: .utcOnly).waits(
            of: proposal([(.rejection, "grace")]))
        #expect(
            rejected.first?.message.hasPrefix(
                "another digest, or `mainstay release api -e production`: rejected by grace") == true)
        let one = environment { $0.approvals = .init(count: 1) }
        #expect(
            reasons(one, proposal([(.approval, "ada"), (.rejection, "grace"), (.release, "ada")])) == [.approval])
    }

    @Test("A freeze holds everything until it ends, by itself or by a person")
    func freeze() {
        func frozen(_ until: Timestamp?) -> Freeze {
            Freeze(
                scope: .init(environment: "production"), reason: "holidays", actor: "ada", since: Self.now, until: until
            )
        }
        let open = environment { _ in }
        #expect(reasons(open, proposal(), freezes: [frozen(nil)]) == [.frozen])
        #expect(reasons(open, proposal(), freezes: [frozen(Self.now)]) == [])
        #expect(reasons(open, proposal(), freezes: [frozen(Self.now + .seconds(1))]) == [.frozen])
        // Ending the one that is named would not be enough.
        var other = frozen(nil)
        other.scope = .init(application: "api")
        other.actor = "grace"
        let both = Gate(
            environment: open, now: Self.now, people: Self.people, freezes: [other, frozen(nil)], zones: .utcOnly)
        let message = both.waits(of: proposal()).map(\.message).joined()
        #expect(
            message.hasPrefix("the end of 2 freezes: api everywhere is frozen by grace") && message.contains("by ada"),
            "\(message)")
    }

    @Test("A force opens what only time opens, and gives the go; it stands for no approval, and is of the group's own")
    func force() throws {
        let shut = try #require(CronSchedule("0 12 29 2 *"))
        func strict(_ groups: [String]?) -> Environment {
            environment {
                $0.deploy = .manual
                $0.approvals = groups.map { .init(count: 1, groups: $0) }
                $0.windows = [.init(kind: .allow, schedule: shut, duration: .seconds(60), timeZone: "UTC")]
            }
        }
        let day = Environment.Requirement(environment: "staging", healthyFor: .seconds(86_400))
        let freeze = Freeze(
            scope: .init(environment: "production"), reason: "holidays", actor: "ada", since: Self.now + .seconds(-60))
        func left(_ groups: [String]?, _ words: [(Proposal.Word.Kind, String)], _ freeze: Freeze) -> [GateWait.Reason] {
            reasons(strict(groups), proposal(words), freezes: [freeze], requirements: [.unhealthy(day)])
        }
        #expect(left(nil, [(.promotion, "linus")], freeze) == [.frozen, .requirement, .window])
        #expect(left(nil, [(.force, "linus")], freeze) == [])
        #expect(left(["leads"], [(.force, "ada")], freeze) == [.approval])
        #expect(left(["leads"], [(.force, "ada"), (.approval, "grace")], freeze) == [])
        let all: [GateWait.Reason] = [.frozen, .promotion, .requirement, .window]
        #expect(left(["leads"], [(.force, "linus"), (.approval, "grace")], freeze) == all)
        #expect(left(nil, [(.force, "linus"), (.rejection, "grace")], freeze) == [.rejected])
        #expect(left(nil, [(.force, "linus"), (.rejection, "grace"), (.release, "grace")], freeze) == all)
        var later = freeze
        later.since = Self.now + .seconds(1)
        #expect(left(nil, [(.force, "linus")], later) == [.frozen], "nobody knew of it")
    }

    @Test("What came first, a freeze or a go that was forced, is told by the ledger's order, and by no clock")
    func forceAndOrder() {
        func isFrozen(_ id: Int64, since seconds: Int, after newest: Int64?) -> Bool {
            var asked = proposal([(.force, "linus")])
            asked.words[0].afterFreeze = newest
            let freeze = Freeze(
                id: id, scope: .init(), reason: "r", actor: "ada", since: asked.words[0].at + .seconds(seconds))
            return !reasons(environment { _ in }, asked, freezes: [freeze]).isEmpty
        }
        #expect(!isFrozen(7, since: -60, after: 7))
        #expect(!isFrozen(7, since: 60, after: 7), "it is dated ahead")
        #expect(isFrozen(8, since: 60, after: 7))
        #expect(isFrozen(8, since: -60, after: 7), "the word is dated ahead")
        #expect(isFrozen(8, since: 60, after: nil) && !isFrozen(8, since: -60, after: nil), "as it was recorded before")
    }

    @Test("No force opens another cluster, and a force says what it got past")
    func forceAndCluster() throws {
        let shut = try #require(CronSchedule("0 12 29 2 *"))
        let windows = environment {
            $0.windows = [.init(kind: .allow, schedule: shut, duration: .seconds(60), timeZone: "UTC")]
        }
        let day = Environment.Requirement(environment: "staging", healthyFor: .seconds(86_400))
        let freezes = [Suspension.Scope(environment: "production"), Suspension.Scope(application: "api")].map {
            Freeze(scope: $0, reason: "holidays", actor: "ada", since: Self.now)
        }
        var gate = Gate(
            environment: windows, now: Self.now, people: Self.people, freezes: freezes,
            requirements: [.unhealthy(day), .unwell(day, Self.target)], zones: .utcOnly)
        #expect(
            gate.waits(of: proposal()).map(\.past) == [
                "the freeze of everything in production and of api everywhere", "the wait for staging healthy for 24h",
                "the wait for staging healthy for 24h", "the windows of production",
            ])
        gate.place = .elsewhere("", objects: 1)
        #expect(gate.waits(of: proposal([(.force, "ada")])).map(\.reason) == [.clusterChanged])
        #expect(gate.waits(of: proposal()).map(\.past) == [nil])
        let word = Proposal.Word(kind: .force, person: "ada", reason: "down", past: "the freeze", at: Self.now)
        #expect(word.forceText == "forced past the freeze by ada: down")
    }

    @Test("Nothing in common proves nothing")
    func nothingInCommon() {
        #expect(!RolloutContent().isSame(as: RolloutContent()))
        #expect(!RolloutContent(reads: ["a": "1"]).isSame(as: RolloutContent(reads: ["b": "1"])))
        #expect(!RolloutContent(reads: ["a": nil]).isSame(as: RolloutContent(reads: ["a": nil])))
        #expect(RolloutContent(reads: ["a": "1"]).isSame(as: RolloutContent(reads: ["a": "1", "b": "2"])))
    }
}
