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
        quarantined: [String] = ["digest-of-cccc333"]
    ) -> Result<String, ActionRefusal> {
        let quarantines = quarantined.map {
            Quarantine(digest: $0, revision: "cccc333", cause: cause, since: Timestamp(secondsSinceEpoch: 0))
        }
        let choice = RollbackChoice(past: past, desiredDigest: desired, quarantines: quarantines)
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
}
