// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// How an object that is not well was before a rollout did anything: what the rollout does not touch, and finds no
/// worse, is not its doing.
package struct EarlierState: Sendable, Hashable {
    var status: HealthStatus
    var reason: String
    /// What ails its pods, where anything does.
    var ailment: String?
    /// Until then it may still come to be well: what was taken back may have been what ailed it.
    package var mayMendUntil: Timestamp?

    /// Nil where it was well, or on its way to that by itself.
    package static func of(
        _ observation: ObjectObservation, expressions: HealthExpressions, now: Timestamp
    ) -> EarlierState? {
        guard let object = observation.object else { return nil }
        let health = HealthRules.health(of: object, appliedGeneration: nil, expressions: expressions, now: now)
        guard health.gates else { return nil }
        let problem = PodDiagnosis.problems(
            of: object, replicaSets: observation.replicaSets, pods: observation.pods
        ).first
        switch health.status {
        case .degraded: break
        case .progressing where problem.map { $0.severity != .never } == true: break
        default: return nil
        }
        return EarlierState(
            status: health.status, reason: health.reason, ailment: problem.map(Standing.family(of:)))
    }

    /// Whether it is no worse, and for no other reason. What pods go through decides where they are what ails it: the
    /// words of their workload change while they start and crash.
    func isSame(as health: Health, _ problem: PodProblem?) -> Bool {
        if let ailment { return problem.map(Standing.family(of:)) == ailment }
        return health.status == status && health.reason == reason && problem == nil
    }

    /// What a verdict says of it.
    static func note(_ id: ObjectID, _ cause: Cause) -> String {
        "\(opening(id)) (\(cause.reason): \(cause.message))"
    }

    private static func opening(_ id: ObjectID) -> String { "\(id) is not well, as before this rollout" }

    /// Whether a verdict says so of an object.
    package static func isNoted(_ id: ObjectID, in notes: [String]) -> Bool {
        notes.contains { $0.hasPrefix(opening(id)) }
    }
}
