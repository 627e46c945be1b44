// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// How an application stands, as far as it is told of.
package struct ApplicationStanding: Sendable, Hashable {
    package var target: TargetID
    package var phase: RolloutPhase
    package var health: HealthStatus
    package var cause: Cause?
    package var revision: String?
    package var targetRevision: String?
    /// What git asks for: the same at many a commit.
    package var targetDigest: String?
    /// A change by others that was undone and came back.
    package var fight: String?
    /// What runs is what git asks for, and nothing holds anything back.
    package var isAsGitSays: Bool
    /// What it waits for at the environment's gate, and since when.
    package var gateWaits: [GateWait.Reason]
    package var waitsSince: Timestamp?
    /// When a person last said something of it.
    package var spokenAt: Timestamp?
    /// When an approval of what waits ran out last.
    package var lapsedAt: Timestamp?

    package init(
        target: TargetID, phase: RolloutPhase, health: HealthStatus, cause: Cause? = nil, revision: String? = nil,
        targetRevision: String? = nil, targetDigest: String? = nil, fight: String? = nil,
        isAsGitSays: Bool = false, gateWaits: [GateWait.Reason] = [], waitsSince: Timestamp? = nil,
        spokenAt: Timestamp? = nil,
        lapsedAt: Timestamp? = nil
    ) {
        self.target = target
        self.phase = phase
        self.health = health
        self.cause = cause
        self.revision = revision
        self.targetRevision = targetRevision
        self.targetDigest = targetDigest
        self.fight = fight
        self.isAsGitSays = isAsGitSays
        self.gateWaits = gateWaits
        self.waitsSince = waitsSince
        self.spokenAt = spokenAt
        self.lapsedAt = lapsedAt
    }

    /// Waits for a person's word, whatever else it may wait for: told of at once, since people can speak meanwhile.
    var awaitsApproval: Bool {
        let words: [GateWait.Reason] = [.approval, .confirmation, .promotion]
        return phase == .blocked && words.contains { $0.rawValue == cause?.reason || gateWaits.contains($0) }
    }

    /// Waits for something else than people: a rollback shows what it waits for and stays one, and so does a rollout
    /// whose checks tell nothing yet. One whose checks tell that it is not well yet waits for nothing.
    package var waits: Bool {
        guard let cause, cause.reason != "Suspended", cause.reason != CheckProgress.waiting, !awaitsApproval else {
            return false
        }
        return phase == .blocked || phase == .rollingBack || phase == .verifying
    }

    /// Whether a person was asked for a word on the very same, whichever commit is the newest that asks for it, and no
    /// word has run out since.
    fileprivate func isAsked(by event: NotificationEvent?) -> Bool {
        guard let event, event.kind == .awaitingApproval else { return false }
        // Both are times of words, and not when somebody looked.
        if let lapsedAt, event.since.map({ $0 < lapsedAt }) ?? true { return false }
        guard let asked = event.digest, let targetDigest else { return event.revision == targetRevision ?? revision }
        return asked == targetDigest
    }

    fileprivate var isAtRest: Bool { phase == .succeeded || phase == .rolledBack }
}

/// Tells of what goes on for a while: a rollout that waits, health that is lost. Elapsed time is measured on a clock that
/// never jumps; wall clocks are shown, and not calculated with.
package struct NotificationLevels: Sendable {
    /// What is not so for this long is no change of health: it would speak with every pod that starts again.
    static let settling = Duration.seconds(60)

    /// A daemon that decides anew, or starts, shows a rollout for a moment as if it did not wait.
    static let flicker = Duration.seconds(5)
    /// Who changes a field back may take minutes between one time and the next.
    static let peace = Duration.seconds(600)

    private struct Since: Sendable {
        var uptime: Duration
        var shown: Timestamp
    }

    private let stuckAfter: Duration
    private var waiting: [TargetID: Since] = [:]
    /// Since when something that waited does not.
    private var goingOn: [TargetID: Duration] = [:]
    private var peaceful: [TargetID: Duration] = [:]
    private var unwell: [TargetID: Since] = [:]
    private var well: [TargetID: Since] = [:]
    /// Since when what git holds can, or cannot, be rolled out.
    var broken: [TargetID: Duration] = [:]
    var usable: [TargetID: Duration] = [:]

    package init(stuckAfter: Duration) { self.stuckAfter = stuckAfter }

    /// Whether it is known since when the target waits.
    package func knowsWait(of target: TargetID) -> Bool { waiting[target] != nil }

    /// A daemon that starts finds what has been waiting: that time counts, but no more than makes it stuck.
    package mutating func resume(_ target: TargetID, waitingSince since: Timestamp, uptime: Duration, now: Timestamp) {
        let waited = min(max(now - since, .zero), stuckAfter)
        waiting[target] = Since(uptime: uptime - waited, shown: min(since, now))
    }

    /// Its end was told of otherwise: what waits from here on has not waited before.
    package mutating func endWait(of target: TargetID) {
        waiting[target] = nil
        goingOn[target] = nil
    }

    /// - Parameters:
    ///   - uptime: grows evenly, from any beginning.
    ///   - makeID: for each event that is answered.
    package mutating func events(
        for standing: ApplicationStanding, told: ToldSoFar, uptime: Duration, now: Timestamp, makeID: () -> String
    ) -> [NotificationEvent] {
        var events: [NotificationEvent] = []
        func tell(
            _ kind: NotificationKind, revision: String?, digest: String? = nil, cause: Cause? = nil,
            since: Timestamp? = nil, note: String? = nil
        ) {
            events.append(
                NotificationEvent(
                    id: makeID(), kind: kind, target: standing.target, at: now, digest: digest, revision: revision,
                    cause: cause, since: since, note: note))
        }
        let target = standing.target
        let wanted = standing.targetRevision ?? standing.revision

        // Waiting.
        let toldWait = told.opening(of: .wait)
        if standing.awaitsApproval {
            waiting[target] = nil
            goingOn[target] = nil
            if !standing.isAsked(by: toldWait) {
                tell(
                    .awaitingApproval, revision: wanted, digest: standing.targetDigest, cause: standing.cause,
                    since: standing.lapsedAt,
                    note: standing.lapsedAt.map { "an approval ran out \($0.secondsDescription)" })
            }
        } else if standing.waits {
            let since = waiting[target] ?? Since(uptime: uptime, shown: now)
            waiting[target] = since
            goingOn[target] = nil
            // That people were asked says nothing of what it waits for once they have spoken.
            if uptime - since.uptime >= stuckAfter, toldWait?.kind != .stuck {
                // A rollback is not about what git asks for.
                let digest = standing.phase == .rollingBack ? nil : standing.targetDigest
                tell(.stuck, revision: wanted, digest: digest, cause: standing.cause, since: since.shown)
            }
        } else if toldWait?.kind == .awaitingApproval, standing.phase == .rollingBack || standing.phase == .failed {
            // What ran before it is taken back meanwhile: people are still asked.
            waiting[target] = nil
            goingOn[target] = nil
        } else if waiting[target] != nil || toldWait != nil {
            let moment = goingOn[target] ?? uptime
            goingOn[target] = moment
            if uptime - moment >= Self.flicker {
                waiting[target] = nil
                // What a person sets aside is neither stuck nor going on.
                if let toldWait, standing.phase != .blocked {
                    tell(.unblocked, revision: wanted, since: toldWait.since, note: toldWait.past("it had waited"))
                }
            }
        }

        // Health at rest: a rollout's own is judged by its verdict.
        let isUnwell = standing.isAtRest && standing.health == .degraded
        let isWell = standing.isAtRest && standing.health == .healthy
        unwell[target] = isUnwell ? unwell[target] ?? Since(uptime: uptime, shown: now) : nil
        well[target] = isWell ? well[target] ?? Since(uptime: uptime, shown: now) : nil
        if let since = unwell[target], uptime - since.uptime >= Self.settling, !told.isOpen(.health) {
            tell(.degraded, revision: standing.revision, cause: standing.cause, since: since.shown)
        }
        if let since = well[target], uptime - since.uptime >= Self.settling, let lost = told.opening(of: .health) {
            tell(.healthy, revision: standing.revision, since: lost.since, note: lost.past("it was degraded"))
        }

        // Git came back to what a rollback had brought: no rollout says so.
        if let since = well[target], uptime - since.uptime >= Self.settling, standing.isAsGitSays,
            told.isOpen(.rollout)
        {
            tell(.recovered, revision: standing.revision, note: "git asks for what runs")
            events[events.count - 1].endsNoAlert = told.endsNoAlert
        }

        // Drift that comes back.
        if let fight = standing.fight {
            peaceful[target] = nil
            if !told.isOpen(.drift) { tell(.driftFought, revision: standing.revision, note: fight.shortened(to: 500)) }
        } else if standing.isAtRest, told.isOpen(.drift) {
            let moment = peaceful[target] ?? uptime
            peaceful[target] = moment
            if uptime - moment >= Self.peace { tell(.driftEnded, revision: standing.revision) }
        }
        return events
    }

    /// What is no longer there is forgotten.
    package mutating func forget(allBut targets: Set<TargetID>) {
        waiting = waiting.filter { targets.contains($0.key) }
        goingOn = goingOn.filter { targets.contains($0.key) }
        peaceful = peaceful.filter { targets.contains($0.key) }
        unwell = unwell.filter { targets.contains($0.key) }
        well = well.filter { targets.contains($0.key) }
    }
}
