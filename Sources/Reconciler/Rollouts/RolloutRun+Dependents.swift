// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// How an application is checked that needs another: asked, too, once that one was rolled out.
package struct DependentChecks: Sendable, Hashable {
    package var checks: [Application.Check]
    package var namespace: String

    /// - Parameter manifests: what is rolled out of it.
    package init(_ application: Application, in environment: Environment, _ manifests: [Manifest]) {
        let namespace = application.namespace ?? environment.namespace
        checks = application.verify.map { $0.asked(in: environment.name, namespace: namespace, manifests) }
        self.namespace = namespace
    }
}

/// A look at who depends on what changed.
extension RolloutRun {
    /// Says how those are who depend on what was rolled out. They are watched for the grace at most, then asked what
    /// their own rollouts ask, and nothing is taken back on their account: whether it is this change that ails them is
    /// for a person to say.
    func lookAtDependents() async throws {
        let dependents = dependentTargets()
        guard !dependents.isEmpty else { return }
        let deadline = time.now + desired.application.grace
        while true {
            let mark = SignalMark(now: context.status.changes)
            let statuses = dependents.compactMap { context.status.application($0) }.filter(\.runsUndisturbed)
            if statuses.allSatisfy({ $0.health == .healthy }) || time.now >= deadline {
                let end = time.now + desired.application.timeout
                for status in statuses { notes.append(try await text(of: status, askingUntil: end)) }
                return
            }
            try await wait([mark], until: deadline)
        }
    }

    func dependentTargets() -> [TargetID] {
        guard let graph = context.board.graph else { return [] }
        let dependents = ids.flatMap { graph.dependents(of: $0) }
            .compactMap { context.board.claimant(of: $0.from) }
        return Set(dependents).subtracting([start.target]).sorted()
    }

    private func text(of status: ApplicationStatus, askingUntil end: Timestamp) async throws -> String {
        let text = "dependent \(status.target) is \(status.health.rawValue)"
        // The cause of one that is well is that of its last rollout.
        guard status.health == .healthy else { return text + (status.cause.map { " (\($0))" } ?? "") }
        // What a person set aside, or what ailed before, says nothing of this change.
        guard status.hold == nil, status.suspensions.isEmpty, !unwellDependents.contains(status.target),
            let asked = context.board.checks(of: status.target)
        else { return text }
        var passed = 0
        for check in asked.checks where mayAsk(check) {
            if let objection = try await objection(of: check, in: asked.namespace, askingUntil: end) {
                return text + objection
            }
            passed += 1
        }
        return passed == 0 ? text : "\(text), and passes its \(passed == 1 ? "check" : "\(passed) checks")"
    }

    /// What a check of another application says against it; nil where it passes. What that waits for is no phase of this
    /// rollout, and a cluster that is away uses up its time, too: the verdict is not to wait for it.
    private func objection(
        of check: Application.Check, in namespace: String, askingUntil end: Timestamp
    ) async throws -> String? {
        guard time.now < end else { return "; the check \(check.title) was not asked any more" }
        var progress = CheckProgress(check, object: Self.service(of: check, in: namespace))
        var backoff = Backoff(first: .milliseconds(500), limit: .seconds(5))
        var begun = time.now
        while true {
            let look = await look(at: check, in: namespace)
            let now = time.now
            switch progress.take(look.result, at: now, spent: now - begun) {
            case .passed: return nil
            case .failed(let cause): return ", but a check of it fails: \(cause.message)"
            case .inconclusive(let cause): return ", but a check of it tells nothing: \(cause.message)"
            case .again: break
            }
            begun = now
            guard now < end else {
                let last = progress.cause.map { ": \($0.message)" } ?? ""
                return "; the check \(check.title) was not asked to its end\(last)"
            }
            let pause = min(backoff.next(random: context.surroundings.random()), end - now)
            try await context.surroundings.clock.sleep(for: pause)
            try Task.checkCancellation()
        }
    }

    /// What ran among its manifests is not run again.
    private func mayAsk(_ check: Application.Check) -> Bool {
        switch check.address {
        case .service, .knative: true
        case .direct(let text):
            (CheckHost(url: text) ?? CheckHost(address: text))
                .map { context.settings.allow.refused($0, sending: check.sent) == nil } ?? false
        case nil: false
        }
    }
}

extension ApplicationStatus {
    /// Something of it runs, and no rollout of its own is about to say how it is: one that waits at its gate changes
    /// nothing yet.
    fileprivate var runsUndisturbed: Bool {
        switch phase {
        case .succeeded, .rolledBack: true
        case .blocked: !waits.isEmpty && revision != nil
        default: false
        }
    }
}
