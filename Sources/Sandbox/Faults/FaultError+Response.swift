// SPDX-License-Identifier: Apache-2.0

import Manifests

extension FaultError {
    /// The answer, in the words of the real server where the fault has none of its own.
    func response(to request: FaultRequest) -> SandboxResponse {
        if code == 429, reason == nil, message == nil {
            // Priority and fairness answers in plain text (apiserver/pkg/server/filters/maxinflight.go).
            var response = SandboxResponse.text("Too many requests, please try again later.\n", status: 429)
            response.headers.append((name: "retry-after", value: String(retryAfter ?? 1)))
            return response
        }
        var error = standard(request)
        if let message { error.message = message }
        if let reason { error.reason = reason }
        if let retryAfter {
            error.details = error.details ?? StatusError.Details()
            error.details?.retryAfterSeconds = Int64(retryAfter)
        }
        return error.response
    }

    private func standard(_ request: FaultRequest) -> StatusError {
        let resource = request.resource
        let plural = resource.map { $0.group.isEmpty ? $0.plural : "\($0.plural).\($0.group)" } ?? ""
        let named = "\(plural) \"\(resource?.name ?? "")\""
        let details = resource.map {
            StatusError.Details(name: $0.name, group: $0.group, kind: $0.plural)
        }
        func status(_ reason: String, _ message: String, _ details: StatusError.Details? = nil) -> StatusError {
            StatusError(code: code, reason: reason, message: message, details: details)
        }
        switch code {
        case 400: return status("BadRequest", "the server rejected our request for an unknown reason")
        case 401: return status("Unauthorized", "Unauthorized")
        case 403: return status("Forbidden", "\(named) is forbidden: \(Self.denied(request))", details)
        case 404: return status("NotFound", "\(named) not found", details)
        case 409 where request.verbs == ["create"]:
            return status("AlreadyExists", "\(named) already exists", details)
        case 409:
            return status(
                "Conflict",
                "Operation cannot be fulfilled on \(named): the object has been modified; please apply your changes to "
                    + "the latest version and try again", details)
        case 410: return status("Expired", "The resourceVersion for the provided list is too old.")
        case 413: return status("RequestEntityTooLarge", "Request entity too large: limit is 3145728")
        case 422: return status("Invalid", "\(named) is invalid", details)
        case 429: return status("TooManyRequests", "the server has received too many requests, please try again later")
        // What etcd says goes through as it is, without a reason.
        case 500: return status("", "etcdserver: request timed out")
        case 503: return status("ServiceUnavailable", "the server is currently unable to handle the request")
        case 504:
            return status("Timeout", "Timeout: request did not complete within the allotted timeout", .init())
        default: return status("", "a fault of the sandbox")
        }
    }

    private static func denied(_ request: FaultRequest) -> String {
        guard let resource = request.resource else {
            return "User \"\(request.user)\" cannot \(request.verbs[0]) path \"\(request.path)\""
        }
        let plural = resource.subresource.isEmpty ? resource.plural : "\(resource.plural)/\(resource.subresource)"
        let scope = resource.namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(resource.namespace)\""
        return
            "User \"\(request.user)\" cannot \(request.verbs[0]) resource \"\(plural)\" in API group \"\(resource.group)\" "
            + scope
    }
}

extension Denial {
    /// As `apiserver/pkg/admission/plugin/webhook/errors` words it.
    var error: StatusError {
        let reasons = [400: "BadRequest", 403: "Forbidden", 409: "Conflict", 422: "Invalid", 429: "TooManyRequests"]
        let denied = "admission webhook \"\(webhook)\" denied the request"
        return StatusError(
            code: code, reason: reasons[code] ?? "",
            message: message.isEmpty ? "\(denied) without explanation" : "\(denied): \(message)")
    }
}
