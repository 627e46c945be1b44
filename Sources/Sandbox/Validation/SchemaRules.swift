// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Rules in CEL that a definition's schema has (`x-kubernetes-validations`).
enum SchemaRules {
    typealias Cause = StatusError.Cause

    static let key = "x-kubernetes-validations"
    private static let reasons = [
        "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired",
    ]

    /// What is wrong with how rules are written down, whatever they say.
    static func shape(_ schema: Value, _ path: String) -> [Cause] {
        var result: [Cause] = []
        for (index, rule) in (schema[key]?.array ?? []).enumerated() {
            let place = "\(path).\(key)[\(index)]"
            let text = rule["rule"]?.string ?? ""
            let message = rule["message"]?.string
            if text.allSatisfy(\.isWhitespace) {
                result.append(Validation.required("\(place).rule", "rule is not specified"))
            } else if let message, !message.isEmpty, message.allSatisfy(\.isWhitespace) {
                result.append(
                    Validation.invalid("\(place).message", .string(message), "must be non-empty if specified"))
            } else if let message, message.trimmed.contains(where: \.isNewline) {
                result.append(
                    Validation.invalid("\(place).message", .string(message), "must not contain line breaks"))
            } else if text.trimmed.contains(where: \.isNewline), message?.isEmpty ?? true {
                result.append(
                    Validation.required("\(place).message", "message must be specified if rule contains line breaks"))
            }
            if let expression = rule["messageExpression"]?.string, !expression.isEmpty,
                expression.allSatisfy(\.isWhitespace)
            {
                result.append(
                    Validation.required(
                        "\(place).messageExpression", "messageExpression must be non-empty if specified"))
            }
            if let reason = rule["reason"]?.string, !reasons.contains(reason) {
                result.append(Validation.unsupported("\(place).reason", .string(reason), reasons))
            }
        }
        return result
    }

    /// What does not compile, and what speaks of a value before the change where there is none to be found.
    static func causes(_ schema: Value, _ path: String) -> [Cause] {
        var compiler = Compiler()
        compiler.check(schema, path, isRoot: true, uncorrelated: nil)
        return compiler.causes
    }
}

extension SchemaRules {
    /// Source: the end of ValidateCustomResourceDefinitionOpenAPISchema, and apiextensions-apiserver's
    /// pkg/apiserver/schema/cel/compilation.go.
    private struct Compiler {
        var causes: [Cause] = []

        /// - Parameter uncorrelated: the place above whose items before and after a change are not the same ones.
        mutating func check(_ schema: Value, _ path: String, isRoot: Bool, uncorrelated: String?) {
            if let additional = schema["additionalProperties"], additional.object != nil {
                check(additional, "\(path).additionalProperties", isRoot: false, uncorrelated: uncorrelated)
            }
            for pair in schema["properties"]?.object?.pairs ?? [] {
                check(pair.value, "\(path).properties[\(pair.key)]", isRoot: false, uncorrelated: uncorrelated)
            }
            if let items = schema["items"], items.object != nil {
                let isKeyed = schema["x-kubernetes-list-type"] == "map"
                check(items, "\(path).items", isRoot: false, uncorrelated: uncorrelated ?? (isKeyed ? nil : path))
            }
            let type = SchemaValue.type(schema, isRoot: isRoot)
            for (index, rule) in (schema[key]?.array ?? []).enumerated() {
                check(rule, "\(path).\(key)[\(index)]", type, uncorrelated)
            }
        }

        private mutating func check(_ rule: Value, _ place: String, _ type: ExpressionType, _ uncorrelated: String?) {
            let shown = GoStruct.dump(rule, as: "ValidationRule")
            let text = rule["rule"]?.string ?? ""
            let hasOptional = rule["optionalOldSelf"]?.bool == true
            let variables: [String: ExpressionType] = ["self": type, "oldSelf": hasOptional ? .optional(type) : type]
            if let problem = Self.problem(text, variables, "bool", "cel expression must evaluate to a bool") {
                causes.append(
                    Validation.invalid(
                        unsorted: "\(place).rule", shown,
                        problem.isCompiler ? "compilation failed: \(problem.text)" : problem.text))
            }
            if let message = rule["messageExpression"]?.string, !message.isEmpty,
                let problem = Self.problem(message, variables, "string", "messageExpression must evaluate to a string")
            {
                causes.append(
                    Validation.invalid(
                        unsorted: "\(place).messageExpression", shown,
                        problem.isCompiler ? "messageExpression compilation failed: \(problem.text)" : problem.text))
            }
            let usesOld = (try? Expression(text))?.uses("oldSelf") ?? false
            if usesOld, let uncorrelated {
                causes.append(
                    Validation.invalid(
                        "\(place).rule", .string(text),
                        "oldSelf cannot be used on the uncorrelatable portion of the schema within \(uncorrelated)"))
            } else if !usesOld, let optional = rule["optionalOldSelf"] {
                causes.append(
                    Validation.invalid(
                        "\(place).optionalOldSelf", optional, "may not be set if oldSelf is not used in rule"))
            }
        }

        private static func problem(
            _ text: String, _ variables: [String: ExpressionType], _ wanted: String, _ why: String
        ) -> (text: String, isCompiler: Bool)? {
            do throws(ExpressionError) {
                let type = try Expression(text).type(variables)
                return type.name == wanted || type.name == "dyn" ? nil : (why, false)
            } catch {
                return (error.description(in: text), true)
            }
        }
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
