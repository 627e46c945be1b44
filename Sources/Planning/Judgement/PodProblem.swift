// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What ails a container, a pod, or the making of pods, on a workload's new revision.
package struct PodProblem: Sendable, Hashable {
    /// Nil where no pod could be made.
    package var pod: String?
    package var container: String?
    package var isInit: Bool
    /// `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`, `SecretMissing` …
    package var reason: String
    /// A sentence for people, without anything secret.
    package var message: String
    package var image: String?
    package var exitCode: Int64?
    package var restarts: Int64
    package var severity: ProblemSeverity
    /// The revision cannot help it: the rollout waits, and does not fail.
    package var blocks: Bool
    /// The object that is not there.
    package var missing: ObjectID?
    package var podCreatedAt: Timestamp?

    package init(
        pod: String? = nil, container: String? = nil, isInit: Bool = false, reason: String, message: String,
        image: String? = nil, exitCode: Int64? = nil, restarts: Int64 = 0, severity: ProblemSeverity,
        blocks: Bool = false, missing: ObjectID? = nil, podCreatedAt: Timestamp? = nil
    ) {
        self.pod = pod
        self.container = container
        self.isInit = isInit
        self.reason = reason
        self.message = message
        self.image = image
        self.exitCode = exitCode
        self.restarts = restarts
        self.severity = severity
        self.blocks = blocks
        self.missing = missing
        self.podCreatedAt = podCreatedAt
    }
}
