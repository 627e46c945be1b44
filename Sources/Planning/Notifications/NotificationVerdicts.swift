// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// A phase of a rollout as the ledger has it, with what a notification tells of it.
package struct RecordedPhase: Sendable, Hashable {
    /// Where it stands in the ledger.
    package var sequence: Int64
    package var rollout: String
    package var target: TargetID
    package var trigger: RolloutTrigger
    package var digest: String
    package var revision: String
    package var fromRevision: String?
    package var phase: RolloutPhase
    package var cause: Cause?
    package var at: Timestamp
    /// The commit that the notification is about was made by, and is called.
    package var author: String?
    package var subject: String?
    /// What the verdict notes besides.
    package var notes: [String]
    /// The verdict's, where there was one by then.
    package var outcome: Verdict.Outcome?
    /// Who asked for it, a rollback or that it be destroyed, and why; nil where git or the daemon did.
    package var person: String?
    package var reason: String?

    package init(
        sequence: Int64, rollout: String, target: TargetID, trigger: RolloutTrigger, digest: String, revision: String,
        fromRevision: String? = nil, phase: RolloutPhase, cause: Cause? = nil, at: Timestamp, author: String? = nil,
        subject: String? = nil, notes: [String] = [], outcome: Verdict.Outcome? = nil,
        person: String? = nil, reason: String? = nil
    ) {
        self.sequence = sequence
        self.rollout = rollout
        self.target = target
        self.trigger = trigger
        self.digest = digest
        self.revision = revision
        self.fromRevision = fromRevision
        self.phase = phase
        self.cause = cause
        self.at = at
        self.author = author
        self.subject = subject
        self.notes = notes
        self.outcome = outcome
        self.person = person
        self.reason = reason
    }
}

/// What was told last of one application in one environment: from it and what happens follows what is told next.
///
/// Only a change of verdict speaks: the same verdict on the same digest does not, whatever made it again; and neither does
/// a rollout that something newer ended, or one that only takes up what was left over.
package struct ToldSoFar: Sendable, Hashable {
    package private(set) var latest: [NotificationFamily: NotificationEvent] = [:]
    /// A beginning was told of, and no verdict since: what somebody shows as under way until they hear more.
    private var isUnderWay = false

    package init() {}

    /// A person's rollback is all there is to recover from: it called nobody, and nobody is to be called off.
    var endsNoAlert: Bool {
        guard let last = latest[.verdict] else { return false }
        return last.kind == .rolledBack && last.person != nil && last.cause == nil
    }

    /// In the order in which they were told.
    package mutating func note(_ event: NotificationEvent) {
        latest[event.kind.family] = event
        switch event.kind.family {
        case .start: isUnderWay = true
        case .verdict: isUnderWay = false
        case .wait, .health, .drift, .source, .test: break
        }
    }

    /// Whether it was told that this began, and not yet how it ended.
    private func isUnderWay(_ phase: RecordedPhase) -> Bool {
        isUnderWay && latest[.start]?.digest == phase.digest && latest[.start]?.revision == phase.revision
    }

    /// Whether a trouble was told of whose end was not.
    package func isOpen(_ problem: NotificationProblem) -> Bool { opening(of: problem) != nil }

    /// What was told last of a trouble that goes on.
    package func opening(of problem: NotificationProblem) -> NotificationEvent? {
        let event: NotificationEvent? =
            switch problem {
            case .rollout: latest[.verdict]
            case .wait: latest[.wait]
            case .health: latest[.health]
            case .drift: latest[.drift]
            case .source: latest[.source]
            }
        guard let event, event.kind.problem == problem, !event.kind.resolves else { return nil }
        return event
    }

    /// What a phase of a rollout has to be told as; none for most.
    package func events(for phase: RecordedPhase) -> [NotificationEvent] {
        (goesOn(phase).map { [$0] } ?? []) + verdicts(phase)
    }

    /// What waited has gone on where its rollout ended, which is told first. Phases before the end prove nothing: a daemon
    /// that is started again goes through them up to where it waits once more.
    private func goesOn(_ phase: RecordedPhase) -> NotificationEvent? {
        guard let wait = opening(of: .wait), phase.at > wait.at, latest[.verdict]?.rollout != phase.rollout else {
            return nil
        }
        switch phase.phase {
        case .succeeded, .failed, .rolledBack: break
        case .idle, .queued, .blocked, .applying, .progressing, .verifying, .rollingBack, .superseded: return nil
        }
        switch phase.trigger {
        case .revision: break
        // What waits at the gate goes on waiting while what ran before it is taken back.
        case .rollback: guard wait.kind == .stuck, wait.digest == nil else { return nil }
        // A removal ends more than this; the others may be about what runs, while something newer waits at the gate.
        case .removal, .resume, .approve, .reconcile: return nil
        }
        // A rollout may wait, and go on, more than once.
        return NotificationEvent(
            id: "\(phase.rollout)-\(NotificationKind.unblocked.rawValue)-\(phase.sequence)", kind: .unblocked,
            target: phase.target, at: phase.at, rollout: phase.rollout, digest: phase.digest, revision: phase.revision,
            since: wait.since, note: wait.past("it had waited"))
    }

    private func verdicts(_ phase: RecordedPhase) -> [NotificationEvent] {
        switch phase.phase {
        case .queued:
            // A daemon that is started again at a gate begins another rollout of the same.
            guard phase.trigger == .revision, latest[.start]?.rollout != phase.rollout, !isUnderWay(phase) else {
                return []
            }
            return [event(.started, phase)]
        case .succeeded:
            if phase.trigger == .removal { return removed(phase) }
            return succeeded(phase)
        case .rolledBack:
            if let last = latest[.verdict], last.kind == .rolledBack, last.digest == phase.digest,
                last.fromRevision == phase.fromRevision
            {
                return []
            }
            let asked = Self.word("rolled back", phase).map { ([$0] + phase.notes).joined(separator: "; ") }
            return [event(.rolledBack, phase, takenBackBecause: true, note: asked?.shortened(to: 500))]
        case .failed:
            let isKnown = phase.outcome != .inconclusive
            let kind: NotificationKind =
                phase.trigger == .rollback ? .rollbackFailed : isKnown ? .failed : .inconclusive
            if let last = latest[.verdict], last.kind == kind, last.digest == phase.digest { return [] }
            guard kind == .inconclusive else { return [event(kind, phase)] }
            let arguments = "\(phase.target.application) -e \(phase.target.environment)"
            let answers = "`mainstay release \(arguments)` asks again, `mainstay rollback \(arguments)` goes back"
            return [event(kind, phase, note: ([answers] + phase.notes).joined(separator: "; ").shortened(to: 500))]
        case .idle, .blocked, .applying, .progressing, .verifying, .rollingBack, .superseded: return []
        }
    }

    private func succeeded(_ phase: RecordedPhase) -> [NotificationEvent] {
        if isOpen(.rollout) { return [event(.recovered, phase)] }
        guard let last = latest[.verdict] else {
            return phase.trigger == .resume || phase.trigger == .reconcile ? [] : [event(.succeeded, phase)]
        }
        // What comes back after something else, or nothing, was there is news, whatever began it; and so is the end of
        // what was told to begin, though that is what ran before: a revert ends the rollout of what it takes back.
        if last.digest == phase.digest, !isUnderWay(phase) { return [] }
        return [event(.succeeded, phase)]
    }

    /// Whatever was wrong with it is over. It is about no commit any more.
    private func removed(_ phase: RecordedPhase) -> [NotificationEvent] {
        let ends: [(NotificationProblem, NotificationKind)] = [
            (.wait, .unblocked), (.health, .healthy), (.drift, .driftEnded), (.source, .mended),
        ]
        let kinds = [isOpen(.rollout) ? .recovered : .succeeded] + ends.filter { isOpen($0.0) }.map(\.1)
        return kinds.map { kind in
            let note = Self.word("destroyed", phase) ?? "it left the pipeline, and was removed"
            var event = event(kind, phase, note: note)
            event.revision = nil
            event.author = nil
            event.subject = nil
            return event
        }
    }

    /// What a person did, and why; nil where nobody did.
    private static func word(_ done: String, _ phase: RecordedPhase) -> String? {
        guard let person = phase.person else { return nil }
        let why = phase.reason.map { ": \($0)" } ?? ""
        return "\(done) by \(person)\(why)".singleLine.shortened(to: 300)
    }

    private func event(
        _ kind: NotificationKind, _ phase: RecordedPhase, takenBackBecause: Bool = false, note: String? = nil
    ) -> NotificationEvent {
        // Why it was rolled back is the cause of the failure before.
        let cause =
            takenBackBecause ? latest[.verdict].flatMap { Self.trouble($0, over: phase) } : phase.cause
        let notes = phase.notes.joined(separator: "; ").shortened(to: 500)
        var event = NotificationEvent(
            id: "\(phase.rollout)-\(kind.rawValue)", kind: kind, target: phase.target, at: phase.at,
            rollout: phase.rollout, digest: phase.digest, revision: phase.revision, fromRevision: phase.fromRevision,
            author: phase.author?.singleLine.shortened(to: 200), subject: phase.subject?.singleLine.shortened(to: 200),
            cause: cause, note: note ?? (notes.isEmpty ? nil : notes), person: phase.person)
        event.endsNoAlert = kind == .recovered && endsNoAlert
        return event
    }

    /// What was wrong, of what was told last. A person who rolls back once more ends no trouble by that.
    private static func trouble(_ last: NotificationEvent, over phase: RecordedPhase) -> Cause? {
        switch last.kind {
        case .failed, .inconclusive: last.cause
        case .rolledBack, .rollbackFailed: phase.person == nil ? nil : last.cause
        default: nil
        }
    }
}
