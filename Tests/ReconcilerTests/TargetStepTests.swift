// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What to do next about one application")
struct TargetStepTests {
    private static let cause = Cause(reason: "CrashLoopBackOff", message: "crashes")

    private static func rollout(
        _ digest: String, _ phase: RolloutPhase, _ trigger: RolloutTrigger = .revision, hold: String? = nil
    ) -> PastRollout {
        let start = RolloutStart(
            id: "\(digest)-\(phase)-\(trigger)", target: Planet.api, revision: "commit-of-\(digest)", fromRevision: nil,
            digest: digest, inputsDigest: "", trigger: trigger, startedAt: Timestamp(secondsSinceEpoch: 0),
            hold: hold)
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
        isHealthyQuarantined: Bool = false, isGateOpen: Bool = true, rollback: Application.Rollback = .automatic
    ) -> TargetSituation {
        TargetSituation(
            desiredDigest: desired, isGateOpen: isGateOpen, rollback: rollback,
            quarantine: isQuarantined ? quarantine(desired) : nil, isHealthyQuarantined: isHealthyQuarantined,
            history: TargetHistory(latest: latest, lastHealthy: healthy))
    }

    @Test("Nothing ran yet: roll out, or ask")
    func first() {
        #expect(TargetStep.next(Self.situation(desired: "a", latest: nil)) == .rollOut(resuming: nil))
        #expect(TargetStep.next(Self.situation(desired: "a", latest: nil, isGateOpen: false)) == .awaitGate)
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

    @Test("What nobody could judge is held until somebody asks, or its pipeline's entry is another")
    func inconclusive() {
        var latest = Self.rollout("b", .failed)
        latest.start.inputsDigest = "old"
        latest.verdict = Verdict(outcome: .inconclusive, cause: Self.cause)
        var situation = Self.situation(desired: "b", latest: latest)
        situation.desiredInputs = "old"
        #expect(TargetStep.next(situation) == .hold(.inconclusive(latest)))
        situation.desiredInputs = "new"
        #expect(TargetStep.next(situation) == .rollOut(resuming: nil))
        #expect(!TargetStep.next(situation).passesGate(situation), "what runs already has been through the gate")
        situation.suspension = Suspension(
            id: 1, scope: .init(application: "api"), reason: "by hand", actor: "ada",
            since: Timestamp(secondsSinceEpoch: 0))
        if case .rollOut = TargetStep.next(situation) { Issue.record("a suspension is forgotten") }
    }

    @Test("A quarantined digest brings back the healthy one, once")
    func rollsBackOnce() {
        let (healthy, failed) = (Self.rollout("a", .succeeded), Self.rollout("b", .failed))
        func step(_ latest: PastRollout) -> TargetStep {
            TargetStep.next(Self.situation(desired: "b", latest: latest, healthy: healthy, isQuarantined: true))
        }
        #expect(step(failed) == .rollBack(to: healthy, resuming: nil, for: nil))
        let cutOff = Self.rollout("a", .rollingBack, .rollback)
        #expect(step(cutOff) == .rollBack(to: healthy, resuming: cutOff, for: nil))
        #expect(step(Self.rollout("a", .superseded, .rollback)) == .rollBack(to: healthy, resuming: nil, for: nil))
        #expect(step(Self.rollout("a", .rolledBack, .rollback)) == .hold(.quarantined(Self.quarantine("b"))))
        var again = Self.situation(
            desired: "b", latest: Self.rollout("a", .rolledBack, .rollback), healthy: healthy, isQuarantined: true)
        again.isAskedAgain = true
        #expect(TargetStep.next(again) == .rollBack(to: healthy, resuming: nil, for: nil), "an object was taken up")
        let failedRollback = Self.rollout("a", .failed, .rollback)
        #expect(step(failedRollback) == .hold(.rollbackFailed(failedRollback, Self.quarantine("b"))))
        #expect(step(healthy) == .hold(.quarantined(Self.quarantine("b"))))
        #expect(step(Self.rollout("c", .applying)) == .rollBack(to: healthy, resuming: nil, for: nil))
    }

    @Test("Nothing to go back to, or nobody wants to: hold")
    func holds() {
        let (healthy, failed) = (Self.rollout("a", .succeeded), Self.rollout("b", .failed))
        let hold = TargetStep.hold(.quarantined(Self.quarantine("b")))
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

    private static func hold(to past: PastRollout, awayFrom digest: String) -> Hold {
        Hold(
            id: "hold", target: Planet.api, to: past, awayFromDigest: digest, awayFromRevision: "commit-of-\(digest)",
            reason: "slow", actor: "ada", since: Timestamp(secondsSinceEpoch: 0))
    }

    @Test("A person's rollback is carried out once, gone on with, and then holds; one that fails is left to them")
    func personRollsBack() {
        let (old, current) = (Self.rollout("a", .succeeded), Self.rollout("b", .succeeded))
        let hold = Self.hold(to: old, awayFrom: "b")
        func step(_ latest: PastRollout, isQuarantined: Bool = false, isAskedAgain: Bool = false) -> TargetStep {
            var situation = Self.situation(
                desired: "b", latest: latest, healthy: current, isQuarantined: isQuarantined)
            situation.hold = hold
            situation.isAskedAgain = isAskedAgain
            return TargetStep.next(situation)
        }
        let begin = TargetStep.rollBack(to: old, resuming: nil, for: hold)
        #expect(step(current) == begin)
        #expect(step(Self.rollout("b", .applying)) == begin, "whatever is under way")
        #expect(step(Self.rollout("b", .failed), isQuarantined: true) == begin, "before what the daemon would do")
        for phase in [RolloutPhase.queued, .blocked, .rollingBack] {
            let cutOff = Self.rollout("a", phase, .rollback, hold: "hold")
            #expect(step(cutOff) == .rollBack(to: old, resuming: cutOff, for: hold))
        }
        #expect(step(Self.rollout("a", .rolledBack, .rollback, hold: "another")) == begin)
        #expect(step(Self.rollout("a", .superseded, .rollback, hold: "hold")) == begin)
        let done = Self.rollout("a", .rolledBack, .rollback, hold: "hold")
        #expect(step(done) == .hold(.person(hold)))
        #expect(step(done, isQuarantined: true) == .hold(.person(hold)))
        #expect(step(done, isAskedAgain: true) == begin)
        let failed = Self.rollout("a", .failed, .rollback, hold: "hold")
        #expect(step(failed) == .hold(.rollbackFailed(failed, nil)))
    }

    @Test("A person's rollback holds nothing once git asks for something else")
    func personsHoldEnds() {
        let old = Self.rollout("a", .succeeded)
        var situation = Self.situation(
            desired: "c", latest: Self.rollout("a", .rolledBack, .rollback, hold: "hold"), healthy: old)
        situation.hold = Self.hold(to: old, awayFrom: "b")
        #expect(TargetStep.next(situation) == .rollOut(resuming: nil))
    }

    @Test("A rollback that a person asked for is not taken for the daemon's own")
    func cutOffAndReleased() {
        // Released while it was under way: the digest is neither held nor what the daemon would go back to.
        let cutOff = Self.rollout("a", .rollingBack, .rollback, hold: "hold")
        let healthy = Self.rollout("b", .succeeded)
        #expect(
            TargetStep.next(Self.situation(desired: "b", latest: cutOff, healthy: healthy)) == .rollOut(resuming: nil))
        #expect(
            TargetStep.next(
                Self.situation(desired: "c", latest: cutOff, healthy: healthy, isQuarantined: true))
                == .rollBack(to: healthy, resuming: nil, for: nil))
    }

    @Test("What is suspended is left alone, whatever else is so")
    func suspended() {
        let suspension = Suspension(
            id: 1, scope: .init(application: "api"), reason: "by hand", actor: "ada",
            since: Timestamp(secondsSinceEpoch: 0))
        let old = Self.rollout("a", .succeeded)
        for latest in [nil, old, Self.rollout("b", .applying), Self.rollout("b", .failed)] {
            var situation = Self.situation(
                desired: "b", latest: latest, healthy: old, isQuarantined: latest?.phase == .failed)
            situation.hold = Self.hold(to: old, awayFrom: "b")
            situation.isAskedAgain = true
            situation.suspension = suspension
            #expect(TargetStep.next(situation) == .suspended(suspension))
        }
    }

    @Test("The same digest is rolled out again where something of it is left to do")
    func askedAgain() {
        for phase in [RolloutPhase.succeeded, .rolledBack] {
            let latest = Self.rollout("a", phase)
            var situation = Self.situation(desired: "a", latest: latest, healthy: latest)
            situation.isAskedAgain = true
            #expect(TargetStep.next(situation) == .rollOut(resuming: nil))
        }
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
                        isHealthyQuarantined: flags & 2 != 0, isGateOpen: flags & 4 != 0)
                    let step = TargetStep.next(situation)
                    seen += 1
                    if situation.quarantine != nil {
                        if case .rollOut = step { Issue.record("rolls out a quarantined digest: \(situation)") }
                        if step == .rest || step == .awaitGate {
                            Issue.record("forgets a quarantine: \(situation)")
                        }
                    } else if case .hold = step {
                        Issue.record("holds without a quarantine: \(situation)")
                    }
                    switch step {
                    case .rollBack(let target, let resuming, _):
                        #expect(target.start.trigger != .removal)
                        #expect(situation.quarantine == nil || target.start.digest != "b")
                        #expect(situation.quarantine == nil || !situation.isHealthyQuarantined)
                        #expect(resuming.map { !$0.phase.isFinal } ?? true)
                    case .rollOut(let resuming):
                        #expect(resuming.map { !$0.phase.isFinal && $0.start.digest == "b" } ?? true)
                        #expect(situation.isGateOpen || resuming != nil || !step.passesGate(situation))
                    case .goOn(let unfinished):
                        #expect(!situation.isGateOpen && !unfinished.phase.isFinal)
                        #expect(unfinished.start.digest != "b")
                    case .rest, .hold, .awaitGate, .suspended: break
                    }
                }
            }
        }
        #expect(seen == 89 * 4 * 8)
    }

    @Test(
        "After another daemon's rule what ran before is rolled out again where git asks for it, and not brought back else"
    )
    func succession() {
        let (one, failed) = (Self.rollout("a", .succeeded), Self.rollout("b", .failed))
        let cutOff = Self.rollout("a", .rollingBack, .rollback)
        func step(_ desired: String, _ latest: PastRollout, isQuarantined: Bool = false, isGateOpen: Bool = true)
            -> TargetStep
        {
            var situation = Self.situation(
                desired: desired, latest: latest, healthy: one, isQuarantined: isQuarantined, isGateOpen: isGateOpen)
            situation.succession = Timestamp(secondsSinceEpoch: 5)
            return TargetStep.next(situation)
        }
        #expect(step("a", one) == .rollOut(resuming: nil))
        for latest in [failed, cutOff] {
            #expect(step("b", latest, isQuarantined: true) == .hold(.quarantined(Self.quarantine("b"))))
            #expect(step("c", latest, isGateOpen: false) == .awaitGate)
        }
        let hold = Hold(
            id: "h", target: Planet.api, to: one, awayFromDigest: "b", awayFromRevision: "b", reason: nil, actor: "ada",
            since: Timestamp(secondsSinceEpoch: 4))
        var held = Self.situation(desired: "b", latest: failed, healthy: one)
        held.hold = hold
        held.succession = Timestamp(secondsSinceEpoch: 5)
        #expect(TargetStep.next(held) == .hold(.person(hold)))
        // Said since.
        held.succession = Timestamp(secondsSinceEpoch: 3)
        #expect(TargetStep.next(held) == .rollBack(to: one, resuming: nil, for: hold))
    }
}
