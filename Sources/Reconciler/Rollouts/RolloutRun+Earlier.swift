// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// How things were before a rollout did anything, and what it did since: what a run that goes on with it has to know.
struct EarlierStates {
    /// The rollout.
    var id: String
    /// How objects were that were not well.
    var objects: [ObjectID: EarlierState]
    var judgedAfterAll: Set<ObjectID>
    var touched: Set<ObjectID>
    var unwellDependents: Set<TargetID>
}

/// What a rollout does not answer for.
enum Excusable {
    case nothing
    /// What is not well as it begins: what runs had been judged well.
    case unwellNow
    /// Of a rollback: what was not well before the revision that it takes back. What that one broke, and the rollback does
    /// not mend, is not excused.
    case unwellBefore([ObjectID: EarlierState])
}

/// What was not well before the rollout did anything, and is not its doing.
extension RolloutRun {
    /// For a run that goes on where this one was cut short.
    var earlierStates: EarlierStates {
        EarlierStates(
            id: start.id, objects: earlier, judgedAfterAll: judgedAfterAll, touched: touched,
            unwellDependents: unwellDependents)
    }

    /// Looks before anything is applied.
    func noteWhatIsUnwell() async {
        // After a restart, how they were is not known any more.
        guard !isResumed else { return }
        unwellDependents = Set(
            dependentTargets().filter { context.status.application($0)?.health != .healthy })
        let now = time.now
        switch excusable {
        case .nothing: return
        case .unwellNow:
            for (id, observation) in zip(ids, await context.view.observations(of: ids))
            where !Hook.runsOnce(id.groupKind) {
                earlier[id] = EarlierState.of(observation, expressions: desired.application.health, now: now)
            }
        case .unwellBefore(let states):
            // What is taken back may have been what ailed it.
            earlier = states.mapValues { state in
                var state = state
                state.mayMendUntil = now + desired.application.grace
                return state
            }
        }
    }

    /// How an object was that was not well, where this rollout changes neither it nor anything that it needs.
    func excuse(for id: ObjectID, isChanged: Bool) -> EarlierState? {
        guard !earlier.isEmpty else { return nil }
        guard !isChanged, !touched.contains(id), !dependencies(of: id).contains(where: { touched.contains($0.to) })
        else {
            touched.insert(id)
            return nil
        }
        return judgedAfterAll.contains(id) ? nil : earlier[id]
    }

    /// What is as it was need not wait for what was not well before.
    func excuses(_ edge: OrderEdge) async -> Bool {
        guard earlier[edge.to] != nil, !judgedAfterAll.contains(edge.to), !touched.contains(edge.to),
            !Hook.runsOnce(edge.from.groupKind),
            let seen = await context.view.seen([edge.from]).first ?? nil
        else { return false }
        return isAsSent(seen, edge.from)
    }

    /// What changes waits for it: that it is not well is in the way of this rollout.
    func judgeAfterAll(_ id: ObjectID) {
        guard earlier[id] != nil, case .applied(let stored, _) = nodes[id], judgedAfterAll.insert(id).inserted
        else { return }
        judge.track(JudgedObject(id: id, appliedGeneration: stored.generation))
        unseen.objects.insert(id)
    }
}
