// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler

/// What the control socket answers plans with: everything that `mainstay plan` and `diff` show, without secrets.
struct DaemonPlanReader: PlanReader {
    let planner: DaemonPlanner

    func plan(_ query: PlanQuery) async throws(ActionRefusal) -> Value {
        do throws(DaemonPlanner.Failure) {
            return try await planner.plan(
                application: query.application, environment: query.environment, revision: query.revision
            ).value(includesObjects: true)
        } catch {
            let kind: ActionRefusal.Kind =
                switch error.kind {
                case .unknown: .unknown
                case .invalid: .invalid
                case .unavailable: .unavailable
                }
            throw ActionRefusal(kind, "NotPlanned", error.description)
        }
    }
}
