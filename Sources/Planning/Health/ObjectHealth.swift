// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// When a problem counts as a rollout's failure.
package enum ProblemSeverity: String, Sendable, Hashable {
    /// It does not mend by itself.
    case atOnce
    /// It may mend by itself, within the application's grace.
    case afterGrace
    /// After three restarts.
    case byCount
    /// Never by itself: the timeout decides.
    case never
}

/// How one object is, and why.
///
/// Texts are our own: conditions are quoted by type and reason, and by message only where `QuotedConditions` says so (README,
/// guarantee 5).
package struct Health: Sendable, Hashable {
    package var status: HealthStatus
    /// A word for machines.
    package var reason: String
    /// A sentence for people; on a healthy object it is a note, and mostly empty.
    package var message: String
    /// When being so fails a rollout.
    package var severity: ProblemSeverity
    /// Whether a rollout waits for this object. An autoscaler without metrics is shown, and holds nothing up.
    package var gates: Bool
    /// When time alone may change this answer.
    package var recheckAt: Timestamp?
    /// What it cannot pull, where its controller alone tells.
    package var image: String?
    /// With what its container ended, likewise.
    package var exitCode: Int64?

    package init(
        status: HealthStatus, reason: String, message: String, severity: ProblemSeverity = .never, gates: Bool = true,
        recheckAt: Timestamp? = nil
    ) {
        self.status = status
        self.reason = reason
        self.message = message
        self.severity = severity
        self.gates = gates
        self.recheckAt = recheckAt
    }
}

extension Health {
    static func healthy(_ reason: String = "", note: String = "") -> Health {
        Health(status: .healthy, reason: reason, message: note)
    }

    static func progressing(_ reason: String, _ message: String, recheckAt: Timestamp? = nil) -> Health {
        Health(status: .progressing, reason: reason, message: message, recheckAt: recheckAt)
    }

    static func degraded(_ reason: String, _ message: String, _ severity: ProblemSeverity = .never) -> Health {
        Health(status: .degraded, reason: reason, message: message, severity: severity)
    }

    static func suspended(_ reason: String, _ message: String) -> Health {
        Health(status: .suspended, reason: reason, message: message)
    }

    /// The same, but no rollout waits for it.
    var advisory: Health {
        var copy = self
        copy.gates = false
        return copy
    }
}
