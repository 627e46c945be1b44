// SPDX-License-Identifier: Apache-2.0

import Manifests
package import Planning

/// What is planned, of which revision.
struct PlanScope: Sendable {
    var pipeline: Pipeline
    /// The commit that is planned, where an environment follows no branch of its own.
    var head: String
    /// A person named the revision: the branches that environments follow do not count.
    var isPinned: Bool
    /// The revision, in words.
    var subject: String
    var planned: Set<TargetID>
    /// All of the pipeline: what left it is planned too.
    var isWhole: Bool
}

extension Pipeline {
    /// Those that a person named; all of them without.
    func targets(
        named application: String?, in environment: String?
    ) throws(DaemonPlanner.Failure) -> Set<TargetID> {
        if let application, self.application(application) == nil {
            throw DaemonPlanner.Failure(.unknown, "there is no application \"\(application)\" in the pipeline")
        }
        if let environment, self.environment(environment) == nil {
            throw DaemonPlanner.Failure(.unknown, "there is no environment \"\(environment)\" in the pipeline")
        }
        return Set(
            targets.filter { target in
                (application ?? target.application) == target.application
                    && (environment ?? target.environment) == target.environment
            })
    }

    /// Those whose environments are in a cluster.
    package func targets(in cluster: String) -> [TargetID] {
        targets.filter { environment($0.environment)?.clusterName == cluster }
    }
}
