// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

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
    /// Looks before anything is applied, and has that outlive the daemon.
    func noteWhatIsUnwell() async throws {
        if isResumed, try await recallWhatWasUnwell() { return }
        var states = EarlierStates()
        if !isResumed {
            states.dependents = Set(
                dependentTargets().filter { context.status.application($0)?.health != .healthy })
        }
        let now = context.now
        switch excusable {
        case .nothing: break
        case .unwellNow:
            for (id, observation) in zip(ids, await context.view.observations(of: ids))
            where !Hook.runsOnce(id.groupKind) {
                states.objects[id] = EarlierState.of(
                    observation, expressions: desired.application.health, now: time.now)
            }
        case .unwellBefore(let objects): states.objects = objects
        }
        if !states.isEmpty { try await context.store.recordEarlierStates(states.text, of: start.id, at: now) }
        take(states, notedAt: now)
    }

    private func take(_ states: EarlierStates, notedAt moment: Timestamp) {
        // What is taken back may have been what ailed it.
        let mayMendUntil = start.trigger == .rollback ? inItsTime(moment) + desired.application.grace : nil
        earlier = states.objects.mapValues { state in
            var state = state
            state.mayMendUntil = mayMendUntil
            return state
        }
        unwellDependents = states.dependents
    }

    /// How it was before a run that was cut short did anything: what it did since is not to be excused. False where it did
    /// nothing, and had noted nothing.
    private func recallWhatWasUnwell() async throws -> Bool {
        let known = try await context.store.earlierStates(of: start.id)
        guard let known else { return try await !context.store.announced(in: start.id).isEmpty }
        guard let states = EarlierStates(text: known.text) else {
            logger.warning(
                "cannot read what was not well before the rollout: nothing is excused",
                metadata: ["rollout": "\(start.id)"])
            return true
        }
        take(states, notedAt: known.at)
        touched = try await context.store.touched(in: start.id)
        // What was waited for by something that changed then.
        for id in inOrder(touched) {
            for edge in dependencies(of: id) where !edge.isOrderAlone { earlier[edge.to] = nil }
        }
        return true
    }

    /// How an object was that was not well, where this rollout changes neither it nor anything that it needs. What only
    /// comes before it, such as a hook, is nothing that it needs.
    func excuse(for id: ObjectID, isChanged: Bool) -> EarlierState? {
        guard !earlier.isEmpty else { return nil }
        guard !isChanged, !touched.contains(id),
            !dependencies(of: id).contains(where: { !$0.isOrderAlone && touched.contains($0.to) })
        else {
            touched.insert(id)
            return nil
        }
        return earlier[id]
    }

    /// What is as it was need not wait for what was not well before, and nor does what only comes later: the Job of a
    /// check, or any other hook, does not need all that stands before it.
    func excuses(_ edge: OrderEdge) async -> Bool {
        guard earlier[edge.to] != nil, !touched.contains(edge.to) else { return false }
        if edge.isOrderAlone { return true }
        guard !Hook.runsOnce(edge.from.groupKind), let seen = await context.view.seen([edge.from]).first ?? nil
        else { return false }
        return isAsSent(seen, edge.from)
    }

    /// What changes waits for it: that it is not well is in the way of this rollout.
    func judgeAfterAll(_ id: ObjectID) {
        guard earlier.removeValue(forKey: id) != nil, case .applied(let stored, _) = nodes[id] else { return }
        judge.track(JudgedObject(id: id, appliedGeneration: stored.generation))
        unseen.objects.insert(id)
    }
}
