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
            guard time.now < end else { return "\(text); the check \(check.title) was not asked any more" }
            switch try await ask(check, in: asked.namespace) {
            case .passed: passed += 1
            case .failed(let cause): return "\(text), but a check of it fails: \(cause.message)"
            case .inconclusive(let cause): return "\(text), but a check of it tells nothing: \(cause.message)"
            }
        }
        return passed == 0 ? text : "\(text), and passes its \(passed == 1 ? "check" : "\(passed) checks")"
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
