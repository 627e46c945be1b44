// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// What people said about the application, as far as it bears on what is done.
extension TargetWorker {
    /// The rollback that a person asked for. It is over once git asks for something else, and stays so though git may
    /// come back to what it was.
    func holdInForce(_ desired: Desired) async throws -> Hold? {
        guard let hold = try await context.store.hold(of: target) else { return nil }
        if hold.awayFromDigest == desired.digest { return hold }
        try await context.store.endHold(
            hold, by: "mainstay", because: "git asks for something else: \(desired.commit)", at: context.now)
        logger.notice("no longer held", metadata: ["revision": "\(desired.commit)", "hold": "\(hold.text)"])
        return nil
    }

    /// Leaves everything as it is. What was under way stays open, and goes on once it is taken up again.
    func setAside(because suspension: Suspension) async throws {
        context.board.withdraw(target)
        waitingAtGate = nil
        // Who waits for it elsewhere is told by whom.
        context.standings.noteProgress(of: target)
        let cause = Cause(reason: "Suspended", message: suspension.text)
        if let latest = try await context.store.history(of: target).latest, !latest.phase.isFinal,
            latest.phase != .blocked
        {
            try await recordPhase(.blocked, of: latest.start, cause: cause)
        }
        publish {
            $0.cause = cause
            let running = $0.revision.map { "stays at \($0.prefix(7)), " } ?? ""
            $0.message = "\(running)\(suspension.text)"
        }
    }

    func hold(_ reason: HoldReason, _ desired: Desired) {
        context.board.withdraw(target)
        let arguments = "\(target.application) -e \(target.environment)"
        publish {
            let running = $0.revision.map { "holding at \($0.prefix(7))" } ?? "holding"
            switch reason {
            case .quarantined(let quarantine):
                $0.cause = quarantine.cause
                let prefix = $0.revision == nil ? "" : "\(running), "
                $0.message = "\(prefix)\(quarantine.revision.prefix(7)) quarantined because \(quarantine.cause)"
                if $0.revision == nil {
                    $0.message +=
                        "; nothing was well here before, so that there is nothing to go back to: merge what mends it, or, where "
                        + "the cause was elsewhere, `mainstay release \(arguments)` tries it again"
                }
            case .inconclusive(let rollout):
                let cause = rollout.verdict?.cause
                $0.cause = cause
                $0.message =
                    "\(rollout.start.revision.prefix(7)) is held for a person: \(cause?.message ?? ""); it was neither "
                    + "taken back nor is it taken for healthy: `mainstay release \(arguments)` asks again, `mainstay "
                    + "rollback \(arguments)` goes back"
            case .person(let hold):
                $0.hold = hold
                $0.cause = nil
                $0.message =
                    "holding at \(hold.to.start.revision.prefix(7)) because \(hold.text); git asks for "
                    + "\(desired.commit.prefix(7))"
                if let succession = self.succession, hold.since < succession.at {
                    let revision = hold.to.start.revision.prefix(7)
                    $0.message +=
                        "; that was said before the rule of \(succession.other): `mainstay rollback \(arguments) --to "
                        + "\(revision)` says it again, and has it healed from then on; `mainstay release \(arguments)` "
                        + "takes what git asks for"
                }
            case .rollbackFailed(let rollback, let quarantine):
                let cause = rollback.verdict?.cause
                $0.phase = .failed
                $0.cause = cause ?? quarantine?.cause
                let why = cause.map { " because \($0)" } ?? ""
                let first = quarantine.map { "\($0.revision.prefix(7)) quarantined because \($0.cause); " } ?? ""
                $0.message =
                    "\(first)the rollback to \(rollback.start.revision.prefix(7)) "
                    + "\(rollback.isInconclusive ? "cannot be judged" : "failed too")\(why): left for a person, with "
                    + "`mainstay release \(arguments)` for what git asks for, or `mainstay rollback \(arguments) --to "
                    + "REVISION` for another"
            }
        }
    }

    /// What a rollout is to do: everything but the objects that people set aside, which the verdict names.
    func split(_ desired: Desired) async throws -> (desired: Desired, notes: [String]) {
        let suspensions = try await context.store.suspensions()
        guard !suspensions.isEmpty else { return (desired, []) }
        var active = desired
        var notes: [String] = []
        var manifests: [Manifest] = []
        for manifest in desired.manifests {
            if let suspension = suspensions.first(covering: target, manifest.id) {
                notes.append("\(manifest.id) was left alone: \(suspension.text)")
                active.setAside.append(manifest)
            } else {
                manifests.append(manifest)
            }
        }
        active.manifests = manifests
        return (active, notes)
    }
}
