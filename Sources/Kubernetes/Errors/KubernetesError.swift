// SPDX-License-Identifier: Apache-2.0

/// Why the API server, or the way to it, refused. Safe to print and to store: text of the server is quoted only where
/// `StatusMessages` allows it, so no value of an object and no credential is ever in here.
package struct KubernetesError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Bounded, so that it may label a metric.
    package enum Code: String, Sendable, CaseIterable {
        case unauthorized
        /// By the cluster's access rules: a person has to grant it.
        case forbidden
        /// By a quota, which comes free when something else goes.
        case quotaExceeded = "quota exceeded"
        /// By an admission webhook or policy, which does not take this manifest.
        case admissionDenied = "admission denied"
        case notFound = "not found"
        /// The object's namespace does not exist.
        case namespaceNotFound = "namespace not found"
        case namespaceTerminating = "namespace terminating"
        case kindNotServed = "kind not served"
        case alreadyExists = "already exists"
        /// Another field manager owns a field (then `causes` name it), or a precondition did not hold.
        case conflict
        /// The manifest is refused; sending it again gives the same answer.
        case invalid
        /// `managedFields` name a version that is no longer served: every apply fails until they are reset.
        case brokenOwnership = "broken field ownership"
        /// The resource version or the continue token is too old, or not yet known: list again.
        case expired
        case tooManyRequests = "too many requests"
        /// Outcome unknown.
        case serverError = "server error"
        /// An admission webhook could not be called, and must be.
        case webhookFailed = "webhook failed"
        case unavailable
        case transport
        case cancelled
        case tooLarge = "too large"
        case malformedAnswer = "malformed answer"
        case configuration
    }

    /// One thing that is wrong with an object.
    package struct Cause: Sendable, Equatable, CustomStringConvertible {
        /// The field's path as the server writes it; empty when it names none.
        package var field: String
        /// `FieldValueInvalid`, `FieldManagerConflict`, `UnknownField` …
        package var reason: String
        /// A constant sentence of the server's validation. Never its free text, which prints values.
        package var detail: String?
        /// Who else owns the field, for `FieldManagerConflict`.
        package var manager: String?

        package init(field: String, reason: String, detail: String? = nil, manager: String? = nil) {
            self.field = field
            self.reason = reason
            self.detail = detail
            self.manager = manager
        }

        package var description: String {
            if let manager { return "\(field) (\(manager))" }
            let what = detail ?? reason
            return field.isEmpty ? what : "\(field): \(what)"
        }
    }

    package var code: Code
    /// The HTTP status; nil when there was no answer.
    package var status: Int?
    /// The server's `reason` word; empty when it gave none.
    package var reason: String
    /// What was asked: verb and object (`apply Deployment staging/api`), or the file that was read.
    package var subject: String
    package var message: String
    package var causes: [Cause]
    /// How long the server asks to wait at least.
    package var retryAfter: Duration?
    /// What to do next; empty when there is nothing to say.
    package var hint: String
    /// True where the same request may succeed later without anybody changing anything.
    package var isTransient: Bool
    /// False where the server certainly did not carry the request out. Otherwise what is there is read again before
    /// anything is deleted or made anew.
    package var mayHaveBeenDone: Bool
    /// The connection was there, and broke before the answer.
    package var isBrokenConnection = false

    package init(
        code: Code, status: Int? = nil, reason: String = "", subject: String, message: String, causes: [Cause] = [],
        retryAfter: Duration? = nil, hint: String = "", isTransient: Bool? = nil, mayHaveBeenDone: Bool? = nil
    ) {
        self.code = code
        self.status = status
        self.reason = reason
        self.subject = subject
        self.message = message
        self.causes = causes
        self.retryAfter = retryAfter
        self.hint = hint
        self.isTransient = isTransient ?? code.isUsuallyTransient
        self.mayHaveBeenDone = mayHaveBeenDone ?? code.leavesOutcomeUnknown
    }

    package var description: String {
        let wait = retryAfter.map { " (the server asks to wait \($0.components.seconds) s)" } ?? ""
        let advice = hint.isEmpty ? "" : "; \(hint)"
        return "\(subject): \(message)\(wait)\(advice)"
    }
}

extension KubernetesError.Code {
    /// 5xx, and answers that did not come, or not whole.
    fileprivate var leavesOutcomeUnknown: Bool {
        switch self {
        case .serverError, .webhookFailed, .unavailable, .transport, .cancelled, .malformedAnswer: true
        default: false
        }
    }

    /// What holds for a code where the answer tells nothing finer.
    fileprivate var isUsuallyTransient: Bool {
        switch self {
        case .expired, .tooManyRequests, .serverError, .webhookFailed, .unavailable, .transport, .namespaceTerminating,
            .quotaExceeded:
            true
        case .unauthorized, .forbidden, .admissionDenied, .notFound, .namespaceNotFound, .kindNotServed,
            .alreadyExists, .conflict, .invalid, .brokenOwnership, .cancelled, .tooLarge, .malformedAnswer,
            .configuration:
            false
        }
    }
}
