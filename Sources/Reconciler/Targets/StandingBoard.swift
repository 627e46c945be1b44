// SPDX-License-Identifier: Apache-2.0

import Planning
import Synchronization

/// How applications stand in the environments that others require: told by their workers, read by those that wait.
package final class StandingBoard: Sendable {
    /// What git asks of an application, as of the head that was looked at last.
    struct Asked: Sendable, Hashable {
        var branch: String
        var head: String
        /// The commit that it was rendered from first.
        var commit: String
        /// Nil where it cannot be rolled out, for which there is a reason then.
        var digest: String?
        var problem: String?
        var bake = Duration.zero
    }

    private struct State {
        var asked: [TargetID: Asked] = [:]
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
    @discardableResult
    func setRequired(by pipeline: Pipeline) -> Bool {
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
        return isNews
    }

    /// Takes over what git asks of all applications, before any of them acts on it.
    func setAsked(_ asked: [TargetID: Asked]) {
        let isNews = state.withLock { state in
            // Where nothing is required, nobody compares.
            let asked = state.required.isEmpty ? [:] : asked
            guard state.asked != asked else { return false }
            state.asked = asked
            return true
        }
        if isNews { changes.notify() }
    }

    func asked(of target: TargetID) -> Asked? { state.withLock { $0.asked[target] } }

    /// What becomes of it is another than before, as the ledger has it.
    func noteProgress(of target: TargetID) {
        if isRequired(target) { changes.notify() }
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

    /// It is being changed, or nothing is known of how it is: until that is over it is not healthy to others.
    func unsettle(_ target: TargetID) {
        guard var standing = standing(of: target), standing.healthySince != nil else { return }
        standing.healthySince = nil
        set(standing, of: target)
    }

    func standing(of target: TargetID) -> DeployedState? { state.withLock { $0.standings[target] } }
}
