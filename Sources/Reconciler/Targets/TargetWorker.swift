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
    private let changed = Signal()
    /// What git asks for, as last heard.
    private(set) var currentDesired: Desired?
    /// What had been heard when the present piece of work began.
    private var seen = 0
    private var standingsSeen = 0
    /// Why what git holds cannot be rolled out at all.
    private var problem: Cause?
    private var isRemoved = false
    var isGone: Bool { isRemoved }
    private(set) var removalUnlessSaid = Application.Removal.prune
    /// What the pipeline still says of it, for other environments.
    private(set) var removalSaid: Application.Removal?
    private var isResting = false
    /// A rollout, or a rollback, is under way.
    private var isRollingOut = false
    /// The head that what is desired was last looked at.
    private(set) var lookedAt: String?
    /// What waits at the environment's gate, as it was last looked at.
    var waitingAtGate: WaitingAtGate?
    /// The same, where it is what is asked for now.
    var waitingNow: WaitingAtGate? {
        let digest = isRemoved ? GateKeeper.removal : currentDesired?.digest
        return waitingAtGate.flatMap { $0.proposal.digest == digest ? $0 : nil }
    }
    /// Of a removed application: the environment that it left, and by which commit; nil where that is gone too.
    private(set) var leaving: (environment: Environment, commit: String)?
    /// Nil: not read yet.
    var recordedHealth: HealthMark??
    var unwellSince: Duration?
    /// What was recorded last of its removal.
    var remembered: Application.Removal?
    /// Something was said that the present piece of work does not know.
    private var hasNews = false
    private var isFinished = false
    var logger: Logger
    var status: ApplicationStatus

    package init(target: TargetID, context: ReconcilerContext) {
        self.target = target
        var context = context
        context.cluster = context.cluster.asked(by: "\(target)")
        self.context = context
        steady = SteadyTime(context.surroundings)
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
        // The same objects at another commit are no reason to begin anew.
        if currentDesired?.digest != desired.digest || isRemoved { hasNews = true }
        notePolicy(desired.application, desired.environment)
        if currentDesired?.removal != desired.removal { hasNews = true }
        currentDesired = desired
        lookedAt = desired.commit
        clearProblem()
        isRemoved = false
        do {
            let step = try await nextStep(desired)
            switch step {
            // What is under way, and goes on to its end, is not cut short for it.
            case .goOn where isRollingOut: hasNews = false
            case .rollBack(_, let resuming, _) where resuming != nil && isRollingOut: hasNews = false
            default: break
            }
            if case .rollOut = step {
                context.board.announce(try await split(desired).desired.manifests.map(\.id), by: target)
            }
        } catch {
            // The same reading fails again, and is reported, when the worker goes on.
            logger.debug("cannot read the history", metadata: ["error": "\(error)"])
        }
    }

    /// What git holds cannot be rolled out. What runs stays as it is.
    package func setProblem(_ cause: Cause) {
        guard problem != cause else { return }
        problem = cause
        hasNews = true
        logger.error("cannot be rolled out", metadata: ["cause": "\(cause)"])
    }

    /// What git holds is what the worker already has, at another commit; the policy may be another.
    package func keep(_ application: Application, in environment: Environment, at head: String) {
        if lookedAt != head, context.standings.isRequired(target) { lookAgain() }
        lookedAt = head
        notePolicy(application, environment)
        currentDesired?.application = application
        currentDesired?.environment = environment
        if let removal = currentDesired?.removal, removal != remembered { hasNews = true }
        clearProblem()
    }

    /// What waits under the old policy is decided anew under the new one.
    private func notePolicy(_ application: Application, _ environment: Environment) {
        guard let current = currentDesired else { return }
        if !current.environment.hasGate(of: environment) || current.application.conflicts != application.conflicts
            || current.application.drift != application.drift || current.application.verify != application.verify
        {
            hasNews = true
        }
    }

    private func clearProblem() {
        if problem != nil { hasNews = true }
        problem = nil
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
        removalSaid = said
        removalUnlessSaid = policy
        let before = leaving
        leaving = environment.map { ($0, commit) }
        if isRemoved, before?.environment != environment {
            hasNews = true
        }
        // Who wrote that may not approve it.
        if isRemoved, waitingAtGate != nil, before?.commit != commit { lookAgain() }
        guard !isRemoved else { return }
        isRemoved = true
        hasNews = true
        problem = nil
        currentDesired = nil
    }

    /// A person said something that the ledger has: what to do is decided anew.
    package func heed() {
        hasNews = false
        untaken = nil
        changed.notify()
    }

    /// What to do is decided anew where nothing is being done.
    package func lookAgain() {
        if isResting { changed.notify() }
    }

    /// Acts on what was said since, ending what no longer fits.
    package func proceed() {
        guard hasNews else { return }
        hasNews = false
        changed.notify()
    }

    package var hasFinished: Bool { isFinished }

    // MARK: The loop

    /// Works until cancelled, or until a removed application has nothing left.
    package func run() async {
        var backoff = Backoff(first: .seconds(1))
        while !Task.isCancelled, !isFinished {
            seen = changed.version
            standingsSeen = context.standings.changes.version
            do {
                let isSettled = try await workOnce()
                backoff.reset()
                if isSettled, changed.version == seen, !isFinished {
                    isResting = true
                    defer { isResting = false }
                    try await rest()
                }
            } catch is CancellationError {
                continue
            } catch {
                await report(error)
                await changed.wait(
                    after: seen, atMost: backoff.next(random: context.surroundings.random()),
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
        if isRemoved {
            try await settle(in: nil)
            try await removeEverything()
            return true
        }
        guard let desired = currentDesired else {
            publishProblem()
            return true
        }
        try await settle(in: desired.environment)
        if try await letGo(before: desired.environment) { try await settle(in: desired.environment) }
        try await rememberRemoval(desired)
        let step = try await nextStep(desired, acts: true)
        try await gateKeeper.lapse(unless: desired.digest)
        logger.debug("decided", metadata: ["step": "\(step.word)", "digest": "\(desired.digest)"])
        try await showHistory(desired)
        defer { publishProblem() }
        switch step {
        case .rest: context.board.withdraw(target)
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
            guard !hasNews, changed.version == seen else { return true }
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

    /// - Parameter acts: whether what is decided is what is done: a gate that is closed is recorded, and leftovers are
    ///   looked for.
    func nextStep(_ desired: Desired, acts: Bool = false) async throws -> TargetStep {
        if acts { leftover = nil }
        let history = try await context.store.history(of: target)
        var situation = TargetSituation(
            desiredDigest: desired.digest, rollback: desired.application.rollback,
            quarantine: try await context.store.quarantine(of: target, digest: desired.digest), history: history)
        situation.suspension = try await context.store.suspensions().first(covering: target)
        situation.hold = try await holdInForce(desired)
        situation.isAskedAgain = try await context.store.hasResumedObject(of: target)
        if let latest = history.latest, latest.isInconclusive || latest.isAtRest, !situation.isAskedAgain {
            situation.isAskedAgain = try await context.store.isApproved(
                latest.isInconclusive ? .check : .again, target, subject: latest.start.id)
        }
        if situation.quarantine != nil || history.latest?.phase == .failed, let healthy = history.healthyToReturnTo {
            situation.isHealthyQuarantined =
                try await context.store.quarantine(of: target, digest: healthy.start.digest) != nil
        }
        var step = TargetStep.next(situation)
        if acts { waitingAtGate = nil }
        if let latest = history.latest, !latest.phase.isFinal {
            situation.hasBegun = try await context.store.hasBegun(latest.start.id)
        }
        if case .rollOut = step { step = TargetStep.next(situation) }
        if step.passesGate(situation), let waiting = try await gateKeeper.waiting(desired, records: acts) {
            situation.isGateOpen = false
            step = TargetStep.next(situation)
            if acts { waitingAtGate = waiting }
        }
        guard acts, step == .rest else { return step }
        if !context.has(context.clusterName), let waiting = try await gateKeeper.waiting(desired, records: true) {
            waitingAtGate = waiting
            return .awaitGate
        }
        guard try await hasLeftovers(desired) else { return step }
        situation.isAskedAgain = true
        return TargetStep.next(situation)
    }

    private func publishProblem() {
        guard let problem else { return }
        publish {
            $0.phase = .failed
            $0.cause = problem
            $0.message = problem.message
        }
    }

    /// When what could not be pruned is tried again.
    private var pruneRetry: Timestamp? { untaken.map(\.retryAt).flatMap { $0 > steady.now ? $0 : nil } }

    /// Without what is done once, or left alone: nothing need be there of it.
    func lasting(_ manifests: [Manifest]) async throws -> [Manifest] {
        let jobs = manifests.filter { Hook.runsOnce($0.id.groupKind) }
        let done = jobs.isEmpty ? [] : try await context.store.completedJobs(of: target, among: jobs)
        return manifests.filter { manifest in
            Hook(of: manifest.object) == nil && !done.contains(manifest.id)
                && !ObjectMarks(manifest.object).leavesAlone
        }
    }

    /// Waits for something new, keeping the shown health true meanwhile.
    private func rest() async throws {
        guard let shown = inForce ?? currentDesired, !shown.manifests.isEmpty, context.has(context.clusterName) else {
            return await waitAtGate()
        }
        let standings = SignalMark(signal: context.standings.changes, seen: standingsSeen)
        let gateChange = waitingAtGate?.nextChange
        let latest = try await ranLast
        // Before the manifests are packed.
        let content = context.standings.isRequired(target) ? shown.content : nil
        let count = shown.manifests.count
        var baking = try await bakingRollout(shown)
        let judged = try await watchedAtRest(shown)
        let retry = pruneRetry
        let time = SteadyTime(context.surroundings)
        var health = HealthObserver(
            view: context.view, manifests: try await lasting(judged), settings: JudgeSettings(shown.application),
            now: time.now, baseline: baking?.start.startedAt)
        await health.begin()
        let healer = try await healer(of: shown)
        let drift = context.drift.signal(for: target)
        shown.pack()
        currentDesired?.pack()
        while !Task.isCancelled, changed.version == seen {
            if let retry, retry <= steady.now { return }
            if waitingAtGate != nil, context.standings.changes.version != standings.seen { return }
            if let gateChange, gateChange <= context.now { return }
            let marks = await health.marks() + [SignalMark(now: drift), SignalMark(now: context.tenancy.changes)]
            let nextHealing = try await healDrift(healer)
            let summary = await health.summary(now: time.now)
            try await noteHealth(
                summary.status, of: shown.digest, shown.application, latest, content)
            if let rollout = baking, !rollout.isBaking(shown.application.bake, context) {
                baking = nil
                await keepReadable(rollout.start.revision)
            }
            if let rollout = baking, let failure = summary.failure {
                // An event that a server lost must not take a good revision back.
                if await health.hasMissedSomething(context.cluster) { continue }
                return try await relapse(rollout.start, shown, because: failure)
            }
            publish {
                $0.health = summary.status
                $0.objects = count
                $0.bakesUntil = baking.map {
                    $0.phaseSince + shown.application.bake + self.context.clockWatch.jumped(since: $0.phaseSince)
                }
                // What holds an application back says more than how it is.
                if $0.quarantine == nil, $0.hold == nil, $0.suspensions.isEmpty, self.problem == nil,
                    $0.phase == .succeeded || $0.phase == .rolledBack
                {
                    $0.cause = summary.cause
                }
            }
            let pauses = [
                health.nextDeadline.map { $0 - time.now }, nextHealing.map { $0 - steady.now },
                retry.map { $0 - steady.now }, gateChange.map { $0 - context.now },
            ]
            let pause = pauses.compactMap(\.self).min() ?? .seconds(60)
            await Signal.wait(
                forAny: marks + [SignalMark(signal: changed, seen: seen)] + (waitingAtGate == nil ? [] : [standings]),
                atMost: min(max(pause, .milliseconds(20)), .seconds(60)),
                on: context.surroundings.clock)
        }
    }

    /// With nothing to show the health of.
    private func waitAtGate() async {
        guard let waitingAtGate else { return await changed.wait(after: seen) }
        let now = context.now
        let limit = (waitingAtGate.nextChange ?? now + .seconds(3600)) - now
        await Signal.wait(
            forAny: [
                SignalMark(signal: changed, seen: seen),
                SignalMark(signal: context.standings.changes, seen: standingsSeen),
            ],
            atMost: max(limit, .milliseconds(20)), on: context.surroundings.clock)
    }

    /// The rollout under way has not applied anything yet.
    var waitsToBegin = false
    /// What is noted of it from its beginning.
    var noted: [String] = []
    /// The healthy revision that the source keeps readable.
    var pinned: String?
    /// What the last rollout of this process applied.
    var inForce: Desired?
    /// What the last rollout could not prune.
    var untaken: Leftovers?
    /// What may be pruned now, where that is why a rollout begins: the prune's code.
    var leftover: String?
    var fights = DriftFights()
    /// The rollout whose objects the fights are about.
    var fightsOver: String?
    /// Differences that were told of, and are still there.
    var reportedDrift: Set<DriftReport> = []

    /// Runs a piece of work, ending it at once when something else is desired.
    func unlessChanged<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let seen = seen
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await self.changed.wait(after: seen)
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

extension TargetStep {
    var word: String {
        switch self {
        case .rest: "rest"
        case .hold: "hold"
        case .awaitGate: "wait at the gate"
        case .rollOut(let resuming): resuming == nil ? "roll out" : "go on with the rollout"
        case .goOn: "finish what was begun"
        case .suspended: "leave alone"
        case .rollBack(_, let resuming, _): resuming == nil ? "roll back" : "go on with the rollback"
        }
    }
}

extension Environment {
    /// Whether what waits under this policy waits for the same under the other.
    fileprivate func hasGate(of other: Environment) -> Bool {
        deploy == other.deploy && requires == other.requires && approvals == other.approvals
            && windows == other.windows && cluster == other.cluster
    }
}
