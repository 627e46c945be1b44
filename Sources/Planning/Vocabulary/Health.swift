// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// How an object, or a whole application, is. Ordered from well to worst.
package enum HealthStatus: String, Sendable, Hashable, CaseIterable, Comparable {
    case healthy
    case suspended
    case unknown
    case progressing
    case missing
    case degraded

    package static func < (left: HealthStatus, right: HealthStatus) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What made a verdict, named so that a person can act on it: object, condition, pod reason.
///
/// Safe to store and show: texts come only from the stated list of API messages (README, guarantee 5).
package struct Cause: Sendable, Hashable, CustomStringConvertible {
    /// The object of ours that is not well.
    package var object: ObjectID?
    /// A word for machines: `ImagePullBackOff`, `CrashLoopBackOff`, `ProgressDeadlineExceeded`, `SecretMissing` …
    package var reason: String
    /// A sentence for people.
    package var message: String
    /// The pod, where one shows it, and the container in it.
    package var pod: String?
    package var container: String?
    package var image: String?
    package var exitCode: Int64?
    /// The container's last log lines, where they could be read.
    package var logLines: [String]

    package init(
        object: ObjectID? = nil, reason: String, message: String, pod: String? = nil, container: String? = nil,
        image: String? = nil, exitCode: Int64? = nil, logLines: [String] = []
    ) {
        self.object = object
        self.reason = reason
        self.message = message
        self.pod = pod
        self.container = container
        self.image = image
        self.exitCode = exitCode
        self.logLines = logLines
    }

    /// `Deployment staging/worker: ImagePullBackOff: container worker cannot pull registry.example.com/worker:missing`.
    package var description: String {
        [object?.description, reason, message].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
