// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A field selector: `metadata.name=x,status.phase!=Running`.
struct FieldSelector: Sendable {
    /// One comparison, as written.
    struct Term: Sendable, Equatable {
        var field: String
        var value: String
        var equal: Bool

        /// Grammar and messages of apimachinery's `fields.ParseSelector`.
        static func parse(_ text: String) throws(StatusError) -> [Term] {
            var terms: [Term] = []
            for part in split(text).sorted() where !part.isEmpty {
                let characters = Array(part)
                var sign: (index: Int, text: String)?
                var index = 0
                while index < characters.count, sign == nil {
                    let rest = String(characters[index...].prefix(2))
                    if characters[index] == "\\" {
                        index += 2
                        continue
                    }
                    if rest == "!=" || rest == "==" {
                        sign = (index, rest)
                    } else if rest.first == "=" {
                        sign = (index, "=")
                    }
                    index += 1
                }
                guard let sign else {
                    throw .badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
                }
                terms.append(
                    Term(
                        field: String(characters[..<sign.index]),
                        value: try unescaped(characters[(sign.index + sign.text.count)...]), equal: sign.text != "!="))
            }
            return terms
        }

        private static func split(_ text: String) -> [String] {
            var parts = [""]
            var isEscaped = false
            for character in text {
                if character == ",", !isEscaped { parts.append("") } else { parts[parts.count - 1].append(character) }
                isEscaped = character == "\\" && !isEscaped
            }
            return parts
        }

        private static func unescaped(_ characters: ArraySlice<Character>) throws(StatusError) -> String {
            var result = ""
            var isEscaped = false
            for character in characters {
                if isEscaped {
                    guard "\\,=".contains(character) else {
                        throw .badRequest("invalid field selector: invalid escape sequence: \\\(character)")
                    }
                    result.append(character)
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "=" || character == "," {
                    let code = character.unicodeScalars.first?.value ?? 0
                    throw .badRequest("invalid field selector: unescaped character in value: \(code)")
                } else {
                    result.append(character)
                }
            }
            if isEscaped { throw .badRequest("invalid field selector: invalid escape sequence: \\") }
            return result
        }
    }

    private struct Requirement: Sendable {
        var field: SelectableField
        var value: String
        var equal: Bool
    }

    private var requirements: [Requirement] = []

    init() {}

    init(_ text: String, type: ResourceType) throws(StatusError) {
        self = try FieldSelector(Term.parse(text), type: type)
    }

    /// - Throws: 400 for a field that the kind cannot be selected by.
    init(_ terms: [Term], type: ResourceType) throws(StatusError) {
        for term in terms {
            let field = try SelectableField(term.field, of: type)
            requirements.append(Requirement(field: field, value: term.value, equal: term.equal))
        }
    }

    var isEmpty: Bool { requirements.isEmpty }

    func matches(_ object: Object) -> Bool {
        requirements.allSatisfy { ($0.field.text(of: object) == $0.value) == $0.equal }
    }
}

/// A field that objects of a kind can be selected by, and where its value stands.
struct SelectableField: Sendable {
    /// The first that is there counts.
    private var paths: [[String]]
    /// What a missing value is as text: Go's zero of its type.
    private var zero = ""

    func text(of object: Object) -> String {
        for path in paths {
            switch object.value(at: path) {
            case .string(let value): return value
            case .integer(let value): return String(value)
            case .bool(let value): return String(value)
            default: continue
            }
        }
        return zero
    }

    /// - Throws: 400 in the words that the kind's conversion has for it.
    init(_ name: String, of type: ResourceType) throws(StatusError) {
        paths = [name.split(separator: ".").map(String.init)]
        if name == "metadata.name" || (name == "metadata.namespace" && type.qualifiedKind != "Node") { return }
        switch (type.qualifiedKind, name) {
        case ("Pod", "spec.nodeName"), ("Pod", "spec.restartPolicy"), ("Pod", "spec.schedulerName"),
            ("Pod", "spec.serviceAccountName"), ("Pod", "status.phase"), ("Pod", "status.podIP"),
            ("Pod", "status.podIPs"), ("Pod", "status.nominatedNodeName"), ("Namespace", "status.phase"),
            ("Secret", "type"), ("Service", "spec.clusterIP"), ("Service", "spec.type"),
            ("CertificateSigningRequest.certificates.k8s.io", "spec.signerName"):
            break
        // Old names that are still understood.
        case ("Pod", "spec.host"): paths = [["spec", "nodeName"]]
        case ("Namespace", "name"), ("Node", "name"): paths = [["metadata", "name"]]
        case ("Pod", "spec.hostNetwork"), ("Node", "spec.unschedulable"): zero = "false"
        case ("ReplicationController", "status.replicas"): zero = "0"
        case ("Job.batch", "status.successful"):
            paths = [["status", "succeeded"]]
            zero = "0"
        case ("Event", let name), ("Event.events.k8s.io", let name):
            guard let paths = Self.eventPaths(name, isCore: type.group.isEmpty) else {
                throw .badRequest("field label not supported: \(name)")
            }
            self.paths = paths
        case ("Pod", _), ("Node", _), ("Namespace", _), ("Secret", _), ("Service", _), ("ReplicationController", _),
            ("CertificateSigningRequest.certificates.k8s.io", _):
            throw .badRequest("field label not supported: \(name)")
        case ("Job.batch", _): throw .badRequest("field label \"\(name)\" not supported for batchv1.Job")
        default:
            if type.custom != nil { throw .badRequest("field label not supported: \(name)") }
            throw .badRequest(
                "\"\(name)\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        }
    }

    private static func eventPaths(_ name: String, isCore: Bool) -> [[String]]? {
        let object = isCore ? "involvedObject" : "regarding"
        let parts = name.split(separator: ".").map(String.init)
        if parts.count == 2, parts[0] == object,
            ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"].contains(parts[1])
        {
            return [["involvedObject", parts[1]]]
        }
        switch name {
        case "reason", "type": return [[name]]
        case "reportingComponent" where isCore, "reportingController" where !isCore: return [["reportingComponent"]]
        case "source" where isCore: return [["source", "component"], ["reportingComponent"]]
        default: return nil
        }
    }
}
