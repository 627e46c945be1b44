// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler

/// The body of a request to the control socket: a JSON object of texts, read strictly.
struct ControlRequest {
    /// In bytes: a reason is a sentence, and is quoted in the status.
    private static let longestText = 500

    private var fields: Object
    private var known: [String] = []

    init(_ bytes: [UInt8]) throws(ActionRefusal) {
        if bytes.isEmpty {
            fields = [:]
            return
        }
        let value: Value
        do throws(JSONError) {
            value = try JSON.parse(bytes)
        } catch {
            throw Self.invalid("the body is no JSON: \(error)")
        }
        guard let object = value.object else { throw Self.invalid("the body is no JSON object") }
        fields = object
    }

    /// A text without control characters; nil where it is not given or null.
    mutating func optional(_ name: String) throws(ActionRefusal) -> String? {
        if !known.contains(name) { known.append(name) }
        guard let value = fields[name], value != .null else { return nil }
        guard let text = value.string, !text.isEmpty, text.utf8.count <= Self.longestText,
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw Self.invalid(
                "\"\(name)\" must be a text of 1 to \(Self.longestText) bytes without control characters")
        }
        return text
    }

    mutating func required(_ name: String) throws(ActionRefusal) -> String {
        guard let text = try optional(name) else { throw Self.invalid("\"\(name)\" is missing") }
        return text
    }

    /// What the person calls themselves, where several share an account.
    mutating func person() throws(ActionRefusal) -> String? { try optional("as") }

    mutating func target() throws(ActionRefusal) -> TargetID {
        TargetID(application: try required("application"), environment: try required("environment"))
    }

    mutating func scope() throws(ActionRefusal) -> Suspension.Scope {
        var scope = Suspension.Scope(
            application: try optional("application"), environment: try optional("environment"))
        guard let text = try optional("object") else { return scope }
        guard let object = Suspension.ObjectName(text) else {
            throw Self.invalid("\"object\" must be KIND/NAME or KIND/NAMESPACE/NAME, not \"\(text)\"")
        }
        guard scope.application != nil, scope.environment != nil else {
            throw Self.invalid("an object belongs to one application in one environment: name both")
        }
        scope.object = object
        return scope
    }

    /// - Parameter account: who it is where nobody says another name.
    mutating func gateRequest(from account: String) throws(ActionRefusal) -> GateRequest {
        GateRequest(
            application: try optional("application"), environment: try required("environment"),
            revision: try optional("revision"), person: try person() ?? account, reason: try optional("reason"),
            list: try optional("list"))
    }

    /// A moment as RFC 3339 has it.
    mutating func timestamp(_ name: String) throws(ActionRefusal) -> Timestamp? {
        guard let text = try optional(name) else { return nil }
        guard let moment = Timestamp(text) else {
            throw Self.invalid("\"\(name)\" must be a moment such as 2026-12-24T18:00:00Z, not \"\(text)\"")
        }
        return moment
    }

    /// Refuses what nobody read.
    func finish() throws(ActionRefusal) {
        for name in fields.keys where !known.contains(name) {
            throw Self.invalid(
                "unknown field \"\(name.prefix(40))\"; known are \(known.joined(separator: ", "))")
        }
    }

    private static func invalid(_ message: String) -> ActionRefusal {
        ActionRefusal(.invalid, "InvalidRequest", message)
    }
}
