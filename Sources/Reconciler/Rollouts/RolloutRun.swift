// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
package import Planning

/// One rollout, from its first question to its verdict: check, apply in order, judge, verify, prune.
///
/// Everything it does to the cluster is recorded before and after. Cancelling its task ends it where it is; what it
/// left half done, the next rollout of the application finds.
package actor RolloutRun {
    enum NodeState {
        /// Not applied: why it cannot be yet, and when to try again.
        case pending(problem: Cause?, retryAt: Timestamp?)
        case applied(object: PackedObject, at: Timestamp)
        /// Nothing is to be done, and nobody waits for it: a mark leaves it alone, or its work is done.
        case settled
    }

    let start: RolloutStart
    let desired: Desired
    let context: ReconcilerContext
    /// What it waits by, and gives others time by.
    let time: SteadyTime
    /// When it began, in that time: before a restart, too.
    let began: Timestamp
    let logger: Logger
    let report: @Sendable (RolloutPhase, Cause?) async -> Void
    let manifests: [ObjectID: Manifest]
    /// The ids in the order rendered: what iterates, iterates in this order.
    let ids: [ObjectID]
    /// Where each stands among them.
    let places: [ObjectID: Int]
    /// Those of them that run once.
    let runIDs: [ObjectID]
    let applier: ObjectApplier
    let claim: ObjectClaim
    let conditions: ConditionRedaction
    /// Of applications whose objects are waited for.
    var foreignConditions: [TargetID: ConditionRedaction] = [:]
    /// What others changed while it was under way.
    var fights = DriftFights()
    var lifecycle = RolloutLifecycle()
    var shownCause: Cause?
    /// Nil as well where it began before the daemon's restart.
    var appliedSince: Timestamp?
    var nodes: [ObjectID: NodeState]
    var backoffs: [ObjectID: Backoff] = [:]
    var judge: Judge
    var notes: [String]
    /// It goes on after the daemon was ended: what came of it meanwhile is its own.
    let isResumed: Bool
    /// What is unwell, and not touched, and yet not this rollout's doing.
    let excusable: Excusable
    /// How objects were that were not well before anything was applied; of a rollback, by what it takes back.
    var earlier: [ObjectID: EarlierState] = [:]
    /// What this rollout changed, and what needs any of that.
    var touched: Set<ObjectID> = []
    /// Dependents that were not well before anything was applied.
    var unwellDependents: Set<TargetID> = []
    /// Why nothing may begin after all: a freeze came, a window or an approval ended while it waited for something else.
    let isGateClosed: @Sendable () async throws -> Cause?
    /// What was not well has been read itself, and not only watched.
    var hasLookedAgain = false
    /// Failed Jobs whose pods have been read likewise.
    var podsReadOf: Set<ObjectID> = []
    /// Jobs that the ledger says are done with these very manifests.
    var completedBefore: Set<ObjectID> = []
    /// What this rollout announced before the daemon was started again.
    var announcedBefore: Set<ObjectID> = []
    /// Runs that were seen to be done in this rollout.
    var completed: Set<ObjectID> = []
    /// Hooks' runs that are recorded, by their uids.
    var keptRuns: Set<String> = []
    /// Jobs whose work stays though their revision is taken back, as was noted.
    var notUndone: Set<ObjectID> = []
    /// Of each hook, what may be its runs at other digests.
    var earlierRuns: [ObjectID: [ObjectID]] = [:]
    let failureHooks: [Manifest]
    /// Hooks that git asks for, though a rollback's revision may not have them: their runs are for their own policies.
    let hooksInGit: Set<ObjectID>
    /// Of a rollback: the order among its own objects, which is not that of what git holds now. Of any rollout that brings
    /// what a hook needs before the hook, too.
    var ownOrder: OrderGraph?
    /// When something else than an image was last seen to be missing.
    var hinderedUntil: Timestamp?
    /// What registries said of the images that are awaited.
    var imageLooks: [RegistryImage: ImageLook] = [:]
    /// How many times in a row the server failed on an object's manifest alone.
    var suspicions: [ObjectID: Int] = [:]
    /// Deferred objects that were tried at once when their kind was there.
    var kindsCame: Set<ObjectID> = []
    /// What was asked before anything was applied.
    var preflight: (hasPassed: Bool, waiting: (cause: Cause, since: Timestamp)?) = (false, nil)
    /// Of what is waited for with nothing applied, the namespaces: they come first, or nobody could make it.
    var missingNamespaces: Set<ObjectID> = []
    /// Nothing else is applied now.
    var only: Set<ObjectID>?
    /// Why it failed, until the verdict says so.
    var failure: Cause?
    /// Everything was deleted that could be: what is left will not go a moment later either.
    var hasTriedToPrune = false
    /// By uid, the pods that were to be deleted, and when one may be tried again.
    var stuckPods: [String: Timestamp] = [:]

    // MARK: From turn to turn

    /// Tells what changes in the namespaces of the objects, and of what they depend on.
    let feed = ChangeFeed()
    /// What stands for the manifests (`DriftBoard.mark`), of those that were asked about.
    var marks: [ObjectID: String] = [:]
    /// What changed, and was not looked at yet.
    var unseen = ChangeFeed.News()
    /// The objects that were looked at in this turn.
    var looked: [ObjectID] = []
    /// What moved since others were last asked whether they wait for it.
    var moved = ChangeFeed.News()
    /// Why objects are not sent yet.
    var waits: [ObjectID: Wait] = [:]
    /// By the object that is waited for, what waits for it, or did.
    var waiters: [ObjectID: [ObjectID]] = [:]
    /// What is looked at in every turn: what was put off, and what waits for a moment, or for no single object.
    var restless: Set<ObjectID> = []
    /// The order that the waits are of.
    var knownOrders = -1
    /// Applied objects that no watch has told of, and until when that may be.
    var unconfirmed: [ObjectID: Timestamp] = [:]
    /// Something may differ that was not looked into.
    var isDriftSuspected = false
    var driftSeen = -1

    // MARK: Requests

    /// Announced, the next of them to be sent at `nextInQueue`.
    var queue: [Request] = []
    var nextInQueue = 0
    let queued = Signal()
    /// Announced, and not taken in yet.
    var underWay: Set<ObjectID> = []
    /// How many wait for the cluster's answer.
    var sending = 0
    var answers: [Reply] = []
    let answered = Signal()
    /// Turns are wanted at once: little is left to be sent, or something failed.
    let wanted = Signal()
    /// The ledger failed in the middle of an apply.
    var sendingError: (any Error)?
    /// Of answers that were taken in: what the ledger does not hold yet.
    var outcomes: [Outcome] = []
    var inventory: [InventoryRecord] = []

    /// - Parameters:
    ///   - notes: what the verdict should say besides.
    ///   - hooksInGit: by `Hook.identity`, where that is not what is rolled out.
    ///   - excusable: what it does not answer for.
    ///   - report: told of every change of phase or cause, once it is recorded.
    init(
        start: RolloutStart, isResumed: Bool = false, desired: Desired, notes: [String] = [],
        hooksInGit: Set<ObjectID> = [], excusable: Excusable = .nothing,
        context: ReconcilerContext, logger: Logger,
        isGateClosed: @escaping @Sendable () async throws -> Cause? = { nil },
        report: @escaping @Sendable (RolloutPhase, Cause?) async -> Void
    ) {
        self.start = start
        self.isResumed = isResumed
        self.excusable = excusable
        var asked = desired
        let namespace = desired.application.namespace ?? desired.environment.namespace
        asked.application.verify = desired.application.verify.map {
            $0.asked(in: desired.environment.name, namespace: namespace, desired.manifests)
        }
        self.desired = asked
        self.context = context
        time = SteadyTime(context.surroundings)
        began = min(start.startedAt + context.clockWatch.jumped(since: start.startedAt), time.begun)
        self.logger = logger
        self.isGateClosed = isGateClosed
        self.report = report
        self.hooksInGit = hooksInGit
        failureHooks = desired.manifests.filter { Hook(of: $0.object)?.phase == .onFailure }
        let later = Set(failureHooks.map(\.id))
        let target = start.target
        ownOrder =
            start.trigger == .rollback
            ? try? OrderGraph(
                nodes: desired.manifests.map { OrderNode(target: target, manifest: $0) }, declared: [:]) : nil
        ids = desired.manifests.map(\.id).filter { !later.contains($0) }
        places = Dictionary(ids.enumerated().map { ($1, $0) }) { first, _ in first }
        runIDs = ids.filter { Hook.runsOnce($0.groupKind) }
        manifests = Dictionary(desired.manifests.map { ($0.id, $0) }) { first, _ in first }
        claim = ObjectClaim(of: target, context)
        conditions = ConditionRedaction(ApplicationSecrets(of: desired.manifests), cluster: context.cluster)
        applier = ObjectApplier(
            cluster: context.cluster, manifests: desired.manifests + desired.setAside, claim: claim,
            policy: desired.application.conflicts, drift: desired.application.drift
        ) { id in
            _ = try await context.store.recordIntents(
                [Intent(object: id, action: .replace)], of: start.id, at: context.now)
        }
        nodes = Dictionary(ids.map { ($0, NodeState.pending(problem: nil, retryAt: nil)) }) { first, _ in first }
        self.notes = desired.warnings + notes
        let now = time.now
        judge = Judge(
            settings: JudgeSettings(desired.application), objects: [], startedAt: now,
            baseline: isResumed ? min(start.startedAt, now) : nil)
    }

    /// Runs to the verdict, which is recorded when this returns.
    ///
    /// - Throws: `CancellationError` where it was cut short; what the store threw.
    package func run() async throws -> Verdict {
        if start.trigger == .rollback {
            lifecycle = RolloutLifecycle(phase: .failed)
            try await enter(.rollbackBegan)
        } else {
            try await enter(.queued)
        }
        if let cause = try await validate() { return try await conclude(failedBecauseOf: cause) }
        for manifest in desired.manifests { await context.view.observe(manifest) }
        if let cause = try await checkBeforehand() { return try await conclude(failedBecauseOf: cause) }
        try await readRuns()
        try await bringWhatHooksNeed()
        try await findWhatIsNotUndone()
        try await noteWhatIsUnwell()
        if let cause = try await applyAndJudge() { return try await conclude(failedBecauseOf: cause) }
        switch try await verify() {
        case .passed: break
        case .failed(let cause): return try await conclude(failedBecauseOf: cause)
        case .inconclusive(let cause): return try await conclude(inconclusiveBecauseOf: cause)
        }
        try await prune()
        notes += judge.notes
        try await cleanUpHooks(hasSucceeded: true)
        try await noteWhatIsNotUndone()
        let verdict = Verdict(outcome: .healthy, notes: notes)
        try await conclude(verdict)
        return verdict
    }

    // MARK: Phases

    /// Takes an event. A new phase, or another reason to be in it, is recorded; what is new is then reported.
    func enter(_ event: RolloutLifecycle.Event, cause: Cause? = nil) async throws {
        let before = lifecycle.phase
        // A rollback has one phase from beginning to end, whatever it goes through.
        if start.trigger == .rollback, before == .rollingBack {
            guard cause != shownCause else { return }
        } else {
            try lifecycle.handle(event)
            guard lifecycle.phase != before || cause != shownCause else { return }
        }
        // Progress in words ("2 of 3 replicas are ready") is shown, and not worth a row each.
        let isSameReason = cause?.ailment == shownCause?.ailment && cause?.object == shownCause?.object
        shownCause = cause
        if lifecycle.phase != before || !isSameReason {
            try await context.store.recordPhase(
                lifecycle.phase, of: start.id, reason: cause?.message, cause: cause, at: context.now)
            logger.info(
                "rollout \(lifecycle.phase.rawValue)",
                metadata: cause.map { ["rollout": "\(start.id)", "cause": "\($0)"] } ?? ["rollout": "\(start.id)"])
        }
        if lifecycle.phase == .applying, appliedSince == nil, !isResumed { appliedSince = context.now }
        await report(lifecycle.phase, cause)
    }
}

extension JudgeSettings {
    init(_ application: Application) {
        let waits = application.images.compactMap { image in image.wait.map { (image.newName ?? image.name, $0) } }
        self.init(
            grace: application.grace, timeout: application.timeout,
            imageWaits: Dictionary(waits) { first, _ in first }, health: application.health)
    }
}

extension Cause {
    /// The reason, with those as one that a kubelet shows in turn for the same trouble.
    fileprivate var ailment: String { reason == "ErrImagePull" ? "ImagePullBackOff" : reason }
}
