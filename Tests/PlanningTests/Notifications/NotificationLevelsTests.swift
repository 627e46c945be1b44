// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("What lasts, and is told of")
struct NotificationLevelsTests {
    /// Levels with what they told of, on a clock of their own.
    private struct Course {
        var levels = NotificationLevels(stuckAfter: .seconds(600))
        var told = ToldSoFar()
        var uptime = Duration.zero
        var wall = Told.start

        mutating func see(_ standing: ApplicationStanding, after delay: Duration) -> [NotificationKind] {
            uptime += delay
            wall = wall + delay
            let events = levels.events(
                for: standing, told: told, uptime: uptime, now: wall, makeID: { "id" })
            for event in events { told.note(event) }
            return events.map(\.kind)
        }
    }

    private static func standing(
        _ phase: RolloutPhase, _ health: HealthStatus = .healthy, reason: String? = nil, target: String = Told.good,
        digest: String? = nil, fight: String? = nil, isAsGitSays: Bool = true, gate: [GateWait.Reason] = [],
        lapsedAt: Timestamp? = nil
    ) -> ApplicationStanding {
        ApplicationStanding(
            target: Told.api, phase: phase, health: health, cause: reason.map { Cause(reason: $0, message: "why") },
            revision: Told.good, targetRevision: target, targetDigest: digest, fight: fight, isAsGitSays: isAsGitSays,
            gateWaits: gate, lapsedAt: lapsedAt)
    }

    @Test("What waits is told of once it has waited for long, once, and when it goes on")
    func stuck() {
        var course = Course()
        let waiting = Self.standing(.blocked, reason: "SecretMissing")
        #expect(course.see(waiting, after: .zero) == [])
        #expect(course.see(waiting, after: .seconds(599)) == [])
        #expect(course.see(waiting, after: .seconds(1)) == [.stuck])
        #expect(course.see(waiting, after: .seconds(6000)) == [])
        #expect(course.told.latest[.wait]?.since == Told.start)
        #expect(course.see(Self.standing(.applying), after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.progressing), after: .seconds(5)) == [.unblocked])
        #expect(
            course.told.latest[.wait].map { NotificationText($0).body }
                == "it had waited since \(Told.start.secondsDescription): SecretMissing: why")
        #expect(course.see(Self.standing(.progressing), after: .seconds(60)) == [])
    }

    @Test("A moment in which it is decided anew is no end of the wait, and no beginning of another")
    func flicker() {
        var course = Course()
        let waiting = Self.standing(.blocked, reason: "SecretMissing")
        #expect(course.see(waiting, after: .zero) == [])
        #expect(course.see(Self.standing(.blocked), after: .seconds(300)) == [])
        #expect(course.see(Self.standing(.idle), after: .seconds(1)) == [])
        #expect(course.see(waiting, after: .seconds(1)) == [])
        #expect(course.see(waiting, after: .seconds(298)) == [.stuck])
        #expect(course.see(Self.standing(.succeeded), after: .seconds(1)) == [])
        #expect(course.see(waiting, after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.succeeded), after: .seconds(1)) == [], "from here on it counts anew")
        #expect(course.see(Self.standing(.succeeded), after: .seconds(4)) == [])
        #expect(course.see(Self.standing(.succeeded), after: .seconds(1)) == [.unblocked])
    }

    @Test("A rollback that waits is stuck like any other rollout")
    func stuckRollback() {
        var course = Course()
        let waiting = Self.standing(.rollingBack, reason: "QuotaExceeded")
        #expect(course.see(waiting, after: .zero) == [])
        #expect(course.see(waiting, after: .seconds(600)) == [.stuck])
    }

    @Test("Two short waits are no long one")
    func shortWaits() {
        var course = Course()
        let waiting = Self.standing(.blocked, reason: "SecretMissing")
        #expect(course.see(waiting, after: .zero) == [])
        #expect(course.see(Self.standing(.applying), after: .seconds(500)) == [])
        #expect(course.see(Self.standing(.applying), after: .seconds(5)) == [])
        #expect(course.see(waiting, after: .seconds(1)) == [])
        #expect(course.see(waiting, after: .seconds(500)) == [])
    }

    @Test("A wall clock that jumps makes nothing stuck and keeps nothing from it")
    func jump() {
        var course = Course()
        let waiting = Self.standing(.blocked, reason: "SecretMissing")
        #expect(course.see(waiting, after: .zero) == [])
        course.wall = course.wall + .seconds(86_400)
        #expect(course.see(waiting, after: .seconds(1)) == [])
        course.wall = Told.start + .seconds(-86_400)
        #expect(course.see(waiting, after: .seconds(599)) == [.stuck])
    }

    @Test("After a restart the time that it has waited counts, whatever the clock says")
    func restart() {
        var course = Course()
        let waiting = Self.standing(.blocked, reason: "SecretMissing")
        course.levels.resume(
            Told.api, waitingSince: Told.start + .seconds(-400), uptime: course.uptime, now: course.wall)
        #expect(course.see(waiting, after: .seconds(199)) == [])
        #expect(course.see(waiting, after: .seconds(1)) == [.stuck])
        // From a clock that was ahead: as if it began now.
        var ahead = Course()
        ahead.levels.resume(Told.api, waitingSince: Told.start + .seconds(9000), uptime: .zero, now: Told.start)
        #expect(ahead.see(waiting, after: .seconds(599)) == [])
        #expect(ahead.see(waiting, after: .seconds(1)) == [.stuck])
    }

    @Test("What a person set aside is not stuck, and does not go on by that")
    func suspended() {
        var course = Course()
        #expect(course.see(Self.standing(.blocked, reason: "Suspended"), after: .zero) == [])
        #expect(course.see(Self.standing(.blocked, reason: "Suspended"), after: .seconds(9000)) == [])
        course.told.note(Told.event(.stuck))
        #expect(course.see(Self.standing(.blocked, reason: "Suspended"), after: .seconds(1)) == [])
    }

    @Test("A person's word is asked for at once, once for each revision")
    func approval() {
        var course = Course()
        let first = Self.standing(.blocked, reason: "ApprovalRequired", target: Told.good)
        let second = Self.standing(.blocked, reason: "ApprovalRequired", target: Told.bad)
        #expect(course.see(first, after: .zero) == [.awaitingApproval])
        #expect(course.see(first, after: .seconds(9000)) == [])
        #expect(course.see(second, after: .seconds(1)) == [.awaitingApproval])
        #expect(course.see(Self.standing(.queued), after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.queued), after: .seconds(5)) == [.unblocked])
    }

    @Test("A person's word on one digest is asked for once, whichever commit is the newest that asks for it")
    func sameDigest() {
        var course = Course()
        func waiting(_ revision: String, _ digest: String) -> ApplicationStanding {
            Self.standing(.blocked, reason: "ApprovalRequired", target: revision, digest: digest)
        }
        #expect(course.see(waiting(Told.good, "d1"), after: .zero) == [.awaitingApproval])
        // A daemon that is started again shows the newest commit.
        course.levels = NotificationLevels(stuckAfter: .seconds(600))
        #expect(course.see(waiting(Told.bad, "d1"), after: .seconds(1)) == [])
        #expect(course.see(waiting(Told.bad, "d2"), after: .seconds(1)) == [.awaitingApproval])
    }

    @Test("An approval that runs out is told of, once for each")
    func lapse() {
        var course = Course()
        func waiting(_ reason: GateWait.Reason, _ lapsedAt: Duration?) -> ApplicationStanding {
            Self.standing(
                .blocked, reason: reason.rawValue, digest: "d1", gate: [reason],
                lapsedAt: lapsedAt.map { Told.start + $0 })
        }
        #expect(course.see(waiting(.approval, nil), after: .zero) == [.awaitingApproval])
        #expect(course.see(waiting(.requirement, nil), after: .seconds(1)) == [])
        #expect(course.see(waiting(.approval, .seconds(60)), after: .seconds(60)) == [.awaitingApproval])
        #expect(
            course.told.latest[.wait]?.note == "an approval ran out \((Told.start + .seconds(60)).secondsDescription)")
        course.levels = NotificationLevels(stuckAfter: .seconds(600))
        #expect(course.see(waiting(.approval, .seconds(60)), after: .seconds(60)) == [])
        #expect(course.see(waiting(.approval, .seconds(30)), after: .seconds(60)) == [], "one of two was given again")
        #expect(course.see(waiting(.approval, .seconds(500)), after: .seconds(60)) == [.awaitingApproval])
    }

    @Test("While what ran before is taken back, people are still asked about what waits: that is not told anew")
    func approvalDuringRollback() {
        var course = Course()
        let asked = Self.standing(.blocked, reason: "PromotionRequired", target: Told.bad, digest: "d3")
        #expect(course.see(asked, after: .zero) == [.awaitingApproval])
        for phase: RolloutPhase in [.failed, .rollingBack] {
            #expect(course.see(Self.standing(phase, target: Told.bad, digest: "d3"), after: .seconds(30)) == [])
        }
        #expect(course.see(Self.standing(.rolledBack, target: Told.bad, digest: "d3"), after: .seconds(30)) == [])
        #expect(course.see(asked, after: .seconds(1)) == [])
    }

    @Test("Checks that say that it is not well yet are no wait, in a rollback neither")
    func failingChecks() {
        var course = Course()
        for phase: RolloutPhase in [.verifying, .rollingBack] {
            let failing = Self.standing(phase, reason: CheckProgress.waiting)
            #expect(course.see(failing, after: .seconds(1)) == [])
            #expect(course.see(failing, after: .seconds(9000)) == [])
        }
    }

    @Test("Once people have spoken, what it waits for besides is told of when it has waited for long")
    func stuckAfterApproval() {
        var course = Course()
        let asked = Self.standing(.blocked, reason: "ApprovalRequired", gate: [.approval, .requirement])
        #expect(course.see(asked, after: .zero) == [.awaitingApproval])
        #expect(course.see(asked, after: .seconds(9000)) == [])
        let soaks = Self.standing(.blocked, reason: "RequirementNotMet", gate: [.requirement])
        #expect(course.see(soaks, after: .seconds(1)) == [])
        #expect(course.see(soaks, after: .seconds(599)) == [])
        #expect(course.see(soaks, after: .seconds(1)) == [.stuck])
        #expect(course.see(soaks, after: .seconds(9000)) == [])
        #expect(course.see(Self.standing(.succeeded), after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.succeeded), after: .seconds(5)) == [.unblocked])
    }

    @Test("Approvers are told at once, whatever else it waits for first")
    func frozenToo() {
        var course = Course()
        let frozen = Self.standing(.blocked, reason: "Frozen", gate: [.frozen, .approval])
        #expect(course.see(frozen, after: .zero) == [.awaitingApproval])
    }

    @Test("A rollout whose checks tell nothing for long is stuck")
    func verifying() {
        var course = Course()
        let waiting = Self.standing(.verifying, reason: "VerifyInconclusive")
        #expect(course.see(waiting, after: .zero) == [])
        #expect(course.see(waiting, after: .seconds(600)) == [.stuck])
        #expect(course.see(Self.standing(.verifying), after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.verifying), after: .seconds(5)) == [.unblocked])
    }

    @Test("Health that is lost at rest is told of when it stays lost, and when it is back for good")
    func health() {
        var course = Course()
        #expect(course.see(Self.standing(.succeeded), after: .zero) == [])
        #expect(course.see(Self.standing(.succeeded, .degraded), after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.succeeded, .healthy), after: .seconds(30)) == [])
        #expect(course.see(Self.standing(.succeeded, .degraded), after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.succeeded, .degraded), after: .seconds(60)) == [.degraded])
        #expect(course.see(Self.standing(.succeeded, .healthy), after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.succeeded, .degraded), after: .seconds(30)) == [])
        #expect(course.see(Self.standing(.succeeded, .healthy), after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.succeeded, .healthy), after: .seconds(60)) == [.healthy])
        let text = course.told.latest[.health].map { NotificationText($0).body } ?? ""
        #expect(text.hasPrefix("it was degraded since "), "\(text)")
    }

    @Test("A failed rollout's own bad health is its verdict's to tell")
    func failedRollout() {
        var course = Course()
        #expect(course.see(Self.standing(.failed, .degraded), after: .zero) == [])
        #expect(course.see(Self.standing(.failed, .degraded), after: .seconds(600)) == [])
    }

    @Test("Where git comes back to what a rollback brought, the failure is over, though nothing is rolled out")
    func revert() {
        var course = Course()
        course.told.note(Told.event(.failed))
        course.told.note(Told.event(.rolledBack))
        let held = Self.standing(.rolledBack, target: Told.bad, isAsGitSays: false)
        #expect(course.see(held, after: .zero) == [])
        #expect(course.see(held, after: .seconds(600)) == [])
        #expect(course.see(Self.standing(.rolledBack), after: .seconds(1)) == [.recovered])
        #expect(course.see(Self.standing(.rolledBack), after: .seconds(600)) == [])
    }

    @Test("A fight over a field is told of when it begins and when it ends")
    func drift() {
        var course = Course()
        #expect(course.see(Self.standing(.succeeded, fight: "fought 3 times"), after: .zero) == [.driftFought])
        #expect(course.see(Self.standing(.succeeded, fight: "fought 4 times"), after: .seconds(60)) == [])
        #expect(course.see(Self.standing(.succeeded), after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.succeeded, fight: "fought again"), after: .seconds(300)) == [])
        #expect(course.see(Self.standing(.succeeded), after: .seconds(1)) == [])
        #expect(course.see(Self.standing(.succeeded), after: .seconds(599)) == [])
        #expect(course.see(Self.standing(.succeeded), after: .seconds(1)) == [.driftEnded])
    }

    @Test("What a commit holds and cannot be rolled out is told of once, and once when it can be again")
    func broken() {
        var course = Course()
        func see(_ problem: String?, _ revision: String, after delay: Duration) -> [NotificationKind] {
            course.uptime += delay
            let standing = SourceStanding(
                target: Told.api, problem: problem.map { Cause(reason: "ManifestsInvalid", message: $0) },
                revision: revision)
            let events = course.levels.events(
                for: standing, told: course.told, uptime: course.uptime, now: course.wall, makeID: { "id" })
            for event in events { course.told.note(event) }
            return events.map(\.kind)
        }
        #expect(see(nil, "c0", after: .seconds(90)) == [])
        #expect(see("line 3", "c1", after: .zero) == [])
        #expect(see("line 3", "c1", after: .seconds(5)) == [.broken])
        #expect(see("line 3", "c2", after: .seconds(90)) == [], "the same mistake")
        course.levels = NotificationLevels(stuckAfter: .seconds(600))
        #expect(see("line 3", "c2", after: .seconds(90)) == [], "a daemon that is started again")
        #expect(see("line 4", "c3", after: .seconds(90)) == [.broken], "another mistake")
        #expect(see(nil, "c4", after: .seconds(1)) == [])
        #expect(see("line 4", "c4", after: .seconds(59)) == [], "a daemon that decides anew shows none for a moment")
        #expect(see(nil, "c4", after: .seconds(1)) == [])
        #expect(see(nil, "c4", after: .seconds(60)) == [.mended])
        #expect(
            course.told.latest[.source].map { NotificationText($0).body }
                == "it could not be used at c3: ManifestsInvalid: line 4")
        #expect(see(nil, "c5", after: .seconds(600)) == [])
    }
}
