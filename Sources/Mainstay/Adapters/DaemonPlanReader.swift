// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler

/// What the control socket answers plans with: everything that `mainstay plan` and `diff` show, without secrets.
struct DaemonPlanReader: PlanReader {
    let planner: DaemonPlanner
    let explainer: DaemonExplainer

    func explain(_ query: ExplainQuery) async throws(ActionRefusal) -> Value {
        do {
            return try await explainer.explanation(query)
        } catch {
            let failure = GitSource.failure(error, reading: .remote)
            let kind: ActionRefusal.Kind =
                if failure.isTransient { .unavailable } else if failure.code == .missing { .unknown } else { .invalid }
            throw ActionRefusal(kind, "NotExplained", failure.message)
        }
    }

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
