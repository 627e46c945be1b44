// SPDX-License-Identifier: Apache-2.0

import Logging
package import Manifests
package import Planning

/// Brings one application in one environment to what it should be, one rollout at a time, newest first.
///
/// The reconciler says what is desired; the worker decides (`TargetStep`), runs the rollout, and cuts it short where
/// something else is desired meanwhile. At rest it shows the application's health.
package actor TargetWorker {
    package nonisolated let target: TargetID
    /// With the cluster that its objects are in.
    var context: ReconcilerContext
    /// What is tried again goes by it.
    let steady: SteadyTime
    /// The cluster as the ledger has it; nil before it was asked.
    var placed: String?
    /// What the reconciler said, as last heard.
    private(set) var wish = TargetWish()
    package var currentDesired: Desired? { wish.desired }
    private let changed = Signal()
    /// What had been said, and how others stood, when the present piece of work began.
    private(set) var heard: SignalMark
    private(set) var standingsHeard: SignalMark
    private var isResting = false
    /// A rollout, or a rollback, is under way.
    private var isRollingOut = false
    /// The rollout under way has not applied anything yet.
    var waitsToBegin = false
    private var isFinished = false
    /// What waits at the environment's gate, as it was last looked at.
    var waitingAtGate: WaitingAtGate?
    /// The same, where it is what is asked for now.
    var waitingNow: WaitingAtGate? {
        waitingAtGate.flatMap { $0.proposal.digest == wish.digest ? $0 : nil }
    }
    /// Another daemon's rule that the ledger knows nothing of, as of the present decision.
    private(set) var succession: Succession?
    /// The other daemon, as of then.
    private(set) var loss: Cause?
    /// The removal's hook that keeps everything from going, and that a person may go on without.
    var stuckHook: StuckHook?
    /// What the last rollout of this process applied.
    var inForce: Desired?
    /// What is noted of the rollout under way from its beginning.
    var noted: [String] = []
    /// The healthy revision that the source keeps readable.
    var pinned: String?
    /// What was recorded last of its removal.
    var remembered: Application.Removal?
    /// What the last rollout could not prune.
    var untaken: Leftovers?
    /// What may be pruned now, where that is why a rollout begins: the prune's code.
    var leftover: String?
    /// Nil: not read yet.
    var recordedHealth: HealthMark??
    var wellness = Wellness()
    var drift = DriftMemory()
    var logger: Logger
    var status: ApplicationStatus

    package init(target: TargetID, context: ReconcilerContext) {
        self.target = target
        var context = context
        context.cluster = context.cluster.asked(by: "\(target)")
        self.context = context
        steady = SteadyTime(context.surroundings)
        heard = SignalMark(now: changed)
        standingsHeard = SignalMark(now: context.standings.changes)
        status = ApplicationStatus(target: target)
        logger = context.surroundings.logger
        logger[metadataKey: "application"] = "\(target.application)"
        logger[metadataKey: "environment"] = "\(target.environment)"
    }

    // MARK: What the reconciler says

    /// The inputs that what is desired was rendered from; nil where it was for another cluster.
    package func inputs(in environment: Environment) -> Inputs? {
        currentDesired.flatMap { $0.environment.cluster == environment.cluster ? $0.inputs : nil }
    }

    package var desiredManifests: [Manifest] { currentDesired?.manifests ?? [] }

    /// Takes what should run. Announces its objects to dependents where a rollout will follow; `proceed` begins it.
    package func prepare(_ desired: Desired) async {
        wish.ask(for: desired)
        do {
            let step = try await nextStep(desired)
            switch step {
            // What is under way, and goes on to its end, is not cut short for it.
            case .goOn where isRollingOut: wish.takeNews()
            case .rollBack(_, let resuming, _) where resuming != nil && isRollingOut: wish.takeNews()
            default: break
            }
            if case .rollOut(resuming: nil) = step, isResting { wish.decideAnew() }
            if case .rollOut = step {
                context.board.announce(try await split(desired).desired.manifests.map(\.id), by: target)
            }
        } catch {
            // The same reading fails again, and is reported, when the worker goes on.
            logger.debug("cannot read the history", metadata: ["error": "\(error)"])
        }
    }

    /// What git holds cannot be rolled out. What runs stays as it is.
    package func setProblem(_ cause: Cause, at commit: String) {
        guard wish.fail(because: cause, at: commit) else { return }
        logger.error("cannot be rolled out", metadata: ["cause": "\(cause)"])
    }

    /// What git holds is what the worker already has, at another commit; the policy may be another.
    package func keep(_ application: Application, in environment: Environment, at head: String) {
        if wish.lookedAt != head, context.standings.isRequired(target) { lookAgain() }
        wish.keep(application, environment, at: head, recorded: remembered)
    }

    /// The application is no longer in the pipeline: what it had is pruned.
    ///
    /// - Parameters:
    ///   - said: what the pipeline says of it all the same; without it, what it said last holds.
    ///   - policy: what holds where the ledger does not know that either.
    ///   - environment: as the pipeline still has it.
    ///   - commit: whose pipeline has the application no longer.
    package func remove(
        said: Application.Removal? = nil, unlessSaid policy: Application.Removal = .prune,
        from environment: Environment? = nil, at commit: String = ""
    ) {
        // Who wrote that may not approve it.
        let isOfAnotherCommit = wish.isRemoved && wish.removal.leaving?.commit != commit
        wish.remove(
            TargetWish.Removal(said: said, unlessSaid: policy, leaving: environment.map { ($0, commit) }))
        if isOfAnotherCommit, waitingAtGate != nil { lookAgain() }
    }

    /// A person said something that the ledger has: what to do is decided anew.
    package func heed() {
        wish.takeNews()
        untaken = nil
        changed.notify()
    }

    /// What to do is decided anew where nothing is being done.
    package func lookAgain() {
        if isResting { changed.notify() }
    }

    /// Acts on what was said since, ending what no longer fits.
    package func proceed() {
        if wish.takeNews() { changed.notify() }
    }

    package var hasFinished: Bool { isFinished }

    // MARK: The loop

    /// Works until cancelled, or until a removed application has nothing left.
    package func run() async {
        var backoff = Backoff(first: .seconds(1))
        while !Task.isCancelled, !isFinished {
            heard = SignalMark(now: changed)
            standingsHeard = SignalMark(now: context.standings.changes)
            do {
                let isSettled = try await workOnce()
                backoff.reset()
                if isSettled, !heard.hasMoved, !isFinished {
                    isResting = true
                    defer { isResting = false }
                    try await rest()
                }
            } catch is CancellationError {
                continue
            } catch {
                await report(error)
                await Signal.wait(
                    forAny: [heard], atMost: backoff.next(random: context.surroundings.random()),
                    on: context.surroundings.clock)
            }
        }
    }

    /// What kept the work from being done, with the ledger as with the source: it is tried again.
    private func report(_ error: any Error) async {
        let failure = error as? SourceFailure
        let cause = Cause(
            reason: failure?.code.rawValue ?? "LedgerUnavailable", message: failure?.message ?? "\(error)")
        logger.error("cannot go on", metadata: ["reason": "\(cause.reason)", "error": "\(cause.message)"])
        publish {
            $0.cause = cause
            $0.message = cause.message
        }
    }

    /// One decision and what follows from it. True where nothing is left to do until something changes.
    private func workOnce() async throws -> Bool {
        // A removal that is over, or called off, is stuck no more.
        stuckHook = nil
        if wish.isRemoved {
            try await settle(in: nil)
            succession = try await unknownSuccession()
            loss = lossNow
            try await removeEverything()
            return true
        }
        guard let desired = currentDesired else {
            publishProblem(besides: false)
            return true
        }
        try await settle(in: desired.environment)
        if try await letGo(before: desired.environment) { try await settle(in: desired.environment) }
        try await rememberRemoval(desired)
        succession = try await unknownSuccession()
        loss = lossNow
        let step = try await nextStep(desired, acts: true)
        try await gateKeeper.lapse(unless: desired.digest)
        logger.debug("decided", metadata: ["step": "\(step.word)", "digest": "\(desired.digest)"])
        try await showHistory(desired)
        defer { publishProblem(besides: true) }
        switch step {
        case .rest:
            context.board.withdraw(target)
            // Git asks for what was gone back to: nothing is taken back any more.
            if status.phase == .rolledBack { publish { $0.phase = .succeeded } }
        case .suspended(let suspension) where suspension.destroys: try await destroy(because: suspension)
        case .suspended(let suspension):
            try await setAside(because: suspension)
            await recallInForce(desired)
        case .hold(let reason):
            try await supersedeUnfinished(except: nil)
            hold(reason, desired)
            if case .inconclusive = reason {
                // What git asks for runs; nobody elsewhere may take it for healthy.
                inForce = desired
                context.standings.set(nil, of: target)
            } else {
                await recallInForce(desired)
            }
        case .awaitGate:
            try await supersedeUnfinished(except: nil)
            if let waitingAtGate { awaitGate(waitingAtGate) }
            await recallInForce(desired)
        case .rollOut(let resuming):
            // Begun once all applications have announced what they will change: `proceed` says when. Where it spoke
            // during this decision, the decision is made anew, not cut short as soon as it is acted upon.
            guard !wish.hasNews, !heard.hasMoved else { return true }
            isRollingOut = true
            defer { isRollingOut = false }
            try await rollOut(desired, resuming: resuming)
            return false
        case .goOn(let latest):
            isRollingOut = true
            defer { isRollingOut = false }
            try await goOn(with: latest, desired)
            return false
        case .rollBack(let healthy, let resuming, let hold):
            isRollingOut = true
            defer { isRollingOut = false }
            try await rollBack(to: healthy, resuming: resuming, for: hold)
            return false
        }
        return true
    }

    /// - Parameter besides: whether something else was published of what is in force.
    private func publishProblem(besides: Bool) {
        guard let problem = wish.problem else { return }
        publish {
            // What it waits for, or is held at, goes on being so.
            let meanwhile = besides && !$0.message.isEmpty ? "; meanwhile: \($0.message)" : ""
            let commit = self.wish.problemRevision.map { " at \($0.prefix(7))" } ?? ""
            $0.phase = .failed
            $0.cause = problem
            $0.problem = problem
            $0.problemRevision = self.wish.problemRevision
            $0.message = "\(problem.reason)\(commit): \(problem.message)\(meanwhile)"
        }
    }

    /// Runs a piece of work, ending it at once when something else is desired.
    func unlessChanged<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let heard = heard
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await heard.wait()
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else { throw CancellationError() }
            return result
        }
    }

    func finish() { isFinished = true }

    func publish(_ change: (inout ApplicationStatus) -> Void) {
        change(&status)
        context.status.set(status)
    }
}
