// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler

/// How each application stands at the end of a simulation, by its status and by the ledger.
struct SimulationReport: Sendable {
    let base: SimulatedRevision?
    let next: SimulatedRevision
    let statuses: [ApplicationStatus]
    let ledger: Ledger
    let mergedAt: Timestamp
    /// Why the new pipeline is not in force.
    let daemonError: String?

    private static let shownNotes = 3

    private enum Word: String {
        case fine = "ok"
        case waits
        case failed = "FAILED"
    }

    /// - Returns: whether all is well.
    func tell(_ tell: (String) -> Void, after duration: Duration) async throws -> Bool {
        tell("after \(SimulatedDuration.text(duration)):")
        var isWell = true
        if let daemonError {
            tell("  FAILED  \(daemonError.withoutControls)")
            isWell = false
        }
        let targets = Set(next.pipeline.targets + (base?.pipeline.targets ?? [])).sorted()
        let width = targets.map(\.description.count).max() ?? 0
        for target in targets {
            let (word, text) = try await judged(target)
            if word != .fine { isWell = false }
            let name = "\(target)".padding(to: width)
            tell("  \(word.rawValue.padding(to: 6))  \(name)  \(text.withoutControls)")
        }
        return isWell
    }

    private func judged(_ target: TargetID) async throws -> (Word, String) {
        guard let status = statuses.first(where: { $0.target == target }) else {
            return next.pipeline.targets.contains(target) ? (.failed, "was never begun") : (.fine, "removed")
        }
        let rollouts = try await ledger.rollouts(
            application: target.application, environment: target.environment, limit: 20
        ).filter { $0.rollout.startedAt >= mergedAt }
        let why = status.cause?.description ?? status.message
        switch status.phase {
        case .succeeded where status.health == .healthy && status.quarantine == nil:
            guard let last = rollouts.first, let ended = last.phases.last?.at else {
                return (.fine, isNew(target) ? "as it was" : "not touched")
            }
            let took = SimulatedDuration.text(ended - last.rollout.startedAt)
            let notes = last.verdict?.verdict.notes ?? []
            let shown =
                notes.prefix(Self.shownNotes)
                + (notes.count > Self.shownNotes ? ["and \(notes.count - Self.shownNotes) more notes"] : [])
            return (.fine, (["rolled out in \(took)"] + shown).joined(separator: "; "))
        case .rolledBack:
            let cause = status.quarantine?.cause.description ?? why
            return (
                .failed, "\(cause); rolled back to \(name(of: status.revision)), which is \(status.health.rawValue)"
            )
        case .idle where !next.pipeline.targets.contains(target): return (.fine, "removed")
        case .failed: return (.failed, why)
        case .blocked, .queued, .idle:
            return (.waits, why.isEmpty ? "it has not begun" : why)
        default: return (.failed, "is still \(status.phase.rawValue)\(why.isEmpty ? "" : ": \(why)")")
        }
    }

    private func isNew(_ target: TargetID) -> Bool {
        guard case .success(let after)? = next.desired[target], case .success(let before)? = base?.desired[target]
        else {
            return true
        }
        return before.digest != after.digest
    }

    private func name(of commit: String?) -> String {
        guard let commit else { return "nothing" }
        return commit == SimulatedRevision.workTree ? "the files as they are" : String(commit.prefix(7))
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self
    }
}
