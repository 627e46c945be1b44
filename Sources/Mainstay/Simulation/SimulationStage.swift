// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Sandbox
internal import VirtualTime

/// The course of a simulation: what is there before, the base, the new revision with its failures, and the verdict.
struct SimulationStage: Sendable {
    let simulation: Simulation
    let time: VirtualTime
    let sandbox: SimulatedCluster
    let source: SimulatedSource
    let board: StatusBoard
    let ledger: Ledger
    let reconciler: Reconciler
    let tell: @Sendable (String) -> Void

    private static let tick = Duration.milliseconds(500)
    /// What has not changed for so long has settled.
    private static let quiet = Duration.seconds(60)

    func play() async throws -> Bool {
        let revisions = [simulation.base, simulation.next].compactMap(\.self)
        let surroundings = SimulatedCluster.Surroundings(of: revisions)
        tellSurroundings(surroundings)
        let needed = surroundings.references + surroundings.made
        let missing = needed.filter { isMissing($0.object) }
        for name in simulation.missing where !missing.contains(where: { Self.names(name.name, $0.object) }) {
            throw LocalProblem(
                "--missing-secret \(name.name): nothing in the manifests refers to it; what is made outside of git is "
                    + (needed.isEmpty
                        ? "nothing" : needed.map(\.object.description).joined(separator: ", ")))
        }
        try await sandbox.make(
            surroundings, without: Set(simulation.base == nil ? missing.map(\.object) : []))
        return try await withThrowingTaskGroup(of: Bool?.self) { group in
            defer { group.cancelAll() }
            if let base = simulation.base {
                tell("base: \(base.title)")
                source.merge(base.withoutGates)
                expectChecks(of: base)
            } else {
                tell("base: an empty cluster")
                prepareNext()
            }
            group.addTask {
                await reconciler.run()
                return nil
            }
            group.addTask {
                if let base = simulation.base {
                    try await bringUp(base)
                    try await remove(missing.map(\.object))
                    prepareNext()
                    reconciler.poll()
                }
                return try await follow(missing)
            }
            while let ended = try await group.next() {
                if let isWell = ended { return isWell }
            }
            return false
        }
    }

    // MARK: Before

    private func tellSurroundings(_ surroundings: SimulatedCluster.Surroundings) {
        tell("a cluster in memory, with simulated time (seed \(simulation.seed)); made for it, as no manifest does:")
        if !surroundings.namespaces.isEmpty {
            tell("  namespaces \(surroundings.namespaces.joined(separator: ", "))")
        }
        for (object, keys) in surroundings.references where !isMissing(object) {
            tell("  \(object)" + (keys.isEmpty ? "" : " with \(keys.joined(separator: ", "))"))
        }
        for (object, keys) in surroundings.made {
            tell(
                "  \(object)" + (keys.isEmpty ? "" : " with \(keys.joined(separator: ", "))")
                    + (isMissing(object)
                        ? ": not made, though a manifest asks for it" : ", as a manifest asks, once that is applied"))
        }
        for (kind, _) in surroundings.definitions {
            // The sandbox has Knative's controllers, and nobody else's but for Secrets.
            let acts = kind.group == "serving.knative.dev" || SecretMakers.kinds.contains(kind.groupKind)
            tell("  a definition of \(kind.groupKind)" + (acts ? "" : " that takes anything; nothing acts on it"))
        }
        for remark in Set([simulation.base, simulation.next].compactMap(\.self).flatMap(\.remarks)).sorted() {
            tell("  \(remark)")
        }
    }

    private func isMissing(_ object: ObjectID) -> Bool { simulation.missing.contains { Self.names($0.name, object) } }

    private static func names(_ text: String, _ object: ObjectID) -> Bool {
        text == object.name || text == "\(object.namespace)/\(object.name)"
    }

    /// The checks of the pipeline are answered as it hopes.
    private func expectChecks(of revision: SimulatedRevision) {
        for application in revision.pipeline.applications {
            for name in application.environments {
                guard let environment = revision.pipeline.environment(name) else { continue }
                for check in application.verify {
                    guard case .http(let check) = check.question else { continue }
                    sandbox.transport.expect(check, in: application.namespace ?? environment.namespace)
                }
            }
        }
    }

    private func bringUp(_ base: SimulatedRevision) async throws {
        let begun = time.now
        let targets = base.pipeline.targets
        while time.now - begun < .seconds(1800) {
            let up = targets.filter { isUp($0) }
            if up.count == targets.count { break }
            await board.changes.wait(after: board.changes.version, atMost: Self.tick, on: time.clock)
        }
        let down = targets.filter { !isUp($0) }
        if down.isEmpty { return tell("  \(targets.count) up after \(SimulatedDuration.text(time.now - begun))") }
        for target in down {
            let status = board.application(target)
            let why = status.map { $0.cause?.description ?? $0.message } ?? ""
            tell("  \(target) does not come up: \(why.isEmpty ? "no reason is known" : why)")
        }
    }

    private func isUp(_ target: TargetID) -> Bool {
        guard let status = board.application(target) else { return false }
        return status.phase == .succeeded && status.health == .healthy
    }

    private func remove(_ objects: [ObjectID]) async throws {
        sandbox.withhold(objects)
        for object in objects {
            let plural = object.kind.lowercased() + "s"
            _ = await sandbox.cluster.respond(
                to: SandboxRequest(
                    method: "DELETE", path: "/api/v1/namespaces/\(object.namespace)/\(plural)/\(object.name)"))
        }
    }

    // MARK: The new revision

    private func prepareNext() {
        tell("merged: \(simulation.next.title)")
        let gates = simulation.next.pipeline.environments.compactMap { environment in
            environment.policies.isEmpty ? nil : "\(environment.name) (\(environment.policies.joined(separator: ", ")))"
        }
        if simulation.approves, !gates.isEmpty { tell("  taken as given: \(gates.joined(separator: ", "))") }
        for target in targetsThatFailChecks { setChecks(failing: true, of: target) }
        source.merge(revisionWithFailures())
        expectChecks(of: simulation.next)
    }

    private func revisionWithFailures() -> SimulatedRevision {
        var revision = simulation.approves ? simulation.next.withoutGates : simulation.next.onOneCluster
        for failure in simulation.failures {
            var isTouched = false
            for (target, answer) in revision.desired where target.application == failure.application {
                guard case .success(var desired) = answer, isNew(desired, target) else { continue }
                isTouched = true
                desired.manifests = failure.injected(into: desired.manifests)
                revision.desired[target] = .success(desired)
            }
            if !isTouched { tell("  \(failure.application) is not touched by it, so that nothing of it fails") }
        }
        return revision
    }

    private func isNew(_ desired: Desired, _ target: TargetID) -> Bool {
        guard case .success(let before)? = simulation.base?.desired[target] else { return true }
        return before.digest != desired.digest
    }

    /// Each for itself: another environment's comes later, or earlier.
    private var targetsThatFailChecks: [TargetID] {
        let names = Set(simulation.failures.filter { $0.kind == .verify }.map(\.application))
        return simulation.next.desired.sorted { $0.key < $1.key }.filter { target, answer in
            guard names.contains(target.application), case .success(let desired) = answer else { return false }
            return isNew(desired, target)
        }.map(\.key)
    }

    private func setChecks(failing: Bool, of target: TargetID) {
        let pipeline = simulation.next.pipeline
        guard let application = pipeline.application(target.application),
            let environment = pipeline.environment(target.environment)
        else { return }
        for check in application.verify {
            let service: String
            switch check.address {
            case .service(let name, _), .knative(let name): service = name
            case .direct, nil: continue
            }
            sandbox.transport.setFailing(failing, "\(application.namespace ?? environment.namespace)/\(service)")
        }
    }

    private func follow(_ missing: [(object: ObjectID, keys: [String])]) async throws -> Bool {
        let begun = time.now
        // What the base left is no news.
        var story = StoryLines(knowing: simulation.base == nil ? [] : board.applications)
        var seen: [ApplicationStatus] = []
        var waiting = simulation.missing.compactMap { entry in entry.after.map { (name: entry.name, at: begun + $0) } }
        var lastChange = time.now
        var failing = targetsThatFailChecks.map { FailingChecks(target: $0) }
        while time.now - begun < simulation.limit {
            for entry in waiting where entry.at <= time.now {
                for (object, keys) in missing where Self.names(entry.name, object) {
                    try await sandbox.make(object, keys: keys)
                    say("somebody makes the \(object)", since: begun)
                }
                lastChange = time.now
            }
            waiting.removeAll { $0.at <= time.now }
            let statuses = board.applications
            let lines = story.lines(statuses, lasted: statuses == seen)
            seen = statuses
            for line in lines { say(line, since: begun) }
            if !lines.isEmpty { lastChange = time.now }
            mendChecks(&failing)
            if waiting.isEmpty, time.now - lastChange >= Self.quiet, hasSettled { break }
            await board.changes.wait(after: board.changes.version, atMost: Self.tick, on: time.clock)
        }
        let report = SimulationReport(
            base: simulation.base, next: simulation.next, statuses: board.applications, ledger: ledger,
            mergedAt: Simulation.start + begun, daemonError: board.daemon.pipeline.error)
        let isWell = try await report.tell(tell, after: lastChange - begun)
        if board.applications.contains(where: { !$0.waits.isEmpty }) {
            tell("  what waits for people, other environments or the time is simulated with --approve")
        }
        return isWell
    }

    private func say(_ text: String, since begun: Duration) {
        // What has no commit yet has no name in the daemon's messages.
        let named = text.replacing(SimulatedRevision.workTree.prefix(7), with: simulation.next.title)
        tell("  \(SimulatedDuration.padded(time.now - begun))  \(named.withoutControls)")
    }

    /// What is taken back answers as it did before.
    private func mendChecks(_ failing: inout [FailingChecks]) {
        for index in failing.indices {
            guard let status = board.application(failing[index].target),
                status.targetRevision == simulation.next.commit
            else { continue }
            if !status.phase.isFinal, status.phase != .rollingBack { failing[index].hasBegun = true }
            failing[index].isOver =
                failing[index].hasBegun && (status.phase == .failed || status.phase == .rollingBack)
            if failing[index].isOver { setChecks(failing: false, of: failing[index].target) }
        }
        failing.removeAll(where: \.isOver)
    }

    private var hasSettled: Bool {
        let targets = simulation.next.pipeline.targets
        return targets.allSatisfy { target in
            guard let status = board.application(target) else { return false }
            return status.phase.isFinal
        }
    }
}

/// Checks of a target that are answered wrongly, as long as its rollout of the new revision lasts.
private struct FailingChecks {
    let target: TargetID
    /// What the base left is no end of it.
    var hasBegun = false
    var isOver = false
}

/// Simulated time as people read it: `0:07`, `12:30`, `1:02:03`.
enum SimulatedDuration {
    static func text(_ duration: Duration) -> String {
        let seconds = max(0, duration.milliseconds / 1000)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        guard seconds >= 3600 else { return "\(seconds / 60):\(two(seconds % 60))" }
        return "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }

    static func padded(_ duration: Duration) -> String {
        let text = text(duration)
        return String(repeating: " ", count: max(0, 5 - text.count)) + text
    }
}

extension SimulatedRevision {
    /// With every environment deployed to at once: nobody is waited for.
    var withoutGates: SimulatedRevision {
        var revision = onOneCluster
        for index in revision.pipeline.environments.indices {
            revision.pipeline.environments[index].deploy = .automatic
            revision.pipeline.environments[index].confirmPhrase = nil
            revision.pipeline.environments[index].requires = []
            revision.pipeline.environments[index].approvals = nil
            revision.pipeline.environments[index].windows = []
        }
        return revision
    }

    /// There is one cluster in the box, for all environments.
    var onOneCluster: SimulatedRevision {
        var revision = self
        for index in revision.pipeline.environments.indices { revision.pipeline.environments[index].cluster = nil }
        return revision
    }
}

extension Environment {
    /// What a rollout here may wait for.
    fileprivate var policies: [String] {
        var policies: [String] = []
        if deploy != .automatic { policies.append("deploy: \(deploy.rawValue)") }
        policies += requires.map { "requires \($0.environment)" }
        if let approvals { policies.append("\(approvals.count) approval\(approvals.count == 1 ? "" : "s")") }
        if !windows.isEmpty { policies.append("windows") }
        return policies
    }
}
