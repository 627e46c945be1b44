// SPDX-License-Identifier: Apache-2.0

import Manifests

extension SchemaRules {
    /// What the rules of a schema refuse of an object.
    ///
    /// Source: apiextensions-apiserver, pkg/apiserver/schema/cel/validation.go. What an update leaves as it was is only
    /// held against it by rules that compare (KEP-4008).
    static func causes(_ object: Object, old: Object?, _ schema: Value) -> [Cause] {
        var walk = Walk()
        walk.check(.object(object), old: old.map { .object($0) }, schema, "", isRoot: true)
        return walk.causes
    }

    static func areInside(_ schema: Value) -> Bool {
        if schema[key]?.array?.isEmpty == false { return true }
        let below =
            [schema["additionalProperties"], schema["items"]].compactMap { $0 }
            + (schema["properties"]?.object?.pairs.map(\.value) ?? [])
        return below.contains(where: areInside)
    }

    private struct Walk {
        var causes: [Cause] = []
        /// Of all rules together (`celconfig.RuntimeCELCostBudget`).
        private var budget = 10_000_000

        mutating func check(_ value: Value, old: Value?, _ schema: Value, _ path: String, isRoot: Bool) {
            guard budget >= 0 else { return }
            for rule in schema[key]?.array ?? [] { evaluate(rule, value, old: old, schema, path, isRoot: isRoot) }
            switch value {
            case .object(let object):
                for pair in object.pairs {
                    if let below = schema["properties"]?[pair.key] {
                        check(
                            pair.value, old: old?[pair.key], below, CustomValidation.join(path, pair.key), isRoot: false
                        )
                    } else if let below = schema["additionalProperties"], below.object != nil {
                        check(pair.value, old: old?[pair.key], below, "\(path)[\(pair.key)]", isRoot: false)
                    }
                }
            case .array(let items):
                guard let below = schema["items"] else { return }
                let isKeyed = schema["x-kubernetes-list-type"] == "map"
                for (index, item) in items.enumerated() {
                    let before =
                        isKeyed
                        ? old?.array?.first {
                            CustomValidation.key(of: $0, schema) == CustomValidation.key(of: item, schema)
                        } : nil
                    check(item, old: before, below, "\(path)[\(index)]", isRoot: false)
                }
            default: return
            }
        }

        private mutating func evaluate(
            _ rule: Value, _ value: Value, old: Value?, _ schema: Value, _ path: String, isRoot: Bool
        ) {
            let text = rule["rule"]?.string ?? ""
            guard let expression = try? Expression(text), budget >= 0 else { return }
            let isOptional = rule["optionalOldSelf"]?.bool == true
            let compares = expression.uses("oldSelf")
            if compares, old == nil, !isOptional { return }
            if !compares, value == old { return }
            var variables = ["self": SchemaValue.value(value, schema, isRoot: isRoot)]
            let before = old.map { SchemaValue.value($0, schema, isRoot: isRoot) }
            variables["oldSelf"] = isOptional ? .optional(before) : before
            let shown = Value.string(schema["type"]?.string ?? "")
            // The place of the whole object has no name.
            let place = path.isEmpty ? "<nil>" : path
            do throws(ExpressionError) {
                if case .bool(true) = try expression.evaluate(variables, budget: &budget) { return }
            } catch {
                let told = (rule["message"]?.string ?? text).trimmed
                let why =
                    error.message.hasPrefix("no such overload")
                    ? "'\(error.message)': call arguments did not match a supported operator, function or macro signature for rule: \(told)"
                    : error.message.hasPrefix("operation cancelled")
                        ? "'\(error.message)': no further validation rules will be run due to call cost exceeds limit for rule: \(told)"
                        : "\(error.message) evaluating rule: \(told)"
                causes.append(Validation.invalid(place, shown, why))
                if error.message.hasPrefix("operation cancelled") { budget = -1 }
                return
            }
            refuse(rule, variables, value, path)
        }

        private mutating func refuse(
            _ rule: Value, _ variables: [String: ExpressionValue], _ shown: Value, _ path: String
        ) {
            let why = message(rule, variables)
            let below = (rule["fieldPath"]?.string ?? "").trimmed.replacing("['", with: "[").replacing("']", with: "]")
            let whole = path.isEmpty && below.hasPrefix(".") ? String(below.dropFirst()) : path + below
            let place = whole.isEmpty ? "<nil>" : whole
            switch rule["reason"]?.string {
            case "FieldValueForbidden": causes.append(Validation.forbidden(place, why))
            case "FieldValueRequired": causes.append(Validation.required(place, why))
            case "FieldValueDuplicate":
                causes.append(
                    Cause(
                        reason: "FieldValueDuplicate", message: "Duplicate value: \(JSON.text(shown))", field: place))
            default:
                // Objects and lists are not shown.
                let isPlain = shown.object == nil && shown.array == nil
                causes.append(
                    Cause(
                        reason: "FieldValueInvalid",
                        message: "Invalid value: \(isPlain ? "\(JSON.text(shown)): " : "")\(why)", field: place))
            }
        }

        /// What `messageExpression` says, if that is one line; else the message; else the rule.
        private mutating func message(_ rule: Value, _ variables: [String: ExpressionValue]) -> String {
            if let text = rule["messageExpression"]?.string, !text.isEmpty, let expression = try? Expression(text),
                case .string(let told)? = try? expression.evaluate(variables, budget: &budget)
            {
                let line = told.trimmed
                if !line.isEmpty, !line.contains(where: \.isNewline), line.utf8.count <= 5120 { return line }
            }
            if let told = rule["message"]?.string, !told.isEmpty { return told.trimmed }
            return "failed rule: \((rule["rule"]?.string ?? "").trimmed)"
        }
    }
}

/// Values and their types as rules see them: by the schema, with names that CEL can take.
enum SchemaValue {
    static func type(_ schema: Value?, isRoot: Bool = false) -> ExpressionType {
        guard let schema, schema["x-kubernetes-int-or-string"]?.bool != true else { return .dyn }
        switch schema["type"]?.string {
        case "boolean": return .bool
        case "integer": return .int
        case "number": return .double
        case "array": return .list(type(schema["items"]))
        case "string":
            return switch schema["format"]?.string {
            case "byte": .bytes
            case "date", "date-time": .timestamp
            case "duration": .duration
            default: .string
            }
        case "object":
            if let element = schema["additionalProperties"], element != .bool(false) { return .map(type(element)) }
            var fields: [String: ExpressionType] = [:]
            for pair in schema["properties"]?.object?.pairs ?? [] { fields[escaped(pair.key)] = type(pair.value) }
            if isRoot || schema["x-kubernetes-embedded-resource"]?.bool == true {
                fields["apiVersion"] = .string
                fields["kind"] = .string
                fields["metadata"] = .object(["name": .string, "generateName": .string])
            }
            return .object(fields)
        default: return .dyn
        }
    }

    static func value(_ value: Value, _ schema: Value?, isRoot: Bool = false) -> ExpressionValue {
        guard let schema, schema["x-kubernetes-int-or-string"]?.bool != true else { return ExpressionValue(value) }
        switch value {
        case .integer(let number) where schema["type"] == "number": return .double(Double(number))
        case .string(let text): return Self.text(text, schema["format"]?.string ?? "")
        case .array(let items): return .list(items.map { Self.value($0, schema["items"]) })
        case .object(let object):
            if let element = schema["additionalProperties"], element != .bool(false) {
                return .map(
                    object.pairs.map {
                        ExpressionValue.Entry(key: .string($0.key), value: Self.value($0.value, element))
                    })
            }
            guard schema["type"] == "object" else { return ExpressionValue(value) }
            return record(object, schema, isRoot: isRoot)
        default: return ExpressionValue(value)
        }
    }

    /// Fields that the schema does not know are not there for rules; of metadata only the names are.
    private static func record(_ object: Object, _ schema: Value, isRoot: Bool) -> ExpressionValue {
        let isResource = isRoot || schema["x-kubernetes-embedded-resource"]?.bool == true
        var entries: [ExpressionValue.Entry] = []
        for pair in object.pairs {
            if isResource, CustomSchema.metaFields.contains(pair.key) {
                var kept = pair.value
                if pair.key == "metadata" {
                    var names = Object()
                    for key in ["name", "generateName"] { names[key] = pair.value[key] }
                    kept = .object(names)
                }
                entries.append(ExpressionValue.Entry(key: .string(pair.key), value: ExpressionValue(kept)))
            } else if let known = schema["properties"]?[pair.key] {
                entries.append(
                    ExpressionValue.Entry(key: .string(escaped(pair.key)), value: value(pair.value, known)))
            }
        }
        return .map(entries)
    }

    private static func text(_ text: String, _ format: String) -> ExpressionValue {
        switch format {
        case "byte": Base64.decode(text).map { .bytes($0) } ?? .string(text)
        case "date-time": Timestamp(text).map { .timestamp($0) } ?? .string(text)
        case "date": Timestamp("\(text)T00:00:00Z").map { .timestamp($0) } ?? .string(text)
        case "duration":
            (try? Expression("duration(self)").evaluate(["self": .string(text)])) ?? .string(text)
        default: .string(text)
        }
    }

    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]

    /// Source: Escape of apiserver's pkg/cel/escaping.go.
    static func escaped(_ name: String) -> String {
        if reserved.contains(name) { return "__\(name)__" }
        return name.replacing("__", with: "__underscores__").replacing(".", with: "__dot__")
            .replacing("-", with: "__dash__").replacing("/", with: "__slash__")
    }
}
