// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Which rollout a person goes back to")
struct RollbackChoiceTests {
    private static let cause = Cause(reason: "CrashLoopBackOff", message: "crashes")

    private static func past(_ commit: String, _ phase: RolloutPhase, digest: String? = nil) -> PastRollout {
        let start = RolloutStart(
            id: "id-\(commit)", target: Planet.api, revision: commit, fromRevision: nil,
            digest: digest ?? "digest-of-\(commit)", inputsDigest: "", trigger: phase == .idle ? .removal : .revision,
            startedAt: Timestamp(secondsSinceEpoch: 0))
        let verdict: Verdict? =
            switch phase {
            case .succeeded: Verdict(outcome: .healthy)
            case .failed: Verdict(outcome: .failed, cause: cause)
            default: nil
            }
        return PastRollout(start: start, phase: phase, phaseSince: start.startedAt, verdict: verdict)
    }

    /// Newest first: two healthy ones, a failed one, a removal, and the one that runs.
    private static let history = [
        past("dddd444", .succeeded), past("cccc333", .failed), past("", .idle), past("bbbb222", .succeeded),
        past("aaaa111", .succeeded),
    ]

    private static func choose(
        _ asked: String?, past: [PastRollout] = history, desired: String = "digest-of-dddd444",
        quarantined: [String] = ["digest-of-cccc333"], cluster: String = "", mayBeOld: Bool = false
    ) -> Result<String, ActionRefusal> {
        let quarantines = quarantined.map {
            Quarantine(digest: $0, revision: "cccc333", cause: cause, since: Timestamp(secondsSinceEpoch: 0))
        }
        let choice = RollbackChoice(
            past: past, desiredDigest: desired, quarantines: quarantines, cluster: cluster, mayBeOld: mayBeOld)
        return Result { () throws(ActionRefusal) in try choice.choose(asked) }.map(\.start.revision)
    }

    private static func reason(_ result: Result<String, ActionRefusal>) -> String? {
        if case .failure(let refusal) = result { refusal.reason } else { nil }
    }

    @Test("By default, to what was healthy before what runs")
    func byDefault() throws {
        #expect(try Self.choose(nil).get() == "bbbb222")
        // What runs is a rollback to b: further back then, not forth.
        #expect(try Self.choose(nil, past: [Self.past("bbbb222", .succeeded)] + Self.history).get() == "aaaa111")
        // In the middle of a rollout: to what it replaces.
        #expect(
            try Self.choose(nil, past: [Self.past("eeee555", .applying)] + Self.history, desired: "digest-of-eeee555")
                .get() == "dddd444")
        #expect(
            try Self.choose(nil, quarantined: ["digest-of-bbbb222"]).get() == "aaaa111", "never to what is quarantined")
    }

    @Test("Where nothing else was healthy there is nothing to go back to")
    func nothing() {
        #expect(Self.reason(Self.choose(nil, past: [])) == "NothingToRollBackTo")
        #expect(Self.reason(Self.choose(nil, past: Array(Self.history.prefix(3)))) == "NothingToRollBackTo")
    }

    @Test("To any recorded one, by the beginning of its commit or digest, or its id")
    func named() throws {
        for asked in ["aaaa", "aaaa111", "digest-of-aaaa", "id-aaaa111"] {
            #expect(try Self.choose(asked).get() == "aaaa111")
        }
        // One that failed, once it was released.
        #expect(try Self.choose("cccc", quarantined: []).get() == "cccc333")
    }

    @Test("What makes no sense is refused, by name")
    func refusals() {
        #expect(Self.reason(Self.choose("ffff")) == "UnknownRevision")
        #expect(Self.reason(Self.choose("aaa")) == "UnknownRevision", "too short to mean anything")
        #expect(Self.reason(Self.choose("cccc")) == "Quarantined")
        #expect(Self.reason(Self.choose("dddd")) == "IsDesired")
        #expect(Self.reason(Self.choose("dddd", desired: "digest-of-eeee555")) == "AlreadyThere")
        let twins = [Self.past("abcd111", .succeeded), Self.past("abcd222", .succeeded)]
        #expect(Self.reason(Self.choose("abcd", past: Self.history + twins)) == "Ambiguous")
        let alike = [Self.past("abcd111", .succeeded, digest: "x"), Self.past("abcd222", .succeeded, digest: "x")]
        #expect(Self.reason(Self.choose("abcd", past: Self.history + alike)) == nil, "the same objects either way")
    }

    @Test("Where another daemon has ruled since, what ran last may be gone back to, and nothing else that may not")
    func afterAnotherDaemon() throws {
        #expect(try Self.choose("dddd", desired: "digest-of-eeee555", mayBeOld: true).get() == "dddd444")
        #expect(Self.reason(Self.choose("dddd", mayBeOld: true)) == "IsDesired")
        #expect(Self.reason(Self.choose("cccc", mayBeOld: true)) == "Quarantined")
    }

    @Test("What ran in another cluster is compared as it would run in this one")
    func afterMove() throws {
        // Newest first: what runs in the east, the removal between, and what ran in the default cluster.
        let moved = [
            Self.past("eeee555", .succeeded, digest: "two@east"), Self.past("", .idle, digest: ""),
            Self.past("bbbb222", .succeeded, digest: "two"), Self.past("aaaa111", .succeeded, digest: "one"),
        ]
        func choose(_ asked: String?, desired: String = "two@east", quarantined: [String] = []) -> Result<
            String, ActionRefusal
        > {
            Self.choose(asked, past: moved, desired: desired, quarantined: quarantined, cluster: "east")
        }
        #expect(try choose(nil).get() == "aaaa111")
        #expect(Self.reason(choose("bbbb")) == "IsDesired")
        #expect(Self.reason(choose("bbbb", desired: "three@east")) == "AlreadyThere")
        #expect(Self.reason(choose("aaaa", quarantined: ["one@east"])) == "Quarantined")
        #expect(Self.reason(choose(nil, quarantined: ["one@east"])) == "NothingToRollBackTo")
        #expect(try choose(nil, quarantined: ["one"]).get() == "aaaa111", "what failed elsewhere may do well here")
        // Git names the east again, and it waits where it is: to go there is the move, and to go back is not.
        let waiting = [
            Self.past("cccc111", .succeeded, digest: "three"), Self.past("dddd111", .succeeded, digest: "two"),
        ]
        #expect(try Self.choose(nil, past: waiting, desired: "two@east", quarantined: []).get() == "dddd111")
    }
}
