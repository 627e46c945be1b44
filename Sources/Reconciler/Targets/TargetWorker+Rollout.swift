// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

extension TargetWorker {
    /// Rolls out what is desired, or goes on with a rollout of it that was cut off.
    func rollOut(_ desired: Desired, resuming: PastRollout?) async throws {
        try await supersedeUnfinished(except: resuming?.start.id)
        let (trigger, isGated, note) = try await reason(for: desired, resuming)
        let before = try await ranLast(before: resuming)?.phase
        let start = try await begin(desired, trigger: trigger, resuming: resuming, note: note)
        publish {
            $0.targetRevision = desired.commit
            $0.targetDigest = desired.digest
            $0.quarantine = nil
        }
        try await run(
            start, desired, isResumed: resuming != nil, isGated: isGated,
            excusable: before == .succeeded || before == .rolledBack ? .unwellNow : .nothing)
    }

    /// Why it begins: of a digest that was well, what was left undone is done now. Whether the gate has a say in it, and
    /// what a person said.
    private func reason(
        for desired: Desired, _ resuming: PastRollout?
    ) async throws -> (RolloutTrigger, isGated: Bool, note: String?) {
        if resuming?.start.trigger == .reconcile { return (.reconcile, false, nil) }
        let latest = try await context.store.history(of: target).latest
        guard let latest, latest.start.digest == desired.digest, latest.verdict?.outcome == .healthy else {
            let trigger: RolloutTrigger = try await comesBack(desired, after: latest) ? .resume : .revision
            return (trigger, true, try await gateKeeper.forceText(of: desired.digest, in: desired.environment))
        }
        if let again = try await context.store.approval(.again, target, subject: latest.start.id) {
            let why = again.reason.map { ": \($0)" } ?? ""
            return (.reconcile, false, "rolled out again by \(again.actor)\(why)")
        }
        guard let leftover, try await context.store.isApproved(.prune, target, subject: leftover) else {
            return (.resume, false, nil)
        }
        return (.approve, false, nil)
    }

    /// Whether it is what was well here until a person had it destroyed, or rolled back from it; at another commit too,
    /// since a daemon that is started again renders it at the newest.
    private func comesBack(_ desired: Desired, after latest: PastRollout?) async throws -> Bool {
        guard let latest, latest.start.trigger == .removal || latest.start.hold != nil else { return false }
        let brought = try await context.store.pastRollouts(of: target).first {
            $0.start.trigger != .removal && $0.start.trigger != .rollback
        }
        return brought?.start.digest == desired.digest && brought?.verdict?.outcome == .healthy
    }

    /// Something newer waits at the gate: what was begun goes on to its verdict.
    func goOn(with latest: PastRollout, _ current: Desired) async throws {
        var desired = inForce
        if desired?.digest != latest.start.digest {
            guard case .rendered(let rendered) = try await renderHealthy(latest, current) else { return }
            desired = rendered
        }
        guard let desired, desired.digest == latest.start.digest else {
            return try await supersedeUnfinished(except: nil)
        }
        logger.notice("goes on with a rollout", metadata: ["rollout": "\(latest.start.id)"])
        try await run(latest.start, desired, isResumed: true, isGated: latest.start.trigger == .revision)
    }

    /// Brings back an earlier rollout, rendered from the mirror as it was, under today's policy.
    func rollBack(to healthy: PastRollout, resuming: PastRollout?, for hold: Hold?) async throws {
        guard let current = currentDesired else { return }
        let answer = try await renderHealthy(healthy, current)
        guard case .rendered(let desired) = answer else { return }
        let excusable = try await excusable(inRollbackTo: desired.digest)
        try await supersedeUnfinished(except: resuming?.start.id)
        let start = try await begin(desired, trigger: .rollback, resuming: resuming, for: hold)
        let why = hold.map { ", since \($0.text)" } ?? ""
        publish { $0.message = "rolling back to \(desired.commit.prefix(7))\(why)" }
        // What is taken back is no new thing.
        try await run(start, desired, isResumed: resuming != nil, isGated: false, excusable: excusable)
    }

    /// The application as the healthy revision's own pipeline had it; how it is judged is today's. A revision may have
    /// been rolled out while its pipeline was broken and an older one in force: then today's entry serves.
    private func renderHealthy(
        _ healthy: PastRollout, _ current: Desired
    ) async throws(SourceFailure) -> DesiredAnswer {
        let commit = healthy.start.revision
        let pipeline: Pipeline?
        do throws(SourceFailure) {
            pipeline = try await context.source.pipeline(at: commit)
        } catch {
            guard error.code == .pipeline, !error.isTransient else { throw error }
            pipeline = nil
        }
        var application = pipeline?.application(target.application) ?? current.application.statedForOther
        var environment = pipeline?.environment(target.environment) ?? current.environment
        // Wherever it ran then, it is brought back where the application is now.
        environment.cluster = context.clusterName.isEmpty ? nil : context.clusterName
        application.timeout = current.application.timeout
        application.grace = current.application.grace
        application.verify = current.application.verify
        application.rollback = current.application.rollback
        application.health = current.application.health
        application.conflicts = current.application.conflicts
        application.prune = current.application.prune
        application.bake = current.application.bake
        application.drift = current.application.drift
        return try await context.source.desired(application, in: environment, at: commit, unlessInputsAre: nil)
    }

    /// After a restart: what is held at is what was rolled back to, not what git asks for.
    func recallInForce(_ current: Desired) async {
        guard inForce == nil, let healthy = try? await context.store.history(of: target).healthyToReturnTo,
            case .rendered(let desired) = try? await renderHealthy(healthy, current)
        else { return }
        inForce = desired
    }

    // MARK: Pieces

    private func begin(
        _ desired: Desired, trigger: RolloutTrigger, resuming: PastRollout?, for hold: Hold? = nil,
        note: String? = nil
    ) async throws -> RolloutStart {
        if let resuming {
            logger.notice("goes on with a rollout", metadata: ["rollout": "\(resuming.start.id)"])
            return resuming.start
        }
        let history = try await context.store.history(of: target)
        // A rollback comes from what failed, everything else from what was well.
        let before = trigger == .rollback ? history.latest : history.healthyToReturnTo
        let start = RolloutStart(
            id: context.surroundings.makeID(), target: target, revision: desired.commit,
            fromRevision: before?.start.revision, digest: desired.digest,
            inputsDigest: desired.inputs.digest, trigger: trigger, startedAt: context.now, hold: hold?.id,
            note: note)
        try await context.store.beginRollout(start)
        return start
    }

    private func run(
        _ start: RolloutStart, _ desired: Desired, isResumed: Bool, isGated: Bool,
        excusable: Excusable = .nothing
    ) async throws {
        if let currentDesired { await recallInForce(currentDesired) }
        let before = inForce
        inForce = desired
        context.standings.unsettle(target)
        noted = start.notes
        waitsToBegin = start.trigger == .rollback ? false : try await !context.store.hasBegun(start.id)
        desired.unpack()
        publish { $0.lastRolloutAt = start.startedAt }
        let setAside = try await split(desired)
        context.board.announce(setAside.desired.manifests.map(\.id), by: target)
        let run = RolloutRun(
            start: start, isResumed: isResumed, desired: setAside.desired, notes: start.notes + setAside.notes,
            hooksInGit: Hook.identities(of: desiredManifests), excusable: excusable, context: context,
            logger: logger,
            isGateClosed: { [weak self] in
                guard isGated else { return nil }
                return try await self?.whyGateIsClosed(to: desired, rollout: start.id)
            }
        ) { [weak self] phase, cause in await self?.show(phase, cause) }
        do {
            _ = try await unlessChanged {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    if let before { group.addTask { try await self.showHealthUntilItBegins(of: before) } }
                    defer { group.cancelAll() }
                    return try await run.run()
                }
            }
        } catch let error as CancellationError {
            // The daemon ending is no end of it: it goes on, hooks and all, when the daemon is back.
            if !Task.isCancelled {
                try await run.concludeCutShort()
                if try await !context.store.hasBegun(start.id) { inForce = before }
            }
            throw error
        }
        if await run.hasTriedToPrune { try await noteLeftovers(desired) }
        try await showHistory(currentDesired)
    }

    /// What a rollout waits for may take days: meanwhile what runs is well, or not.
    private func showHealthUntilItBegins(of before: Desired) async throws {
        guard waitsToBegin else { return }
        before.unpack()
        let time = SteadyTime(context.surroundings)
        var health = HealthObserver(
            view: context.view, cluster: context.cluster, manifests: try await lasting(before.manifests),
            settings: JudgeSettings(before.application), now: time.now)
        await health.begin()
        while !Task.isCancelled {
            let mark = health.mark()
            let summary = await health.summary(now: time.now)
            guard waitsToBegin else { return }
            if status.health != summary.status { publish { $0.health = summary.status } }
            let limit = time.now + .seconds(60)
            let next = min(health.nextDeadline ?? limit, limit)
            await Signal.wait(
                forAny: [mark], atMost: max(next - time.now, .milliseconds(20)), on: context.surroundings.clock)
        }
    }

    /// A rollout that something newer ends is closed in the ledger before the newer one begins.
    func supersedeUnfinished(except resumed: String?) async throws {
        guard let latest = try await context.store.history(of: target).latest, !latest.phase.isFinal,
            latest.start.id != resumed
        else { return }
        try await recordPhase(.superseded, of: latest.start, cause: nil)
        context.status.countRollout(of: target, endedAs: .superseded)
    }

    func recordPhase(_ phase: RolloutPhase, of start: RolloutStart, cause: Cause?) async throws {
        try await context.store.recordPhase(phase, of: start.id, reason: cause?.message, cause: cause, at: context.now)
        show(phase, cause)
    }

    func show(_ phase: RolloutPhase, _ cause: Cause?) {
        if phase != .queued, phase != .blocked { waitsToBegin = false }
        context.standings.noteProgress(of: target)
        publish {
            $0.phase = phase
            $0.cause = cause
            $0.message = cause?.message ?? ""
            if phase == .rollingBack, let to = self.inForce?.commit {
                $0.message = "rolling back to \(to.prefix(7))" + (cause.map { ": \($0)" } ?? "")
            }
            $0.bakesUntil = nil
            if !phase.isFinal { $0.notes = self.noted }
            switch phase {
            case .succeeded, .rolledBack: $0.health = .healthy
            case .failed: $0.health = .degraded
            // Nothing is applied yet, or nothing more: what runs is as it was.
            case .queued, .blocked: if $0.health == .unknown { $0.health = .progressing }
            default: $0.health = .progressing
            }
        }
    }

    /// Pins what a rollback would bring back. Again after a start: the last daemon may have ended before it did.
    func keepReadable(_ revision: String?) async {
        guard let revision, revision != pinned else { return }
        do {
            try await context.source.pin(revision, for: target)
            pinned = revision
        } catch {
            logger.warning("cannot pin the healthy revision", metadata: ["error": "\(error)"])
        }
    }

    /// What the ledger knows, as the status shows it.
    func showHistory(_ desired: Desired?) async throws {
        let history = try await context.store.history(of: target)
        // While it bakes, what it would be taken back to is what has to stay readable.
        let bake = desired?.application.bake ?? .zero
        if history.latest?.isBaking(bake, context) != true {
            await keepReadable(history.healthyToReturnTo?.start.revision)
        }
        let suspensions = try await context.store.suspensions().filter { $0.scope.covers(target) }
        var quarantine: Quarantine?
        if let desired { quarantine = try await context.store.quarantine(of: target, digest: desired.digest) }
        publish {
            if let latest = history.latest {
                $0.phase = latest.phase
                $0.lastRolloutAt = latest.start.startedAt
                $0.cause = latest.verdict?.cause
                $0.notes = latest.verdict?.notes ?? []
                // Why that began says nothing of what waits now.
                if latest.start.digest != desired?.digest { $0.notes.removeAll { latest.start.notes.contains($0) } }
            }
            if let loss = self.loss { $0.notes.append(loss.message) }
            if let succession = self.succession { $0.notes.append(succession.text) }
            // What nobody can judge was applied all the same, and runs.
            let unjudged = history.latest.flatMap { $0.isInconclusive ? $0 : nil }
            $0.revision = (unjudged ?? history.healthyToReturnTo)?.start.revision
            // The same digest at another commit is no other revision to an application.
            let known = [history.latest, history.healthyToReturnTo].compactMap { $0 }
                .first { $0.start.digest == desired?.digest }
            $0.targetRevision = known?.start.revision ?? desired?.commit
            $0.targetDigest = desired?.digest
            $0.problem = self.wish.problem
            $0.problemRevision = self.wish.problem == nil ? nil : self.wish.problemRevision
            $0.message = ""
            $0.hold = nil
            $0.waits = []
            $0.waitsSince = nil
            $0.spokenAt = nil
            $0.approvalLapsedAt = nil
            $0.suspensions = suspensions
            $0.quarantine = quarantine
        }
    }
}

extension Application {
    /// For a revision whose own pipeline is not to be had.
    fileprivate var statedForOther: Application {
        var application = self
        for place in application.hooks.indices { application.hooks[place].isOfOther = true }
        return application
    }
}

extension RolloutStart {
    /// What its verdict says first.
    var notes: [String] { note.map { [$0] } ?? [] }
}
