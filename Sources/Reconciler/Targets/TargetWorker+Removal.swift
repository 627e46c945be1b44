// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// What becomes of objects that nobody asks for any more.
extension TargetWorker {
    /// Prunes everything of an application that left the pipeline, or lets go of it, as the pipeline said last.
    func removeEverything() async throws {
        if let suspension = try await context.store.suspensions().first(covering: target), !suspension.destroys {
            try await showHistory(nil)
            return try await setAside(because: suspension)
        }
        let begun = try await begunRemoval
        try await supersedeUnfinished(except: begun?.id)
        guard try await !context.store.inventoryWithoutBaselines(of: target).isEmpty else {
            if let begun { try await conclude(begun, notes: []) }
            context.status.remove(target)
            return finish()
        }
        let isOrphaned = try await removalPolicy() == .orphan
        waitingAtGate = nil
        if let begun { return try await carryOut(begun, orphans: isOrphaned) }
        guard try await !isTakenAway(orphans: isOrphaned) else {
            try await endWords()
            context.status.remove(target)
            return finish()
        }
        var forced: String?
        if let leaving = wish.removal.leaving {
            if let waiting = try await gateKeeper.waitingForRemoval(from: leaving.environment, at: leaving.commit) {
                waitingAtGate = waiting
                try await showHistory(nil)
                return awaitGate(waiting)
            }
            forced = try await gateKeeper.forceText(of: GateKeeper.removal, in: leaving.environment)
        }
        try await endWords()
        try await carryOut(try await beginRemoval(note: forced), orphans: isOrphaned)
    }

    /// A removal that was cut off after it had announced something. No gate cuts it in half: what is under way may
    /// finish.
    private var begunRemoval: RolloutStart? {
        get async throws {
            guard let latest = try await context.store.history(of: target).latest, !latest.phase.isFinal,
                latest.start.trigger == .removal
            else { return nil }
            return try await context.store.announced(in: latest.start.id).isEmpty ? nil : latest.start
        }
    }

    private func beginRemoval(note: String? = nil, inputs: String = "") async throws -> RolloutStart {
        let history = try await context.store.history(of: target)
        let start = RolloutStart(
            id: context.surroundings.makeID(), target: target, revision: history.latest?.start.revision ?? "",
            fromRevision: history.healthyToReturnTo?.start.revision,
            digest: RolloutStart.removalDigest(in: context.clusterName), inputsDigest: inputs, trigger: .removal,
            startedAt: context.now, note: note)
        try await context.store.beginRollout(start)
        return start
    }

    private func conclude(_ start: RolloutStart, notes: [String]) async throws {
        try await context.store.recordVerdict(
            Verdict(outcome: .healthy, notes: start.notes + notes), of: start, quarantines: false, at: context.now)
    }

    private func carryOut(_ start: RolloutStart, orphans: Bool) async throws {
        try await recordPhase(.applying, of: start, cause: nil)
        let result = try await takeAway(start, orphans: orphans)
        for note in result.notes { logger.notice("removing", metadata: ["note": "\(note)"]) }
        guard !result.needsApproval else {
            let cause = Cause(reason: "ApprovalRequired", message: result.notes.joined(separator: "; "))
            try await recordPhase(.superseded, of: start, cause: cause)
            publish {
                $0.phase = .blocked
                $0.cause = cause
                $0.message = "left the pipeline: \(cause.message)"
            }
            return
        }
        try await conclude(start, notes: result.notes)
        context.status.remove(target)
        finish()
    }

    /// What people said of what is no longer asked for is over.
    private func endWords() async throws {
        try await gateKeeper.lapse(unless: GateKeeper.removal)
        if let hold = try await context.store.hold(of: target) {
            try await context.store.endHold(hold, by: "mainstay", because: "it left the pipeline", at: context.now)
        }
    }

    /// Whether a removal took away all that goes: what it kept, for its kind, a mark or a person's word, begins no other.
    private func isTakenAway(orphans: Bool) async throws -> Bool {
        guard let latest = try await context.store.history(of: target).latest, latest.start.trigger == .removal,
            latest.phase == .succeeded
        else { return false }
        let pruner = Pruner(context: context, target: target, rollout: latest.start.id)
        return try await !untilNothingHinders { try await pruner.lookAtKept(orphans: orphans) }.hasWork
    }

    /// What the pipeline says of it now, which is then its last word, or said last.
    private func removalPolicy() async throws -> Application.Removal {
        if let said = wish.removal.said {
            try await context.store.recordRemovalPolicy(said, of: target, at: context.now)
            remembered = said
            return said
        }
        return try await context.store.removalPolicy(of: target) ?? wish.removal.unlessSaid
    }

    /// Deletes what a person had destroyed, once; from then on nothing is there until it is resumed.
    func destroy(because suspension: Suspension) async throws {
        context.board.withdraw(target)
        let begun = try await begunRemoval
        try await supersedeUnfinished(except: begun?.id)
        let history = try await context.store.history(of: target)
        let mark = RolloutStart.mark(of: suspension)
        let isDone =
            history.latest.map {
                $0.start.trigger == .removal && $0.phase == .succeeded
                    && ($0.start.inputsDigest == mark
                        // As it was recorded before there were marks.
                        || $0.start.inputsDigest.isEmpty && $0.start.startedAt >= suspension.since)
            } ?? false
        let isLeft = try await !context.store.inventoryWithoutBaselines(of: target).isEmpty
        if !isDone, isLeft || begun != nil {
            let start: RolloutStart
            if let begun { start = begun } else { start = try await beginRemoval(inputs: mark) }
            try await recordPhase(.applying, of: start, cause: nil)
            let result = try await takeAway(start, orphans: false, isAgreed: true)
            try await conclude(start, notes: result.notes)
        }
        context.board.left(target, but: try await objects)
        inForce = nil
        try await showHistory(currentDesired)
        publish {
            $0.health = .missing
            $0.revision = nil
            $0.message = suspension.text
            $0.cause = Cause(reason: "Destroyed", message: suspension.text)
        }
    }

    private func takeAway(_ start: RolloutStart, orphans: Bool, isAgreed: Bool = false) async throws -> Pruner.Result {
        let pruner = Pruner(context: context, target: target, rollout: start.id, isAgreed: isAgreed)
        let hooks = orphans ? nil : try await removalHooks(start)
        return try await untilNothingHinders {
            if let hooks { return try await hooks.remove(by: pruner) }
            return try await pruner.orphanAll()
        }
    }

    /// Tries again until nothing keeps anything from going.
    func untilNothingHinders(
        _ remove: @escaping @Sendable () async throws -> Pruner.Result
    ) async throws -> Pruner.Result {
        let clock = context.surroundings.clock
        var backoff = Backoff()
        while true {
            let result = try await unlessChanged(remove)
            stuckHook = result.stuckHook
            guard let hindrance = result.hindrance else { return result }
            show(hindrance.reason == RemovalHooks.running ? .applying : .blocked, hindrance)
            let delay = backoff.next(random: context.surroundings.random())
            try await unlessChanged { try await clock.sleep(for: delay) }
        }
    }

    // MARK: What is left over

    /// What would be pruned if it were done now.
    func lookAtPrune() async throws -> PruneReport {
        let shown = wish.isRemoved ? nil : inForce ?? currentDesired
        return try await look(beside: shown?.manifests ?? [])
    }

    /// Whether something of an earlier revision may go that could not when this one was rolled out: a person has agreed
    /// by now, or an application can be read that might have asked for it.
    ///
    /// What the last rollout left is tried again ever more rarely, as long as it is the same.
    func hasLeftovers(_ desired: Desired) async throws -> Bool {
        switch try await leftovers(of: desired) {
        case .nothing: lookLater(begins: false)
        case .held: lookLater(begins: true)
        case .deletions(let work):
            leftover = work
            guard let untaken, untaken.work == work else { return true }
            return untaken.retryAt <= steady.now
        }
        return false
    }

    /// - Parameter begins: something is worth another look that nobody waits for yet.
    private func lookLater(begins: Bool) {
        let now = steady.now
        guard untaken.map({ $0.retryAt <= now }) ?? begins else { return }
        var left = untaken ?? Leftovers(work: "", retryAt: now)
        left.postpone(now, context.surroundings.random())
        untaken = left
    }

    /// After a rollout that deleted what it could.
    func noteLeftovers(_ desired: Desired) async throws {
        var work = ""
        switch try await leftovers(of: desired) {
        case .nothing: return
        case .held: break
        case .deletions(let code): work = code
        }
        var left = untaken.flatMap { $0.work == work ? $0 : nil } ?? Leftovers(work: work, retryAt: steady.now)
        left.postpone(steady.now, context.surroundings.random())
        untaken = left
    }

    /// Decided from what a rollout would decide from.
    private func leftovers(of desired: Desired) async throws -> Pruner.OpenWork {
        let active = try await split(desired).desired
        guard active.application.prune == .automatic, active.rendersSomething else { return .nothing }
        return try await pruner(beside: active.manifests).openWork(allBut: Set(active.manifests.map(\.id)))
    }

    private func look(beside manifests: [Manifest]) async throws -> PruneReport {
        try await pruner(beside: manifests).look(allBut: Set(manifests.map(\.id)))
    }

    private func pruner(beside manifests: [Manifest]) -> Pruner {
        Pruner(
            context: context, target: target, rollout: "", hooks: Hook.identities(of: manifests + desiredManifests))
    }

    /// What the pipeline says of the application's removal is asked for when the pipeline no longer has it.
    func rememberRemoval(_ desired: Desired) async throws {
        let policy = desired.removal
        guard remembered != policy else { return }
        try await context.store.recordRemovalPolicy(policy, of: target, at: context.now)
        remembered = policy
    }
}

/// What rollouts could not prune though nothing spoke against it but the cluster.
struct Leftovers {
    /// Names the objects.
    var work: String
    var retryAt: Timestamp
    private var backoff = Backoff(first: .seconds(600), limit: .seconds(6 * 3600))

    init(work: String, retryAt: Timestamp) {
        self.work = work
        self.retryAt = retryAt
    }

    mutating func postpone(_ now: Timestamp, _ random: Double) { retryAt = now + backoff.next(random: random) }
}
