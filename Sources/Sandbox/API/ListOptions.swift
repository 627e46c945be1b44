// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The query of a list or watch (`ListOptions` of meta/v1), checked as apimachinery's `ValidateListOptions` does.
struct ListOptions: Sendable {
    var filter = ListFilter()
    var limit: Int64 = 0
    var continueToken: String
    var resourceVersion: String
    /// Empty where it is not given.
    var match: String
    var sendInitialEvents: Bool?
    var allowsBookmarks: Bool
    var timeoutSeconds: Int64?

    /// - Throws: 400 for what cannot be read, 422 for what does not go together.
    init(_ target: RequestTarget, _ route: Route, isWatch: Bool) throws(StatusError) {
        filter = ListFilter()
        continueToken = target["continue"] ?? ""
        resourceVersion = target["resourceVersion"] ?? ""
        match = target["resourceVersionMatch"] ?? ""
        allowsBookmarks = target.flag("allowWatchBookmarks")
        if target["sendInitialEvents"] != nil { sendInitialEvents = target.flag("sendInitialEvents") }
        timeoutSeconds = try Self.integer(target["timeoutSeconds"])
        limit = try Self.integer(target["limit"]) ?? 0
        let labels = try LabelSelector(target["labelSelector"] ?? "")
        var terms = try FieldSelector.Term.parse(target["fieldSelector"] ?? "")
        if isWatch, sendInitialEvents == nil, match.isEmpty, resourceVersion.isEmpty || resourceVersion == "0" {
            sendInitialEvents = true
            match = "NotOlderThan"
        }
        let causes = isWatch ? watchCauses : listCauses
        guard causes.isEmpty else {
            throw .invalid(group: "meta.k8s.io", kind: "ListOptions", name: "", causes: causes)
        }
        // The path of one object: a selector may only say the same.
        if let name = route.name {
            if terms.isEmpty { terms = [FieldSelector.Term(field: "metadata.name", value: name, equal: true)] }
            guard terms.contains(where: { $0.field == "metadata.name" && $0.equal && $0.value == name }) else {
                throw .badRequest("fieldSelector metadata.name doesn't match requested name")
            }
        }
        filter = ListFilter(labels: labels, fields: try FieldSelector(terms, type: route.type))
    }

    private static func integer(_ text: String?) throws(StatusError) -> Int64? {
        guard let text else { return nil }
        guard let value = Int64(text) else {
            throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
        }
        return value
    }

    private static func forbidden(_ field: String, _ why: String) -> StatusError.Cause {
        StatusError.Cause(reason: "FieldValueForbidden", message: "Forbidden: \(why)", field: field)
    }

    private func unsupportedMatch(_ supported: [String]) -> StatusError.Cause {
        let values = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return StatusError.Cause(
            reason: "FieldValueNotSupported", message: "Unsupported value: \"\(match)\": supported values: \(values)",
            field: "resourceVersionMatch")
    }

    private var listCauses: [StatusError.Cause] {
        let field = "resourceVersionMatch"
        var causes: [StatusError.Cause] = []
        if !match.isEmpty {
            if resourceVersion.isEmpty {
                causes.append(
                    Self.forbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
            }
            if !continueToken.isEmpty {
                causes.append(Self.forbidden(field, "resourceVersionMatch is forbidden when continue is provided"))
            }
            if match != "Exact", match != "NotOlderThan" {
                causes.append(unsupportedMatch(["Exact", "NotOlderThan", ""]))
            }
            if match == "Exact", resourceVersion == "0" {
                causes.append(
                    Self.forbidden(field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
            }
        }
        if sendInitialEvents != nil {
            causes.append(Self.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
        }
        return causes
    }

    private var watchCauses: [StatusError.Cause] {
        let field = "resourceVersionMatch"
        var causes: [StatusError.Cause] = []
        if sendInitialEvents != nil, match != "NotOlderThan" {
            causes.append(
                Self.forbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
        }
        guard !match.isEmpty else { return causes }
        if sendInitialEvents == nil {
            causes.append(
                Self.forbidden(
                    field, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
        }
        if match != "NotOlderThan" { causes.append(unsupportedMatch(["NotOlderThan"])) }
        if !continueToken.isEmpty {
            causes.append(Self.forbidden(field, "resourceVersionMatch is forbidden when continue is provided"))
        }
        return causes
    }
}

/// A resourceVersion as clients give it; empty and `0` ask for nothing in particular.
enum RequestedVersion {
    struct Invalid: Error {
        /// What Go's parser says.
        var message: String
    }

    static func parse(_ text: String) throws(Invalid) -> UInt64 {
        if text.isEmpty || text == "0" { return 0 }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { throw invalid(text, "invalid syntax") }
        guard let value = UInt64(text) else { throw invalid(text, "value out of range") }
        return value
    }

    private static func invalid(_ text: String, _ why: String) -> Invalid {
        Invalid(
            message: "resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": \(why)")
    }
}
