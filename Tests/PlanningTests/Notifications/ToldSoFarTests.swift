// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("What is told of rollouts")
struct ToldSoFarTests {
    @Test("A rollout that goes well is told of when it begins and when it is healthy, and by no phase between")
    func success() {
        let phases: [RolloutPhase] = [.queued, .applying, .progressing, .verifying, .succeeded]
        #expect(ToldSoFar.kinds(phases.map { Told.phase($0) }) == [.started, .succeeded])
    }

    @Test("A failure, its rollback and the fix that follows are three changes of verdict")
    func story() throws {
        var told = ToldSoFar()
        let failure = try #require(told.events(for: Told.phase(.failed, digest: "d2", cause: Told.cause)).first)
        told.note(failure)
        #expect(failure.kind == .failed)
        #expect(told.isOpen(.rollout))
        let back = try #require(
            told.events(
                for: Told.phase(
                    .rolledBack, rollout: "r2", trigger: .rollback, revision: Told.good, from: Told.bad)
            ).first)
        told.note(back)
        #expect(back.kind == .rolledBack)
        #expect(back.cause == Told.cause, "why it was rolled back")
        #expect(back.fromRevision == Told.bad)
        #expect(told.isOpen(.rollout), "git still asks for what failed")
        let fixed = try #require(told.events(for: Told.phase(.succeeded, rollout: "r3", digest: "d3")).first)
        told.note(fixed)
        #expect(fixed.kind == .recovered)
        #expect(!told.isOpen(.rollout))
    }

    @Test("The same verdict on the same digest is told of once")
    func stillFailing() {
        let failures = [
            Told.phase(.failed, rollout: "r1", digest: "d2"), Told.phase(.failed, rollout: "r2", digest: "d2"),
            Told.phase(.failed, rollout: "r3", digest: "d3"),
        ]
        #expect(ToldSoFar.kinds(failures) == [.failed, .failed], "the second digest is another revision's failure")
    }

    @Test("What is taken up again or comes again with the same digest tells nothing new")
    func resumed() {
        #expect(
            ToldSoFar.kinds([
                Told.phase(.succeeded, rollout: "r1"), Told.phase(.queued, rollout: "r2", trigger: .resume),
                Told.phase(.succeeded, rollout: "r2", trigger: .resume), Told.phase(.succeeded, rollout: "r3"),
            ]) == [.succeeded])
    }

    @Test(
        "What was told to begin is told to be healthy, though the same digest ran before: a commit is not left pending")
    func revert() {
        #expect(
            ToldSoFar.kinds([
                Told.phase(.succeeded, rollout: "r1"),
                Told.phase(.queued, rollout: "r2", digest: "d2", revision: Told.bad),
                Told.phase(.superseded, rollout: "r2", digest: "d2", revision: Told.bad),
                Told.phase(.queued, rollout: "r3", revision: "c3"),
                Told.phase(.succeeded, rollout: "r3", revision: "c3"),
                Told.phase(.succeeded, rollout: "r4", trigger: .resume, revision: "c3"),
            ]) == [.succeeded, .started, .started, .succeeded])
    }

    @Test("What comes back after a person had it destroyed is told of")
    func comesBack() {
        let phases = [
            Told.phase(.succeeded, rollout: "r1"),
            Told.phase(.succeeded, rollout: "r2", digest: "", trigger: .removal),
            Told.phase(.succeeded, rollout: "r3", trigger: .resume),
        ]
        #expect(ToldSoFar.kinds(phases).count == ToldSoFar.kinds(Array(phases.dropLast())).count + 1)
        #expect(ToldSoFar.kinds(phases).last == .succeeded)
    }

    @Test("A daemon that was ended and goes on with a rollout does not begin it twice")
    func resumedRollout() {
        #expect(ToldSoFar.kinds([Told.phase(.queued), Told.phase(.blocked), Told.phase(.queued)]) == [.started])
    }

    @Test("Another rollout of the same at the same commit does not begin it twice, unless it had ended")
    func begunAgain() {
        let again = [
            Told.phase(.queued), Told.phase(.superseded), Told.phase(.queued, rollout: "r2"),
            Told.phase(.superseded, rollout: "r2"), Told.phase(.queued, rollout: "r3"),
        ]
        #expect(ToldSoFar.kinds(again) == [.started])
        #expect(
            ToldSoFar.kinds(
                again + [
                    Told.phase(.failed, rollout: "r3"), Told.phase(.queued, rollout: "r4"),
                    Told.phase(.queued, rollout: "r5", revision: "c5"),
                ]) == [.started, .failed, .started, .started])
    }

    @Test("What waits for a person goes on waiting while what ran before it is taken back; a stuck rollback does not")
    func waitsDuringRollback() {
        var told = ToldSoFar()
        told.note(Told.event(.awaitingApproval))
        let failed = Told.phase(.failed, rollout: "r2", digest: "d2", after: .seconds(5))
        let back = Told.phase(.rolledBack, rollout: "r3", digest: "d0", trigger: .rollback, after: .seconds(9))
        #expect(told.events(for: back).map(\.kind) == [.rolledBack])
        var stuck = Told.event(.stuck)
        told.note(stuck)
        #expect(told.events(for: back).map(\.kind) == [.rolledBack], "it is of what waits at the gate")
        stuck.digest = nil
        told.note(stuck)
        #expect(told.events(for: back).map(\.kind) == [.unblocked, .rolledBack])
        #expect(told.events(for: failed).map(\.kind) == [.unblocked, .failed])
    }

    @Test("What something newer ended is not told of", arguments: [RolloutPhase.superseded, .blocked, .rollingBack])
    func silent(phase: RolloutPhase) {
        #expect(ToldSoFar.kinds([Told.phase(phase)]) == [])
    }

    @Test("A rollback that fails is left for a person, and says so once")
    func rollbackFails() {
        #expect(
            ToldSoFar.kinds([
                Told.phase(.failed, digest: "d2"), Told.phase(.failed, rollout: "r2", trigger: .rollback),
                Told.phase(.failed, rollout: "r2", trigger: .rollback),
            ]) == [.failed, .rollbackFailed])
    }

    @Test("What nobody can judge is told of in words of its own, once, and is over when it is healthy")
    func inconclusive() throws {
        let cause = Cause(reason: CheckProgress.inconclusive, message: "whether it is well is not known")
        let phase = Told.phase(.failed, digest: "d2", cause: cause, outcome: .inconclusive)
        var told = ToldSoFar()
        let event = try #require(told.events(for: phase).first)
        #expect(event.kind == .inconclusive)
        let text = NotificationText(event)
        #expect(text.title == "api in production cannot be judged at aaaaaaa: held for a person")
        #expect(text.body.contains("`mainstay release api -e production` asks again"))
        #expect(CommitStatusPayload(event, message: nil)?.state == .pending)
        told.note(event)
        #expect(told.events(for: phase).isEmpty)
        #expect(told.events(for: Told.phase(.succeeded, rollout: "r2", digest: "d2")).map(\.kind) == [.recovered])
        let back = try #require(
            told.events(for: Told.phase(.failed, trigger: .rollback, cause: cause, outcome: .inconclusive)).first)
        #expect(back.kind == .rollbackFailed)
        #expect(
            NotificationText(back).title
                == "api in production was rolled back to aaaaaaa, which cannot be judged: left for a person")
    }

    @Test("A relapse while it bakes is a failure after a success")
    func relapse() {
        #expect(ToldSoFar.kinds([Told.phase(.succeeded), Told.phase(.failed)]) == [.succeeded, .failed])
    }

    @Test("An application that leaves ends all that was wrong with it")
    func removal() {
        var told = ToldSoFar()
        told.note(Told.event(.failed))
        told.note(Told.event(.degraded))
        told.note(Told.event(.stuck))
        let removed = told.events(for: Told.phase(.succeeded, rollout: "r9", digest: "", trigger: .removal))
        #expect(removed.map(\.kind) == [.recovered, .unblocked, .healthy])
        #expect(Set(removed.map(\.id)).count == 3)
        #expect(removed.allSatisfy { $0.revision == nil })
        #expect(NotificationText(removed[0]).title == "api in production was removed")
    }

    @Test(
        "What waited goes on before it is told how it ended, once",
        arguments: [NotificationKind.stuck, .awaitingApproval])
    func goesOn(opening: NotificationKind) throws {
        var told = ToldSoFar()
        told.note(Told.event(opening, since: Told.start))
        // A daemon that is started again comes so far and may wait again.
        for phase: RolloutPhase in [.queued, .blocked, .applying, .progressing, .verifying, .superseded] {
            #expect(
                !told.events(for: Told.phase(phase, rollout: "r2", after: .seconds(9))).contains {
                    $0.kind == .unblocked
                })
        }
        let end = Told.phase(.succeeded, rollout: "r2", digest: "d2", after: .seconds(9), sequence: 7)
        let events = told.events(for: end)
        #expect(events.map(\.kind) == [.unblocked, .succeeded])
        #expect(events.first?.since == Told.start)
        for event in events { told.note(event) }
        #expect(!told.isOpen(.wait))
        #expect(told.events(for: end).isEmpty)
        // Another wait of the same rollout ends by itself.
        told.note(Told.event(opening))
        let failed = Told.phase(.failed, rollout: "r3", digest: "d3", after: .seconds(9), sequence: 8)
        #expect(told.events(for: failed).map(\.kind) == [.unblocked, .failed])
        #expect(told.events(for: failed).first?.id != events.first?.id)
    }

    @Test("What ended before, or is about what runs already, is no end of a wait")
    func goesOnNot() {
        var told = ToldSoFar()
        told.note(Told.event(.succeeded))
        told.note(Told.event(.awaitingApproval))
        func kinds(_ phase: RecordedPhase) -> [NotificationKind] { told.events(for: phase).map(\.kind) }
        #expect(kinds(Told.phase(.succeeded, rollout: "r2", digest: "d2")) == [.succeeded], "no later than it")
        #expect(kinds(Told.phase(.failed, after: .seconds(9))) == [.failed], "a relapse of what runs")
        #expect(kinds(Told.phase(.succeeded, rollout: "r2", trigger: .approve, after: .seconds(9))) == [])
    }

    @Test("What a person did says who and why; a rollback of theirs calls nobody, and shows the commit it took back")
    func people() throws {
        var phase = Told.phase(.rolledBack, rollout: "r2", trigger: .rollback, revision: Told.good, from: Told.bad)
        phase.person = "ada"
        phase.reason = "too slow"
        let back = try #require(ToldSoFar().events(for: phase).first)
        #expect(back.note == "rolled back by ada: too slow")
        #expect(NotificationText(back).lines.contains("commit bbbbbbb: Answer faster (Ada)"))
        #expect(NotificationService.allCases.filter { !$0.understands(back) } == [.pagerduty, .alertmanager])
        #expect(CommitStatusPayload(back, message: nil)?.description == "rolled back to aaaaaaa by ada")
        #expect(NotificationEvent(json: back.json) == back)
        phase.person = nil
        let byItself = try #require(ToldSoFar().events(for: phase).first)
        #expect(NotificationService.pagerduty.understands(byItself))
        var removal = Told.phase(.succeeded, rollout: "r9", digest: "", trigger: .removal)
        removal.person = "grace"
        removal.reason = "moved"
        #expect(ToldSoFar().events(for: removal).first?.note == "destroyed by grace: moved")
    }

    @Test("Nobody is called off who was not called: what a person's rollback ends with is told to no alerting service")
    func callsNobodyOff() throws {
        var byPerson = Told.phase(.rolledBack, rollout: "r8", digest: "d0", trigger: .rollback, from: Told.bad)
        byPerson.person = "ada"
        let byItself = Told.phase(.rolledBack, rollout: "r7", digest: "d1", trigger: .rollback, from: Told.bad)
        let failed = Told.phase(.failed, digest: "d2", cause: Told.cause)
        let courses: [([RecordedPhase], isAlertOpen: Bool)] = [
            ([byPerson], false), ([failed, byPerson], true), ([failed, byItself, byPerson], true), ([failed], true),
        ]
        for (phases, isAlertOpen) in courses {
            var told = ToldSoFar()
            for phase in [Told.phase(.succeeded)] + phases {
                for event in told.events(for: phase) {
                    // As after a restart.
                    told.note(try #require(NotificationEvent(json: event.json)))
                }
            }
            var removal = Told.phase(.succeeded, rollout: "r9", digest: "", trigger: .removal)
            removal.person = "grace"
            for phase in [Told.phase(.succeeded, rollout: "r9", digest: "d9"), removal] {
                let event = try #require(told.events(for: phase).first)
                let kept = try #require(NotificationEvent(json: event.json))
                #expect(event.kind == .recovered && kept == event)
                #expect(NotificationService.pagerduty.understands(kept) == isAlertOpen)
                #expect(NotificationService.slack.understands(kept))
            }
        }
    }

    @Test("An event's id follows from its rollout, so that it is the same whoever makes it again")
    func identity() {
        #expect(ToldSoFar().events(for: Told.phase(.failed)).map(\.id) == ["r1-failed"])
    }

    @Test("An event is read as it was written")
    func json() throws {
        let event = Told.event(.failed, from: Told.good, cause: Told.cause, since: Told.start)
        #expect(NotificationEvent(json: try JSON.parse(JSON.text(event.json))) == event)
        #expect(NotificationEvent(json: ["id": "x", "event": "exploded"]) == nil)
    }
}
