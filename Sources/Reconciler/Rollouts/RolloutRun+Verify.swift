// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// The checks that a pipeline asks for once everything is healthy, and a look at who depends on what changed.
extension RolloutRun {
    /// Nil where all checks passed; otherwise which did not, and why.
    func verify() async throws -> Cause? {
        for check in desired.application.verify {
            if let cause = try await verify(check.http) { return cause }
        }
        try await lookAtDependents()
        return nil
    }

    private func verify(_ check: Application.HTTPCheck) async throws -> Cause? {
        var remaining = check.within
        var lastSeen = "no answer"
        var backoff = Backoff(first: .milliseconds(500), limit: .seconds(5))
        let service = ObjectID(
            group: "", kind: "Service", namespace: desired.application.namespace ?? desired.environment.namespace,
            name: check.service)
        while true {
            let begun = context.now
            var isTheClusterAtFault = false
            do throws(ClusterFailure) {
                let status = try await context.cluster.probe(
                    namespace: service.namespace, service: check.service, port: check.port, path: check.path)
                if status == check.expect { return nil }
                lastSeen = "status \(status)"
            } catch {
                lastSeen = error.message
                isTheClusterAtFault = error.code == .unavailable || error.code == .unauthorized
            }
            let delay = backoff.next(random: context.surroundings.random())
            try await context.surroundings.clock.sleep(for: delay)
            try Task.checkCancellation()
            // A cluster that does not answer says nothing about the application, and uses up none of its time.
            if !isTheClusterAtFault { remaining -= context.now - begun }
            if remaining <= .zero {
                return Cause(
                    object: service, reason: "VerifyFailed",
                    message: "GET \(check.path) on port \(check.port) did not answer \(check.expect) within "
                        + "\(check.within.milliseconds / 1000) s: \(lastSeen)")
            }
        }
    }

    /// Says how those are who depend on what was rolled out. They are watched for the grace at most, and nothing is
    /// taken back on their account: whether it is this change that ails them is for a person to say.
    private func lookAtDependents() async throws {
        let dependents = dependentTargets()
        guard !dependents.isEmpty else { return }
        let deadline = context.now + desired.application.grace
        while true {
            let mark = SignalMark(now: context.status.changes)
            let statuses = dependents.compactMap { context.status.application($0) }
                .filter { $0.phase == .succeeded || $0.phase == .rolledBack }
            let unwell = statuses.filter { $0.health != .healthy }
            if unwell.isEmpty || context.now >= deadline {
                notes += statuses.map { status in
                    // The cause of one that is well is that of its last rollout.
                    let why = status.health == .healthy ? "" : status.cause.map { " (\($0))" } ?? ""
                    return "dependent \(status.target) is \(status.health.rawValue)\(why)"
                }
                return
            }
            try await wait([mark], until: deadline)
        }
    }

    private func dependentTargets() -> [TargetID] {
        guard let graph = context.board.graph else { return [] }
        let dependents = ids.flatMap { graph.dependents(of: $0) }
            .compactMap { context.board.claimant(of: $0.from) }
        return Set(dependents).subtracting([start.target]).sorted()
    }
}
