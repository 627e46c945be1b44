// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What others change while a rollout is under way.
extension RolloutRun {
    /// Undoes it as at rest. Otherwise what is judged is somebody's edit, and a revision passes that nobody saw run.
    /// However long the rollout waits, what it would not change stays as it was last applied.
    func undoDrift() async throws {
        let version = context.drift.signal(for: start.target).version
        let isNews = isDriftSuspected || version != driftSeen
        // Of what was just applied, something may be left that was known before.
        let suspects = isNews ? ids : looked
        guard !suspects.isEmpty else { return }
        driftSeen = version
        isDriftSuspected = false
        let healer = DriftHealer(
            context: context, target: start.target, rollout: start.id, rules: desired.application.drift,
            policy: desired.application.conflicts, suspensions: [], healed: [],
            application: desired)
        let drifted = context.drift.differences(of: suspects)
        guard !drifted.isEmpty else { return }
        let isOld =
            try await context.store.succession(
                unknownTo: start.target, in: desired.environment.namespace, of: context.clusterName) != nil
        for id in suspects where drifted[id] != nil {
            guard let manifest = manifests[id], !Hook.runsOnce(id.groupKind), !underWay.contains(id),
                !isOld, isInForce(manifest)
            else { continue }
            let wrong = context.drift.differences(of: id).filter { difference in
                !difference.signal.isQuiet && healer.action(on: difference, of: manifest) == .heal
            }
            guard !wrong.isEmpty else { continue }
            // What is not undone now is looked at again.
            isDriftSuspected = true
            guard !context.tenancy.isUnknown(in: id.namespace),
                wrong.contains(where: { fights.pause(of: $0, id, now: time.now) == nil })
            else { continue }
            switch try await healer.giving(fights, now: time.now).heal(manifest) {
            case .nothing: break
            case .leftAlone(let differences): fights.leftAlone(differences, of: id, now: time.now)
            case .failed(let differences, let problem):
                fights.failed(differences, of: id, because: problem, now: time.now)
            case .healed(let differences):
                fights.undid(differences, of: id, now: time.now)
                note("undid on \(id): \(differences.map(\.description).joined(separator: "; "))")
                // Taken in anew, at the generation that it has now.
                nodes[id] = .pending(problem: nil, retryAt: nil)
                waits[id] = nil
                restless.insert(id)
            }
        }
    }

    /// Whether what this rollout has of an object is what was applied last, by it or before it. What it is about to
    /// change is not brought back to what it was.
    private func isInForce(_ manifest: Manifest) -> Bool {
        switch nodes[manifest.id] {
        case .applied: true
        case .pending:
            !context.drift.differences(of: manifest.id).isEmpty
                && context.drift.wasApplied(manifest.id, mark: mark(of: manifest, manifest.id), by: start.target)
                && context.settings.allow.refusal(of: manifest) == nil
        case .settled, nil: false
        }
    }
}
