// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
package import Planning

extension Reconciler {
    /// Makes new heads into what each application should be. What is broken stays as it was, and says why; nothing
    /// of it touches anything else.
    func adopt(_ heads: [String: String]) async throws {
        guard let head = heads[context.settings.branch] else { return }
        // Before the first object is marked so: after another change of the address these are still ours.
        if !context.settings.source.isEmpty {
            try await context.store.recordSource(context.settings.source, at: context.now)
        }
        try await recordNewRevisions(heads)
        context.status.updateDaemon { $0.source.head = head }
        try await loadPipeline(at: head)
        await noteOtherPipelines(heads)
        if let pipeline {
            requireTenancies(of: pipeline)
            let desired = try await findDesired(pipeline, heads)
            try await hand(desired, pipeline)
            context.status.updateDaemon { $0.pipeline.isHandedOut = true }
        }
        adoptedHeads = heads
        updateReadiness()
    }

    private func recordNewRevisions(_ heads: [String: String]) async throws {
        for (branch, commit) in heads.sorted(by: { $0.key < $1.key }) where adoptedHeads[branch] != commit {
            let revision = try await context.source.revision(commit, branch: branch)
            try await context.store.recordRevision(revision, at: context.now)
            logger.notice(
                "new revision",
                metadata: ["branch": "\(branch)", "commit": "\(commit)", "subject": "\(revision.subject)"])
        }
    }

    func loadPipeline(at head: String) async throws {
        do throws(SourceFailure) {
            await use(try await context.source.pipeline(at: head), of: head)
            context.status.updateDaemon { $0.pipeline.error = nil }
        } catch {
            // What may come right by itself is read again at the next poll.
            guard !error.isTransient else { throw error }
            if pipeline == nil, try await !recallPipeline() {
                logger.debug("no pipeline was in force before")
            }
            let separator = error.message.contains("\n") ? "\n" : "; "
            let inForce = context.status.daemon.pipeline.revision.map {
                "\(separator)the one of \($0.prefix(7)) stays in force"
            }
            let message = "\(error.message)\(inForce ?? "")"
            context.status.updateDaemon { $0.pipeline.error = message }
            logger.error("cannot use the pipeline", metadata: ["commit": "\(head)", "error": "\(message)"])
        }
    }

    func use(_ pipeline: Pipeline, of commit: String) async {
        self.pipeline = pipeline
        if context.standings.setRequired(by: pipeline) {
            for worker in workers.values { await worker.lookAgain() }
        }
        context.status.updateDaemon {
            $0.pipeline.revision = commit
            $0.pipeline.notifications = pipeline.notifications
            $0.pipeline.environments = pipeline.environments.map(\.name)
        }
    }

    // MARK: What should run

    private struct Wish {
        var application: Application
        var environment: Environment
        /// Nil where the inputs did not move.
        var answer: DesiredAnswer?
        var problem: Cause?
        /// With a problem, after a start: what was good before.
        var recalled: Desired?
        /// The commit that was looked at.
        var head = ""

        var desired: Desired? {
            if case .rendered(let rendered) = answer { return rendered }
            return recalled
        }
    }

    private func findDesired(
        _ pipeline: Pipeline, _ heads: [String: String]
    ) async throws -> [(target: TargetID, wish: Wish)] {
        var wishes: [(target: TargetID, wish: Wish)] = []
        for application in pipeline.applications {
            for environment in pipeline.environments where application.environments.contains(environment.name) {
                let target = TargetID(application: application.name, environment: environment.name)
                var wish = Wish(application: application, environment: environment)
                let branch = environment.branch ?? context.settings.branch
                do throws(SourceFailure) {
                    guard let head = heads[branch] else {
                        throw SourceFailure(
                            code: .missing,
                            message: "the branch \(branch) of the environment \(environment.name) is "
                                + "not in the repository", isTransient: true)
                    }
                    wish.head = head
                    wish.answer = try await context.source.desired(
                        application, in: environment, at: head,
                        unlessInputsAre: await workers[target]?.inputs(in: environment))
                } catch {
                    guard !error.isTransient || error.code == .missing else { throw error }
                    wish.problem = Cause(reason: error.code.rawValue, message: error.message)
                    if await workers[target]?.currentDesired == nil {
                        wish.recalled = try await recall(target, in: environment)
                    }
                }
                wishes.append((target, wish))
            }
        }
        return wishes
    }

    /// What is asked of one cluster.
    private struct ClusterWishes {
        var claims: [ObjectID: [DependencyBoard.Claim]] = [:]
        var targets: Set<TargetID> = []
        var unread: Set<TargetID> = []
        var broken: Set<TargetID> = []
        var staying: [TargetID: Set<ObjectID>] = [:]
        var checks: [TargetID: DependentChecks] = [:]
        var secrets: [TargetID: ApplicationSecrets] = [:]
        var nodes: [OrderNode] = []
    }

    /// Tells the workers. All take in what is desired, and announce what will change, before any begins.
    private func hand(_ wishes: [(target: TargetID, wish: Wish)], _ pipeline: Pipeline) async throws {
        beingHandedOut = Set(wishes.map(\.target))
        defer { beingHandedOut = [] }
        await noteAsked(wishes)
        var clusters: [String: ClusterWishes] = [:]
        var isAnyBroken = false
        var prepared: [(worker: TargetWorker, desired: Desired)] = []
        var good: [Desired] = []
        var problems: [(worker: TargetWorker, cause: Cause, commit: String)] = []
        var inForce: Set<TargetID> = []
        for (target, wish) in wishes {
            inForce.insert(target)
            let worker = worker(for: target)
            let wanted = wish.environment.clusterName
            // What is still in another cluster has an order there, too.
            let places = Set([wanted, try await worker.place(for: wish.environment)]).sorted()
            var manifests = await worker.desiredManifests
            if let desired = wish.desired {
                manifests = desired.manifests
                let claims = clusters[wanted]?.claims ?? [:]
                if let duplicate = manifests.first(where: { claims[$0.id] != nil }) {
                    let owner = claims[duplicate.id]?.first?.target ?? target
                    problems.append((worker, duplicateCause(duplicate, owner), desired.commit))
                } else {
                    prepared.append((worker, desired))
                    // What was recalled is of another pipeline, and known already.
                    if wish.problem == nil { good.append(desired) }
                }
            }
            if let problem = wish.problem {
                problems.append((worker, problem, wish.head))
                isAnyBroken = true
                for place in places {
                    clusters[place, default: ClusterWishes()].broken.insert(target)
                    if manifests.isEmpty { clusters[place]?.unread.insert(target) }
                }
            } else if wish.desired == nil {
                await worker.keep(wish.application, in: wish.environment, at: wish.head)
            }
            for place in places where place != wanted {
                clusters[place, default: ClusterWishes()].staying[target] = try await worker.objects
            }
            for place in places {
                clusters[place, default: ClusterWishes()].targets.insert(target)
                if !wish.application.verify.isEmpty {
                    clusters[place]?.checks[target] = DependentChecks(wish.application, in: wish.environment, manifests)
                }
                clusters[place]?.secrets[target] = ApplicationSecrets(of: manifests)
                clusters[place]?.nodes += manifests.map { OrderNode(target: target, manifest: $0) }
            }
            for manifest in manifests {
                clusters[wanted]?.claims[manifest.id, default: []].append(
                    .init(target: target, kind: manifest.groupVersionKind))
            }
        }
        let wasBroken = context.sites.contains { !$0.board.broken.isEmpty }
        try setOrder(clusters, pipeline)
        handedOut = inForce
        try await recordGood(good)
        for (worker, desired) in prepared { await worker.prepare(desired) }
        // Beside what was good before.
        for (worker, cause, commit) in problems { await worker.setProblem(cause, at: commit) }
        try await removeTargets(notIn: inForce)
        for worker in workers.sorted(by: { $0.key < $1.key }).map(\.value) {
            await worker.proceed()
            // What could not be pruned then may go now.
            if wasBroken, !isAnyBroken { await worker.lookAgain() }
        }
    }

    /// Before any acts on it: a gate does not open for what another environment has yet to look at.
    private func noteAsked(_ wishes: [(target: TargetID, wish: Wish)]) async {
        var asked: [TargetID: StandingBoard.Asked] = [:]
        for (target, wish) in wishes {
            var item = StandingBoard.Asked(
                branch: wish.environment.branch ?? context.settings.branch, head: wish.head, commit: wish.head,
                problem: wish.problem?.message, bake: wish.application.bake)
            if wish.problem == nil {
                let known = await workers[target]?.currentDesired
                let desired = if case .rendered(let rendered) = wish.answer { rendered } else { known }
                item.digest = desired?.digest
                item.commit = desired?.commit ?? wish.head
            }
            asked[target] = item
        }
        context.standings.setAsked(asked)
    }

    private func duplicateCause(_ manifest: Manifest, _ owner: TargetID) -> Cause {
        Cause(
            object: manifest.id, reason: "OwnedByOther",
            message: "\(manifest.origin) repeats an object of the application \(owner); one object belongs to one "
                + "application: remove it from one of them")
    }

    /// Each cluster has an order of its own: nothing waits for what is in another, but at gates.
    private func setOrder(_ clusters: [String: ClusterWishes], _ pipeline: Pipeline) throws {
        var left: [String] = []
        for site in context.sites {
            let wishes = clusters[site.name] ?? ClusterWishes()
            let graph = try OrderGraph(
                nodes: wishes.nodes, declared: pipeline.declaredDependencies(among: wishes.targets))
            left += graph.droppedEdges.map { "\($0.edge): \($0.reason)" }
            for dropped in graph.droppedEdges {
                logger.debug(
                    "dependency left out", metadata: ["edge": "\(dropped.edge)", "reason": "\(dropped.reason)"])
            }
            site.board.setOrder(
                graph, claims: wishes.claims, unread: wishes.unread, broken: wishes.broken, staying: wishes.staying,
                checks: wishes.checks, secrets: wishes.secrets)
        }
        context.status.updateDaemon {
            $0.pipeline.droppedEdges = left + pipeline.dependenciesAcrossClusters.map(\.text)
        }
    }

    /// Applications that the pipeline no longer has, but the ledger still knows objects of.
    private func removeTargets(notIn inForce: Set<TargetID>) async throws {
        // A broken pipeline at the head removes nothing: only one that was read whole says who is gone.
        guard context.status.daemon.pipeline.error == nil else { return }
        // Of a removal that was cut off nothing may be left but its verdict.
        let left = try await context.store.targetsWithInventory() + context.store.targetsBeingRemoved()
        for target in left where !isInForce(target, inForce) { await remove(worker(for: target)) }
        for worker in workers.values where !isInForce(worker.target, inForce) {
            await remove(worker)
        }
    }

    /// What was handed out while this waited is in force too.
    private func isInForce(_ target: TargetID, _ inForce: Set<TargetID>) -> Bool {
        inForce.contains(target) || handedOut?.contains(target) == true || beingHandedOut.contains(target)
    }

    private func remove(_ worker: TargetWorker) async {
        let status = context.status.daemon
        await worker.remove(
            said: pipeline?.removal(of: worker.target), unlessSaid: removalPolicy(for: worker.target),
            from: pipeline?.environment(worker.target.environment), at: status.pipeline.revision ?? "")
    }

    /// What holds where the ledger does not know what the application said itself.
    private func removalPolicy(for target: TargetID) -> Application.Removal {
        pipeline?.environment(target.environment)?.onRemoval ?? .prune
    }

    /// What the ledger knows by now of objects that nobody asks for goes as it would after a merge.
    func removeLeftovers() async throws {
        // Before it is known who asks for which object now, nothing goes; and handing that out will do the same.
        guard let inForce = handedOut else { return }
        try await removeTargets(notIn: inForce)
        for (target, worker) in workers.sorted(by: { $0.key < $1.key }) {
            // Those in force may be told of what is new right now, and begin when all are.
            if inForce.contains(target) { await worker.lookAgain() } else { await worker.proceed() }
        }
    }
}

extension Pipeline {
    /// For each application in an environment, those it says it depends on: in the same environment where they are
    /// there, otherwise in every environment they have (shared infrastructure).
    package var declaredDependencies: [TargetID: [TargetID]] {
        let environmentsByName = Dictionary(applications.map { ($0.name, $0.environments) }) { first, _ in first }
        var result: [TargetID: [TargetID]] = [:]
        for application in applications {
            for environment in application.environments {
                let dependencies = application.dependsOn.flatMap { name -> [TargetID] in
                    let theirs = environmentsByName[name] ?? []
                    let chosen = theirs.contains(environment) ? [environment] : theirs
                    return chosen.map { TargetID(application: name, environment: $0) }
                }
                guard !dependencies.isEmpty else { continue }
                result[TargetID(application: application.name, environment: environment)] = dependencies
            }
        }
        return result
    }

    /// The same, where both are among the targets.
    package func declaredDependencies(among targets: Set<TargetID>) -> [TargetID: [TargetID]] {
        declaredDependencies.filter { targets.contains($0.key) }
            .mapValues { $0.filter(targets.contains) }.filter { !$0.value.isEmpty }
    }

    /// Those that are not waited for, in words.
    package var dependenciesAcrossClusters: [(target: TargetID, on: TargetID, text: String)] {
        let clusters = Dictionary(environments.map { ($0.name, $0.clusterName) }) { first, _ in first }
        return declaredDependencies.sorted { $0.key < $1.key }.flatMap { target, dependencies in
            dependencies.filter { clusters[$0.environment] != clusters[target.environment] }.map {
                (
                    target, $0,
                    "\(target) depends on \($0): it is in another cluster, which only gates wait for (`requires`)"
                )
            }
        }
    }
}
