// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler

extension MemoryStore.State {
    mutating func take(_ entry: MemoryStore.Entry, at time: Timestamp) throws {
        if isFailing || refuses?(entry) == true { throw MemoryStore.Failure() }
        journal.append(entry)
        switch entry {
        case .revision, .outcomes, .audit, .stillDone, .check, .goodCommit, .earlier, .hookRuns: break
        case .intents(let intents, let rollout):
            for intent in intents {
                announcements.append(("intent-\(announcements.count + 1)", rollout, intent))
            }
        case .source(let mark): sources.insert(mark)
        case .search(let cluster): searched.insert(cluster)
        case .succession(let succession):
            searched.remove(succession.cluster)
            successions.append((succession, journal.count))
        case .placed(let target, let cluster):
            placements[target] = (cluster, placements[target] == nil ? 0 : completions.count)
        case .takenUp(let found):
            for one in found {
                known.insert("\(one.target.environment)/\(one.record.object)")
                inventories[one.target, default: [:]][one.record.object] = one.record
            }
        case .hold(let hold):
            holds.removeAll { $0.target == hold.target }
            holds.append(hold)
        case .holdEnd(let hold, _, _): holds.removeAll { $0.id == hold.id }
        case .release(let target, let digest, _): quarantines[target, default: [:]][digest] = nil
        case .suspension(var suspension):
            lastSuspension += 1
            suspension.id = lastSuspension
            suspensions.append(suspension)
        case .approval(let approval): approvals.append(approval)
        case .removalPolicy(let policy, let target): removalPolicies[target] = policy
        case .proposal(let proposal): proposals.append(proposal)
        case .word(var word, let id):
            word.afterFreeze = word.afterFreeze ?? lastFreeze
            if let place = proposals.firstIndex(where: { $0.id == id }) { proposals[place].words.append(word) }
        case .freeze(var freeze):
            lastFreeze += 1
            freeze.id = lastFreeze
            freezes.removeAll { $0.scope == freeze.scope }
            freezes.append(freeze)
        case .thaw(let freeze): freezes.removeAll { $0.id == freeze.id }
        case .health(let mark, let target): healthMarks[target] = mark
        case .clock(let jump): clockJumps.append(jump)
        case .suspensionEnd(let suspension, _):
            suspensions.removeAll { $0.id == suspension.id }
            if suspension.scope.object != nil { resumptions.append((suspension.scope, rollouts.count)) }
        case .completions(let jobs, let target):
            completions += jobs.map { MemoryStore.Completion(target: target, manifest: $0, at: time) }
        case .began(let start): rollouts.append(MemoryStore.Rollout(start: start))
        case .phase(let phase, let id, let cause):
            change(id) { rollout in
                rollout.phases.append(phase)
                if let cause { rollout.causes.append(cause) }
            }
        case .verdict(let verdict, let start, let quarantines):
            change(start.id) { rollout in
                rollout.verdict = verdict
                rollout.phases.append(Self.phase(after: verdict, start))
            }
            guard quarantines else { break }
            self.quarantines[start.target, default: [:]][start.digest] = Quarantine(
                digest: start.digest, revision: start.revision,
                cause: verdict.cause ?? Cause(reason: "Failed", message: ""), since: time)
        case .inventory(let records, let target):
            for record in records {
                known.insert("\(target.environment)/\(record.object)")
                inventories[target, default: [:]][record.object] = record.isRemoved ? nil : record
            }
        }
    }

    func cluster(of target: TargetID) -> String? {
        placements[target]?.cluster
            ?? (inventories[target] != nil || rollouts.contains { $0.start.target == target } ? "" : nil)
    }

    private static func phase(after verdict: Verdict, _ start: RolloutStart) -> RolloutPhase {
        guard verdict.outcome == .healthy else { return .failed }
        return start.trigger == .rollback ? .rolledBack : .succeeded
    }

    private mutating func change(_ id: String, _ change: (inout MemoryStore.Rollout) -> Void) {
        guard let place = rollouts.firstIndex(where: { $0.start.id == id }) else { return }
        change(&rollouts[place])
    }
}
