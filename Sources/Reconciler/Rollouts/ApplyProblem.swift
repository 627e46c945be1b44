// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// What an apply that did not succeed means for the rollout: whose fault is it?
package enum ApplyProblem: Error, Sendable, Hashable {
    /// Not the revision's doing: wait, name it, try again after the delay.
    case blocked(Cause, retryAfter: Duration?)
    /// The digest itself is refused.
    case refused(Cause)

    package var cause: Cause {
        switch self {
        case .blocked(let cause, _), .refused(let cause): cause
        }
    }
}

extension ApplyProblem {
    /// For failures whose meaning needs no further question to the server; nil for those that do.
    package init?(_ failure: ClusterFailure, object: ObjectID) {
        let cause = Cause(object: object, reason: failure.code.rawValue, message: failure.message)
        switch failure.code {
        case .unavailable, .unauthorized, .forbidden, .quotaExceeded, .namespaceMissing, .namespaceTerminating,
            .kindNotServed, .notFound, .stale, .expired, .cancelled, .serverError, .webhookFailed, .brokenOwnership,
            .otherDaemon:
            self = .blocked(cause, retryAfter: failure.retryAfter)
        case .admissionDenied, .other: self = .refused(cause)
        case .fieldConflict, .invalid: return nil
        }
    }
}
