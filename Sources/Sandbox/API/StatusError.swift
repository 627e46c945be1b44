// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A refused request: what becomes a `Status` body (API conventions, "Response Status Kind").
struct StatusError: Error, Sendable {
    struct Cause: Sendable, Equatable {
        var reason: String
        var message: String
        var field: String
    }

    var code: Int
    /// Empty where the real server gives none.
    var reason: String
    var message: String
    var details: Details?
    /// Where a list that cannot go on as it began may go on instead.
    var continueToken: String?

    struct Details: Sendable {
        var name = ""
        var group = ""
        var kind = ""
        var uid = ""
        var causes: [Cause] = []
        var retryAfterSeconds: Int64?
    }

    var value: Value {
        var object: Object = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
        ]
        if let continueToken { object["metadata"] = ["continue": .string(continueToken)] }
        if !reason.isEmpty { object["reason"] = .string(reason) }
        if let details {
            var entry = Object()
            if !details.name.isEmpty { entry["name"] = .string(details.name) }
            if !details.group.isEmpty { entry["group"] = .string(details.group) }
            if !details.kind.isEmpty { entry["kind"] = .string(details.kind) }
            if !details.uid.isEmpty { entry["uid"] = .string(details.uid) }
            if !details.causes.isEmpty { entry["causes"] = .array(details.causes.map(\.value)) }
            if let seconds = details.retryAfterSeconds { entry["retryAfterSeconds"] = .integer(seconds) }
            object["details"] = .object(entry)
        }
        object["code"] = .integer(Int64(code))
        return .object(object)
    }

    var response: SandboxResponse {
        var response = SandboxResponse.json(value, status: code)
        if let seconds = details?.retryAfterSeconds {
            response.headers.append((name: "retry-after", value: String(seconds)))
        }
        return response
    }
}

extension StatusError.Cause {
    var value: Value {
        var entry = Object()
        if !reason.isEmpty { entry["reason"] = .string(reason) }
        entry["message"] = .string(message)
        if !field.isEmpty { entry["field"] = .string(field) }
        return .object(entry)
    }
}

extension StatusError {
    static func badRequest(_ message: String) -> StatusError {
        StatusError(code: 400, reason: "BadRequest", message: message)
    }

    static func notFound(_ type: ResourceType, _ name: String) -> StatusError {
        StatusError(
            code: 404, reason: "NotFound", message: "\(type.qualifiedPlural) \"\(name)\" not found",
            details: Details(name: name, group: type.group, kind: type.plural))
    }

    static func namespaceNotFound(_ name: String) -> StatusError {
        StatusError(
            code: 404, reason: "NotFound", message: "namespaces \"\(name)\" not found",
            details: Details(name: name, kind: "namespaces"))
    }

    static func alreadyExists(_ type: ResourceType, _ name: String) -> StatusError {
        StatusError(
            code: 409, reason: "AlreadyExists", message: "\(type.qualifiedPlural) \"\(name)\" already exists",
            details: Details(name: name, group: type.group, kind: type.plural))
    }

    static func conflict(_ type: ResourceType, _ name: String, _ why: String? = nil) -> StatusError {
        let modified = "the object has been modified; please apply your changes to the latest version and try again"
        return StatusError(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(type.qualifiedPlural) \"\(name)\": \(why ?? modified)",
            details: Details(name: name, group: type.group, kind: type.plural))
    }

    static func forbidden(_ type: ResourceType, _ name: String, _ why: String, causes: [Cause] = []) -> StatusError {
        StatusError(
            code: 403, reason: "Forbidden", message: "\(type.qualifiedPlural) \"\(name)\" is forbidden: \(why)",
            details: Details(name: name, group: type.group, kind: type.plural, causes: causes))
    }

    /// Validation failures in the order the server lists them.
    static func invalid(group: String, kind: String, name: String, causes: [Cause]) -> StatusError {
        let texts = causes.map { "\($0.field): \($0.message)" }
        var unique: [String] = []
        for text in texts where !unique.contains(text) { unique.append(text) }
        let list = unique.count == 1 ? unique[0] : "[\(unique.joined(separator: ", "))]"
        let qualified = group.isEmpty ? kind : "\(kind).\(group)"
        return StatusError(
            code: 422, reason: "Invalid", message: "\(qualified) \"\(name)\" is invalid: \(list)",
            details: Details(name: name, group: group, kind: kind, causes: causes))
    }

    static func methodNotAllowed() -> StatusError {
        StatusError(
            code: 405, reason: "MethodNotAllowed",
            message: "the server does not allow this method on the requested resource", details: Details())
    }

    static func internalError(_ message: String) -> StatusError {
        StatusError(
            code: 500, reason: "InternalError", message: "Internal error occurred: \(message)",
            details: Details(causes: [Cause(reason: "", message: message, field: "")]))
    }

    static func expired(_ message: String) -> StatusError {
        StatusError(code: 410, reason: "Expired", message: message)
    }

    /// A failure that the real server reports without a reason.
    static func plain500(_ message: String) -> StatusError { StatusError(code: 500, reason: "", message: message) }
}
