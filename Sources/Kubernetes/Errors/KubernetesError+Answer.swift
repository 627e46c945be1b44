// SPDX-License-Identifier: Apache-2.0

internal import Manifests
package import Transport

extension KubernetesError {
    /// Judges an answer that is no success.
    ///
    /// The rules are those of the API conventions ("HTTP Status codes") and of client-go's retries; where the server
    /// answers mistakes with a bare 500, by what was measured on a server.
    ///
    /// - Parameter now: for a Retry-After that is a date, where the answer has no date of its own.
    init(_ response: HTTPResponse, subject: String, now: Timestamp? = nil) {
        let status = StatusAnswer(response)
        self.init(status: response.status, answer: status, subject: subject)
        let sentAt = response.headers["Date"].flatMap(RetryAfter.date) ?? now
        retryAfter =
            response.headers["Retry-After"].flatMap { RetryAfter.wait($0, now: sentAt) }
            ?? status?.retryAfterSeconds.map(RetryAfter.bounded)
    }

    /// Judges a `Status` that came without a response of its own: a watch's ERROR event.
    init(_ answer: StatusAnswer, subject: String) {
        self.init(status: answer.code, answer: answer, subject: subject)
        retryAfter = answer.retryAfterSeconds.map(RetryAfter.bounded)
    }

    package init(_ error: TransportError, subject: String) {
        let code: Code =
            switch error.code {
            case .cancelled: .cancelled
            case .tooLarge: .tooLarge
            case .invalidRequest, .tls: .configuration
            case .resolve, .connect, .timeout, .closed, .other: .transport
            }
        self.init(
            code: code, subject: subject, message: error.description,
            hint: error.code == .tls ? "check the certificate authority and the server name of this cluster" : "",
            isTransient: error.isTransient, mayHaveBeenDone: error.mayHaveBeenSent)
        isBrokenConnection = error.code == .closed
    }

    static func malformed(_ subject: String, _ message: String) -> KubernetesError {
        KubernetesError(
            code: .malformedAnswer, subject: subject, message: message,
            hint: "check that the address is a Kubernetes API server and that no proxy answers in its place")
    }

    private init(status: Int, answer: StatusAnswer?, subject: String) {
        self = Self.judged(status: status, answer: answer, subject: subject)
        self.status = status
        reason = StatusMessages.reason(answer?.reason ?? "")
    }

    private static func judged(status: Int, answer: StatusAnswer?, subject: String) -> KubernetesError {
        func error(_ code: Code, _ message: String, causes: [Cause] = [], hint: String = "") -> KubernetesError {
            KubernetesError(code: code, subject: subject, message: message, causes: causes, hint: hint)
        }
        if let answer, status < 500, let words = StatusMessages.admission(answer.message) {
            return error(.admissionDenied, words, hint: "change the manifest, or ask whoever runs that admission rule")
        }
        switch status {
        case 401:
            return error(
                .unauthorized, "the server does not accept these credentials",
                hint: "check the token or the client certificate; they may have expired")
        case 403: return forbidden(answer, subject: subject)
        case 404: return notFound(answer, subject: subject)
        case 405:
            return error(.invalid, "the server does not allow this verb on this kind")
        case 409: return conflict(answer, subject: subject)
        case 410:
            return error(.expired, "the resource version is older than the server's history", hint: "list again")
        case 413: return error(.tooLarge, "the object is larger than the server accepts")
        case 429: return error(.tooManyRequests, "the server is over its request limit")
        case 400, 406, 415, 422: return invalid(answer, subject: subject)
        case 500: return serverError(answer, subject: subject)
        case 502, 503, 504:
            if let answer, answer.hasCause("ResourceVersionTooLarge") {
                return error(.expired, "the server has not seen this resource version yet", hint: "list again")
            }
            return error(.unavailable, "the server is not available (HTTP \(status))")
        case 300..<400:
            return error(
                .malformedAnswer, "the server redirects (HTTP \(status)), which an API server does not",
                hint: "check the server's address")
        default:
            return status >= 500
                ? error(.serverError, "the server failed (HTTP \(status))")
                : error(.invalid, "the server refuses the request (HTTP \(status))")
        }
    }

    private static func forbidden(_ answer: StatusAnswer?, subject: String) -> KubernetesError {
        if let answer, answer.hasCause("NamespaceTerminating") {
            return KubernetesError(
                code: .namespaceTerminating, subject: subject, message: "the namespace is being deleted",
                hint: "wait until it is gone, then it can be made again")
        }
        let words = answer.flatMap { StatusMessages.refusal($0.message) }
        let isRights = words?.contains("forbidden: User \"") ?? false
        // Quota comes free when something else goes; rights come from a person.
        let isQuota = words?.contains("exceeded quota: ") ?? false
        return KubernetesError(
            code: isQuota ? .quotaExceeded : .forbidden, subject: subject, message: words ?? "the server forbids it",
            hint: isRights ? "grant this verb to the daemon's service account, or leave the object out" : "")
    }

    private static func notFound(_ answer: StatusAnswer?, subject: String) -> KubernetesError {
        // A missing group or kind is answered without `Status`, or with one that names nothing.
        guard let answer, !(answer.kind.isEmpty && answer.name.isEmpty) else {
            return KubernetesError(
                code: .kindNotServed, subject: subject, message: "the server does not serve this kind",
                hint: "install its CustomResourceDefinition, or correct apiVersion and kind")
        }
        if answer.kind == "namespaces" {
            return KubernetesError(
                code: .namespaceNotFound, subject: subject,
                message: "the namespace \(StatusMessages.field(answer.name)) does not exist",
                hint: "create the namespace, or add it to the manifests")
        }
        return KubernetesError(code: .notFound, subject: subject, message: "it does not exist")
    }

    private static func conflict(_ answer: StatusAnswer?, subject: String) -> KubernetesError {
        guard let answer else {
            return KubernetesError(code: .conflict, subject: subject, message: "the server reports a conflict")
        }
        if answer.reason == "AlreadyExists" {
            return KubernetesError(code: .alreadyExists, subject: subject, message: "it exists already")
        }
        let causes = answer.causes.filter { $0.reason == "FieldManagerConflict" }.map { cause in
            Cause(
                field: StatusMessages.field(cause.field), reason: cause.reason,
                manager: StatusMessages.manager(cause.message) ?? "")
        }
        guard !causes.isEmpty else {
            return KubernetesError(
                code: .conflict, subject: subject,
                message: "the object is not the one that was expected: it changed, or was made anew",
                hint: "read it again and decide again")
        }
        return KubernetesError(
            code: .conflict, subject: subject, message: "other managers own fields of it: \(listed(causes))",
            causes: causes,
            hint: "remove these fields from the manifest, or take them over by force")
    }

    private static func invalid(_ answer: StatusAnswer?, subject: String) -> KubernetesError {
        var causes = (answer?.causes ?? []).map { cause in
            Cause(
                field: StatusMessages.field(cause.field), reason: StatusMessages.reason(cause.reason),
                detail: StatusMessages.sentence(of: cause))
        }
        if causes.isEmpty { causes = ManifestMistakes.causes(in: answer?.message ?? "") }
        return KubernetesError(
            code: .invalid, subject: subject,
            message: causes.isEmpty
                ? "the server refuses the object, and its reason may hold values of it"
                : "the server refuses the object: \(listed(causes))",
            causes: causes, hint: causes.isEmpty ? "a dry run by hand shows the server's words" : "")
    }

    private static func serverError(_ answer: StatusAnswer?, subject: String) -> KubernetesError {
        let message = answer?.message ?? ""
        if ManifestMistakes.isBrokenOwnership(message) {
            return KubernetesError(
                code: .brokenOwnership, subject: subject,
                message: "the object's field ownership names a version that its kind no longer has",
                hint: "reset metadata.managedFields, then apply again")
        }
        if ManifestMistakes.isRefusedApply(message) {
            let causes = ManifestMistakes.causes(in: message)
            return KubernetesError(
                code: .invalid, subject: subject,
                message: causes.isEmpty
                    ? "the server refused the manifest (unknown field, wrong type, duplicate key or bad base64)"
                    : "the server refuses the object: \(listed(causes))",
                causes: causes, hint: causes.isEmpty ? "check the manifest against the kind's schema" : "")
        }
        if let webhook = StatusMessages.failedWebhook(message) {
            return KubernetesError(
                code: .webhookFailed, subject: subject,
                message: "the admission webhook \"\(webhook)\" could not be called",
                hint: "check the pods and the service behind that webhook")
        }
        return KubernetesError(
            code: .serverError, subject: subject, message: "the server failed (HTTP 500); the outcome is unknown")
    }

    /// The first three causes, and how many more there are.
    private static func listed(_ causes: [Cause]) -> String {
        let shown = causes.prefix(3).map(\.description).joined(separator: ", ")
        return causes.count > 3 ? "\(shown) and \(causes.count - 3) more" : shown
    }
}
