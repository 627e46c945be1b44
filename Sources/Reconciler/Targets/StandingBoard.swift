// SPDX-License-Identifier: Apache-2.0

import Planning
import Synchronization

/// How applications stand in the environments that others require: told by their workers, read by those that wait.
package final class StandingBoard: Sendable {
    private struct State {
        var required: Set<String> = []
        /// All that the pipeline has there.
        var targets: [TargetID] = []
        var standings: [TargetID: DeployedState] = [:]
    }

    private let state = Mutex(State())
    /// Notified when any of them changes.
    let changes = Signal()

    package init() {}

    /// Takes over which environments others require: only of these is anything kept.
    func setRequired(by pipeline: Pipeline) {
        let environments = Set(pipeline.environments.flatMap(\.requires).map(\.environment))
        let targets = pipeline.applications.flatMap { application in
            application.environments.filter(environments.contains).map {
                TargetID(application: application.name, environment: $0)
            }
        }
        let isNews = state.withLock { state in
            guard state.required != environments || state.targets != targets else { return false }
            state.required = environments
            state.targets = targets
            state.standings = state.standings.filter { targets.contains($0.key) }
            return true
        }
        if isNews { changes.notify() }
    }

    /// The first of an environment's applications that is not healthy, or of which nothing is known.
    func unwell(in environment: String) -> TargetID? {
        state.withLock { state in
            state.targets.sorted().first {
                $0.environment == environment && state.standings[$0]?.healthySince == nil
            }
        }
    }

    func isRequired(_ target: TargetID) -> Bool { state.withLock { $0.required.contains(target.environment) } }

    /// Nil: nothing runs there, or nothing is known of it.
    func set(_ standing: DeployedState?, of target: TargetID) {
        let isNews = state.withLock { state in
            guard state.standings[target] != standing else { return false }
            state.standings[target] = standing
            return true
        }
        if isNews { changes.notify() }
    }

    func standing(of target: TargetID) -> DeployedState? { state.withLock { $0.standings[target] } }
}
