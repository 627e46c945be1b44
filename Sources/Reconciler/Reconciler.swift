// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
package import Planning

/// The daemon's core: polls the source, finds out what each application should be, and lets a worker for each bring
/// it there. Holds no cluster state of its own: killed at any point, the next start goes on from the ledger.
package actor Reconciler {
    let context: ReconcilerContext
    private let pollNow = Signal()
    /// Polls begun and ended so far, whatever came of them.
    private var pollsBegun = 0
    private var pollsEnded = 0
    private let polled = Signal()
    private let newWorkers: AsyncStream<TargetWorker>
    private let addWorker: AsyncStream<TargetWorker>.Continuation
    var workers: [TargetID: TargetWorker] = [:]
    /// The heads that were last made into what is desired.
    var adoptedHeads: [String: String] = [:]
    /// The applications that were told what to be, once it was known who asks for which object.
    var handedOut: Set<TargetID>?
    /// The same, of what is being handed out.
    var beingHandedOut: Set<TargetID> = []
    /// The last pipeline that was good: it stays in force while a newer one is broken.
    var pipeline: Pipeline?
    var logger: Logger { context.surroundings.logger }
    /// How long environments of the pipeline in force keep their past, where they say it.
    package var histories: [String: Duration] {
        (pipeline?.environments ?? []).reduce(into: [:]) { $0[$1.name] = $1.history }
    }

    package init(context: ReconcilerContext) {
        self.context = context
        (newWorkers, addWorker) = AsyncStream.makeStream(of: TargetWorker.self)
    }

    /// Works until its task is cancelled.
    package func run() async {
        await loadBaselines()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.pollLoop() }
            group.addTask { await self.watchClock() }
            group.addTask {
                await self.context.clockWatch.waitUntilRecalled()
                await self.runWorkers()
            }
            // One that cannot be reached holds no other up.
            for site in self.context.sites {
                let context = self.context.at(site.name)
                group.addTask { await context.view.run() }
                group.addTask { await self.watch(context) }
                group.addTask { await self.keepSearching(context) }
                group.addTask { await self.keepTenancies(context) }
            }
        }
    }

    /// Asks for a poll at once (a webhook, a person).
    package nonisolated func poll() { pollNow.notify() }

    /// Asks for a poll at once, and waits until one that began after this call has ended. False where that takes longer.
    func pollAndWait(atMost limit: Duration) async -> Bool {
        let awaited = pollsBegun + 1
        poll()
        let elapsed = context.surroundings.elapsed
        let deadline = elapsed() + limit
        while pollsEnded < awaited {
            guard elapsed() < deadline, !Task.isCancelled else { return false }
            await polled.wait(after: polled.version, atMost: deadline - elapsed(), on: context.surroundings.clock)
        }
        return true
    }

    /// Before anything is watched: the first that is told of an object shows what happened to it while no daemon ran.
    /// What cannot be read here is applied again once, quietly.
    private func loadBaselines() async {
        do {
            for target in try await context.store.targetsWithInventory() {
                let context = context.at(try await context.store.cluster(of: target) ?? "")
                context.drift.load(try await context.store.inventory(of: target), of: target)
            }
        } catch {
            logger.warning("cannot read what the last applies left", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Workers

    private func runWorkers() async {
        await withDiscardingTaskGroup { group in
            for await worker in newWorkers {
                group.addTask {
                    await worker.run()
                    await self.retire(worker)
                }
            }
            group.cancelAll()
        }
    }

    private func retire(_ worker: TargetWorker) async {
        guard await worker.hasFinished, workers[worker.target] === worker else { return }
        workers[worker.target] = nil
    }

    func worker(for target: TargetID) -> TargetWorker {
        if let worker = workers[target] { return worker }
        let worker = TargetWorker(target: target, context: context)
        workers[target] = worker
        addWorker.yield(worker)
        return worker
    }

    /// What git asks of the application, as last heard.
    package func desired(of target: TargetID) async -> Desired? { await workers[target]?.currentDesired }

    // MARK: Polling

    private func pollLoop() async {
        await adoptLocalHeads()
        var backoff = Backoff(first: .seconds(1), limit: .seconds(60))
        while !Task.isCancelled {
            let seen = pollNow.version
            var delay = context.settings.pollInterval
            pollsBegun += 1
            do {
                try await pollOnce()
                backoff.reset()
            } catch let failure as SourceFailure {
                sourceFailed(failure)
                delay = min(delay, backoff.next(random: context.surroundings.random()))
            } catch is CancellationError {
                return
            } catch {
                sourceFailed(SourceFailure(code: .remote, message: "\(error)", isTransient: true))
                delay = min(delay, backoff.next(random: context.surroundings.random()))
            }
            pollsEnded += 1
            polled.notify()
            await pollNow.wait(after: seen, atMost: delay, on: context.surroundings.clock)
        }
    }

    /// What the mirror holds is enough to go on with while the remote is down.
    private func adoptLocalHeads() async {
        do {
            guard let head = try await context.source.localHeads([context.settings.branch]).values.first else { return }
            // The pipeline says which further branches are tracked.
            try await loadPipeline(at: head)
            try await adopt(try await context.source.localHeads(trackedBranches))
        } catch {
            logger.debug("nothing to begin with in the mirror", metadata: ["error": "\(error)"])
        }
    }

    /// One poll: a single request where nothing is new.
    package func pollOnce() async throws {
        var branches = trackedBranches
        let heads = try await context.source.poll(branches)
        context.status.updateDaemon {
            $0.source.polls += 1
            $0.source.lastPollAt = context.now
        }
        try requireBranches(branches, in: heads)
        // A mirror that lost its branches (a broken disk, a changed URL) is filled again, although nothing is new.
        let isMirrored = try await context.source.localHeads(branches) == heads
        if heads != adoptedHeads || !isMirrored {
            var fetched = try await context.source.fetch(branches)
            try requireBranches(branches, in: fetched)
            // A new pipeline may track further branches: they are not missing, but were not asked for.
            let further = await branchesTracked(at: fetched[context.settings.branch])
            if !further.isSubset(of: branches) {
                branches = further.union(branches).sorted()
                fetched = try await context.source.fetch(branches)
                try requireBranches(branches, in: fetched)
            }
            try await adopt(fetched)
        }
        context.status.updateDaemon { $0.source.error = nil }
        if trackedBranches != branches { try await pollOnce() }
    }

    private func requireBranches(_ branches: [String], in heads: [String: String]) throws(SourceFailure) {
        guard heads[context.settings.branch] == nil else { return }
        throw SourceFailure(
            code: .missing,
            message: "the branch \(context.settings.branch) is not in \(context.status.daemon.source.url); correct "
                + "source.branch, or push the branch: the daemon goes on by itself",
            isTransient: true)
    }

    private var trackedBranches: [String] {
        let others = pipeline?.environments.compactMap(\.branch) ?? []
        return Set(others + [context.settings.branch]).sorted()
    }

    private func sourceFailed(_ failure: SourceFailure) {
        let isNews = context.status.daemon.source.error != failure.message
        context.status.updateDaemon {
            $0.source.failedPolls += 1
            $0.source.error = failure.message
        }
        let metadata: Logger.Metadata = ["reason": "\(failure.code.rawValue)", "error": "\(failure.message)"]
        if isNews {
            logger.error("cannot read the source", metadata: metadata)
        } else {
            logger.debug("still cannot read the source", metadata: metadata)
        }
    }

    // MARK: The clusters, as the status shows them

    /// While the watches hear of the cluster nothing is asked: it answers. It is asked at the start, once a watch fails or
    /// is back, and when all of them have been silent for longer than bookmarks take.
    private func watch(_ context: ReconcilerContext) async {
        var backoff = Backoff(first: .seconds(1), limit: .seconds(15))
        var answered: Duration?
        let name = context.clusterName
        let metadata: Logger.Metadata = name.isEmpty ? [:] : ["cluster": "\(name)"]
        while !Task.isCancelled {
            let asked = context.surroundings.elapsed()
            let seen = context.view.reachability.version
            var delay: Duration?
            do throws(ClusterFailure) {
                let version = try await context.cluster.serverVersion()
                let isNews = context.status.daemon.status(of: name).version == nil
                answered = context.surroundings.elapsed()
                context.status.updateDaemon { $0.update(name) { $0 = .init(version: version) } }
                if isNews {
                    logger.notice("cluster reached", metadata: metadata.merging(["version": "\(version)"]) { $1 })
                }
                backoff.reset()
            } catch {
                if context.clusterError != error.message {
                    logger.error(
                        "cannot reach the cluster",
                        metadata: metadata.merging(
                            ["reason": "\(error.code.rawValue)", "error": "\(error.message)"]) { $1 })
                }
                let heard = [await context.view.lastHeard, answered].compactMap(\.self).max() ?? asked
                let since = context.now + (heard - context.surroundings.elapsed())
                context.status.updateDaemon {
                    $0.update(name) {
                        $0.error = error.message
                        $0.failingSince = $0.failingSince ?? since
                    }
                }
                delay = backoff.next(random: context.surroundings.random(), atLeast: error.retryAfter)
            }
            updateReadiness()
            if let delay {
                try? await context.surroundings.clock.sleep(for: delay)
            } else {
                await waitForDoubt(of: context, since: asked, seen)
            }
        }
    }

    /// Bookmarks come about once a minute to each watch: longer than that, so that at rest nothing is asked.
    private static let silence = Duration.seconds(75)
    /// While something is judged by what the watches tell, and where nothing is watched.
    private static let often = Duration.seconds(30)
    /// A server that was exchanged for a newer one behind the same address may break no watch.
    private static let trust = Duration.seconds(3600)

    /// Returns when it is no longer certain that the cluster answers.
    private func waitForDoubt(of context: ReconcilerContext, since asked: Duration, _ seen: Int) async {
        while !Task.isCancelled, context.view.reachability.version == seen {
            let heard = await context.view.lastHeard
            let isWorking = context.status.applications.contains {
                !$0.phase.isFinal && $0.cluster == context.clusterName
            }
            var due = asked + (isWorking ? Self.often : Self.trust)
            due = min(due, heard.map { max($0, asked) + Self.silence } ?? asked + Self.often)
            let now = context.surroundings.elapsed()
            guard due > now else { return }
            await context.view.reachability.wait(
                after: seen, atMost: min(due - now, Self.often), on: context.surroundings.clock)
        }
    }

    func updateReadiness() {
        context.status.updateDaemon {
            $0.isReady = $0.hasCluster && $0.pipeline.revision != nil
        }
    }
}
