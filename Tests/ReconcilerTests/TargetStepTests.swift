// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What to do next about one application")
struct TargetStepTests {
    private static let cause = Cause(reason: "CrashLoopBackOff", message: "crashes")

    private static func rollout(
        _ digest: String, _ phase: RolloutPhase, _ trigger: RolloutTrigger = .revision
    ) -> PastRollout {
        let start = RolloutStart(
            id: "\(digest)-\(phase)-\(trigger)", target: Planet.api, revision: "commit-of-\(digest)", fromRevision: nil,
            digest: digest, inputsDigest: "", trigger: trigger, startedAt: Timestamp(secondsSinceEpoch: 0))
        let isHealthy = phase == .succeeded || phase == .rolledBack
        return PastRollout(
            start: start, phase: phase, phaseSince: start.startedAt,
            verdict: isHealthy
                ? Verdict(outcome: .healthy) : phase == .failed ? Verdict(outcome: .failed, cause: cause) : nil)
    }

    private static func quarantine(_ digest: String) -> Quarantine {
        Quarantine(
            digest: digest, revision: "commit-of-\(digest)", cause: cause, since: Timestamp(secondsSinceEpoch: 0))
    }

    private static func situation(
        desired: String, latest: PastRollout?, healthy: PastRollout? = nil, isQuarantined: Bool = false,
        isHealthyQuarantined: Bool = false, deploysByItself: Bool = true, rollback: Application.Rollback = .automatic
    ) -> TargetSituation {
        TargetSituation(
            desiredDigest: desired, deploysByItself: deploysByItself, rollback: rollback,
            quarantine: isQuarantined ? quarantine(desired) : nil, isHealthyQuarantined: isHealthyQuarantined,
            history: TargetHistory(latest: latest, lastHealthy: healthy))
    }

    @Test("Nothing ran yet: roll out, or ask")
    func first() {
        #expect(TargetStep.next(Self.situation(desired: "a", latest: nil)) == .rollOut(resuming: nil))
        #expect(TargetStep.next(Self.situation(desired: "a", latest: nil, deploysByItself: false)) == .awaitApproval)
    }

    @Test("What runs is what should run: rest", arguments: [RolloutPhase.succeeded, .rolledBack])
    func rests(phase: RolloutPhase) {
        let latest = Self.rollout("a", phase)
        #expect(TargetStep.next(Self.situation(desired: "a", latest: latest, healthy: latest)) == .rest)
    }

    @Test(
        "A rollout cut off goes on as the same rollout",
        arguments: [RolloutPhase.queued, .blocked, .applying, .progressing, .verifying])
    func resumes(phase: RolloutPhase) {
        let latest = Self.rollout("a", phase)
        #expect(TargetStep.next(Self.situation(desired: "a", latest: latest)) == .rollOut(resuming: latest))
        // Another digest begins anew.
        #expect(TargetStep.next(Self.situation(desired: "b", latest: latest)) == .rollOut(resuming: nil))
    }

    @Test("A failed digest that is not quarantined, since a person released it, is rolled out again")
    func released() {
        let (healthy, failed) = (Self.rollout("a", .succeeded), Self.rollout("b", .failed))
        #expect(
            TargetStep.next(Self.situation(desired: "b", latest: failed, healthy: healthy)) == .rollOut(resuming: nil))
    }

    @Test("A quarantined digest brings back the healthy one, once")
    func rollsBackOnce() {
        let (healthy, failed) = (Self.rollout("a", .succeeded), Self.rollout("b", .failed))
        func step(_ latest: PastRollout) -> TargetStep {
            TargetStep.next(Self.situation(desired: "b", latest: latest, healthy: healthy, isQuarantined: true))
        }
        #expect(step(failed) == .rollBack(to: healthy, resuming: nil))
        let cutOff = Self.rollout("a", .rollingBack, .rollback)
        #expect(step(cutOff) == .rollBack(to: healthy, resuming: cutOff))
        #expect(step(Self.rollout("a", .superseded, .rollback)) == .rollBack(to: healthy, resuming: nil))
        #expect(step(Self.rollout("a", .rolledBack, .rollback)) == .hold(Self.quarantine("b")))
        #expect(step(Self.rollout("a", .failed, .rollback)) == .hold(Self.quarantine("b")))
        #expect(step(healthy) == .hold(Self.quarantine("b")))
        #expect(step(Self.rollout("c", .applying)) == .rollBack(to: healthy, resuming: nil))
    }

    @Test("Nothing to go back to, or nobody wants to: hold")
    func holds() {
        let (healthy, failed) = (Self.rollout("a", .succeeded), Self.rollout("b", .failed))
        let hold = TargetStep.hold(Self.quarantine("b"))
        #expect(TargetStep.next(Self.situation(desired: "b", latest: failed, isQuarantined: true)) == hold)
        #expect(
            TargetStep.next(
                Self.situation(
                    desired: "b", latest: failed, healthy: healthy, isQuarantined: true, rollback: .manual)) == hold)
        #expect(
            TargetStep.next(
                Self.situation(
                    desired: "b", latest: failed, healthy: healthy, isQuarantined: true, isHealthyQuarantined: true))
                == hold)
        let removal = Self.rollout("", .succeeded, .removal)
        #expect(
            TargetStep.next(Self.situation(desired: "b", latest: failed, healthy: removal, isQuarantined: true)) == hold
        )
        // What is quarantined now was healthy last.
        let same = Self.rollout("b", .succeeded)
        #expect(
            TargetStep.next(Self.situation(desired: "b", latest: failed, healthy: same, isQuarantined: true)) == hold)
    }

    @Test("In every situation: no quarantined digest is applied, and what is closed stays closed")
    func everySituation() {
        let digests = ["a", "b"]
        let triggers: [RolloutTrigger] = [.revision, .rollback, .removal, .resume]
        let pasts = digests.flatMap { digest in
            RolloutPhase.allCases.flatMap { phase in triggers.map { Self.rollout(digest, phase, $0) } }
        }
        let healthy: [PastRollout?] = [
            nil, Self.rollout("a", .succeeded), Self.rollout("b", .rolledBack, .rollback),
            Self.rollout("", .succeeded, .removal),
        ]
        var seen = 0
        for latest in [nil] + pasts.map(Optional.some) {
            for healthy in healthy {
                for flags in 0..<8 {
                    let situation = Self.situation(
                        desired: "b", latest: latest, healthy: healthy, isQuarantined: flags & 1 != 0,
                        isHealthyQuarantined: flags & 2 != 0, deploysByItself: flags & 4 != 0)
                    let step = TargetStep.next(situation)
                    seen += 1
                    if situation.quarantine != nil {
                        if case .rollOut = step { Issue.record("rolls out a quarantined digest: \(situation)") }
                        if step == .rest || step == .awaitApproval {
                            Issue.record("forgets a quarantine: \(situation)")
                        }
                    } else if case .hold = step {
                        Issue.record("holds without a quarantine: \(situation)")
                    }
                    switch step {
                    case .rollBack(let target, let resuming):
                        #expect(target.start.trigger != .removal)
                        #expect(situation.quarantine == nil || target.start.digest != "b")
                        #expect(situation.quarantine == nil || !situation.isHealthyQuarantined)
                        #expect(resuming.map { !$0.phase.isFinal } ?? true)
                    case .rollOut(let resuming):
                        #expect(resuming.map { !$0.phase.isFinal && $0.start.digest == "b" } ?? true)
                        #expect(situation.deploysByItself || resuming != nil)
                    case .rest, .hold, .awaitApproval: break
                    }
                }
            }
        }
        #expect(seen == 89 * 4 * 8)
    }
}
