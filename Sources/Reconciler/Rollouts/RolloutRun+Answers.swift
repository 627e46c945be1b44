// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What is made of an object: taken in as it is, left alone, or put off.
extension RolloutRun {
    /// What this change did not touch, and nobody else did either, is not sent again.
    func isAsSent(_ live: SeenObject, _ id: ObjectID) -> Bool {
        guard !live.isSuspended, let manifest = manifests[id],
            context.drift.isAsSent(id, mark: mark(of: manifest, id), over: live, by: start.target)
        else { return false }
        return ObjectMarks(manifest.object).reasonToLeaveAlone(isThere: true) == nil
    }

    func mark(of manifest: Manifest, _ id: ObjectID) -> String {
        if let known = marks[id] { return known }
        let mark = context.drift.mark(of: manifest)
        marks[id] = mark
        return mark
    }

    /// What a mark keeps from being applied is in no ledger: nothing is done to it.
    static func whyLeftAlone(_ manifest: Manifest, _ live: Object?) -> String? {
        ObjectMarks(manifest: manifest.object, live: live).reasonToLeaveAlone(isThere: live != nil)
    }

    func leaveAlone(_ id: ObjectID, _ why: String) {
        nodes[id] = .settled
        moved.objects.insert(id)
        note("\(id) was left alone: it \(why)")
        context.board.settled(id)
    }

    func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    /// What is not ours yet is in the inventory before it is made, without a uid: cut off in between, by a crash or by
    /// a newer revision that no longer has it, it is still found and pruned.
    func announceInventory(_ ready: [ObjectID], _ before: [ObjectID: Object]) async throws {
        let new = ready.filter { id in before[id].flatMap(Ownership.claimedTarget) != start.target }
        guard !new.isEmpty else { return }
        let records = new.map { id in
            InventoryRecord(object: id, version: manifests[id]?.groupVersionKind.version ?? "", uid: "")
        }
        try await context.store.recordInventory(records, of: start.target, rollout: start.id, at: context.now)
    }

    /// A kind that was not served beforehand, since this rollout brings it, is known by now.
    nonisolated func requireAllowed(_ manifest: Manifest) async throws {
        let refusal: Cause?
        do throws(ClusterFailure) {
            refusal = try await self.refusal(of: manifest)
        } catch {
            refusal = Cause(object: manifest.id, reason: error.code.rawValue, message: error.message)
        }
        if let refusal { throw ApplyProblem.blocked(refusal, retryAfter: nil) }
    }

    /// - Parameter announced: a moment before the change: pods may be older than the answer.
    func accept(_ object: PackedObject, _ id: ObjectID, announced: Announcement, isChanged: Bool) async {
        nodes[id] = .applied(object: object, at: time.now)
        unseen.objects.insert(id)
        moved.objects.insert(id)
        judge.track(
            JudgedObject(id: id, appliedGeneration: object.generation, appliedAt: isChanged ? announced.steady : nil),
            baseline: isResumed ? nil : announced.wall, earlier: excuse(for: id, isChanged: isChanged))
        context.board.applied(id, generation: object.generation, uid: object.uid)
        if id.groupKind == ClusterView.customResourceDefinition { await context.view.kindsChanged() }
    }

    private static var suspicionLimit: Int { 5 }

    /// A server in trouble fails on one request and not on the next. What it fails on again and again, with seconds in
    /// between, while it takes less of the same object, is wrong.
    func weighed(_ problem: ApplyProblem, _ id: ObjectID) -> ApplyProblem {
        guard case .blocked(var cause, _) = problem, cause.reason == ObjectApplier.suspected else {
            suspicions[id] = nil
            return problem
        }
        let count = (suspicions[id] ?? 0) + 1
        suspicions[id] = count
        guard count >= Self.suspicionLimit else { return problem }
        cause.reason = "ManifestInvalid"
        return .refused(cause)
    }

    func postpone(_ id: ObjectID, _ problem: ApplyProblem) {
        var backoff = backoffs[id] ?? Backoff()
        var minimum: Duration?
        if case .blocked(_, let retryAfter) = problem { minimum = retryAfter }
        let delay = backoff.next(random: context.surroundings.random(), atLeast: minimum)
        backoffs[id] = backoff
        nodes[id] = .pending(problem: problem.cause, retryAt: time.now + delay)
        waits[id] = nil
        restless.insert(id)
    }
}
