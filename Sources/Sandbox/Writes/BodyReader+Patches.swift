// SPDX-License-Identifier: Apache-2.0

import Manifests

extension BodyReader {
    /// What a patch made of an object: what does not fit the type is the patch's fault.
    ///
    /// Source: applyPatchToCurrentObject and applyPatchToObject of apiserver's pkg/endpoints/handlers/patch.go.
    ///
    /// - Parameter repeated: paths of keys that stand twice in the patch.
    func checked(
        _ object: Object, after patch: [UInt8], isStrategic: Bool, repeated: [String]
    ) throws(StatusError) -> Document {
        var decoder = FieldChecker(kind: type.kind)
        _ = decoder.known(.object(object), schema)
        var shown: String {
            isStrategic ? (try? JSON.parse(patch)).map(Self.goText) ?? "" : JSON.text(.object(object))
        }
        if type.custom == nil, let mismatch = decoder.mismatch {
            throw Self.refused(
                shown,
                isStrategic ? decoder.misfit.map { Self.conversionProblem($0.type, $0.value) } ?? mismatch : mismatch)
        }
        var problems = StrictProblems()
        problems.repeated = repeated
        let (document, strict) = try decoded(object, problems)
        guard fieldValidation == "Strict" || fieldValidation == "Warn", !strict.errors.isEmpty else { return document }
        // What the patch repeats comes before what its result has too much.
        let errors = repeated.map { "duplicate field \"\($0)\"" } + strict.errors.dropLast(repeated.count)
        guard fieldValidation == "Strict" else { return Document(object: document.object, warnings: errors) }
        throw Self.refused(shown, "strict decoding error: \(errors.joined(separator: ", "))")
    }

    private static func refused(_ shown: String, _ why: String) -> StatusError {
        .invalid(group: "", kind: "", name: "", causes: [Validation.invalid("patch", .string(shown), why)])
    }

    /// As the server's converter for maps says it.
    private static func conversionProblem(_ type: String, _ value: Value) -> String {
        let source: String =
            switch value {
            case .string: "string"
            case .integer: "int64"
            case .number: "float64"
            case .bool: "bool"
            case .array: "slice"
            default: "map"
            }
        if type.hasPrefix("[]") { return "cannot restore slice from \(source)" }
        if type.hasPrefix("map[") || type == "v1.ResourceList" { return "cannot restore map from \(source)" }
        if ["int32", "int64", "float64", "bool"].contains(type) { return "unrecognized type: \(type)" }
        if type == "string" || value.string != nil {
            return source == "int64" || source == "float64"
                ? "cannot convert \(source) to \(type)" : "unrecognized type: string"
        }
        return "cannot restore struct from: \(source)"
    }

    /// As Go prints a map (`%+v`).
    private static func goText(_ value: Value) -> String {
        switch value {
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let text), .string(let text): text
        case .array(let items): "[\(items.map(goText).joined(separator: " "))]"
        case .object(let object):
            "map[\(object.sortedByKey.pairs.map { "\($0.key):\(goText($0.value))" }.joined(separator: " "))]"
        }
    }
}
