// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Values against the structural schema of a definition.
///
/// Source: kube-openapi, pkg/validation/validate, and apiextensions-apiserver, pkg/apiserver/validation and
/// pkg/apiserver/schema. What an update leaves as it was is not held against it (KEP-4008). `SchemaRules` evaluates the
/// rules in CEL.
enum CustomValidation {
    static func causes(_ object: Object, old: Object?, _ schema: Value) -> [StatusError.Cause] {
        var walk = Walk()
        walk.check(body(object), old: old.map(body), schema, "")
        var result = walk.causes
        embedded(.object(object), schema, "", &result)
        duplicates(body(object), old: old.map(body), schema, "", &result)
        guard SchemaRules.areInside(schema) else { return result }
        guard !result.contains(where: { blocking.contains($0.reason) }) else {
            result.append(
                StatusError.Cause(
                    reason: "FieldValueInvalid",
                    message:
                        "Invalid value: \"null\": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
                    field: "<nil>"))
            return result
        }
        return result + SchemaRules.causes(object, old: old, schema)
    }

    /// What leaves an object too broken for rules to be asked.
    private static let blocking = [
        "FieldValueRequired", "FieldValueNotSupported", "FieldValueTooLong", "FieldValueTooMany",
        "FieldValueTypeInvalid",
    ]

    /// Metadata is validated as that of any kind.
    private static func body(_ object: Object) -> Value {
        var body = object
        for key in CustomSchema.metaFields { body[key] = nil }
        return .object(body)
    }

    static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// Objects within objects must say what they are.
    private static func embedded(
        _ value: Value, _ schema: Value, _ path: String, _ result: inout [StatusError.Cause]
    ) {
        switch value {
        case .object(let object):
            if schema["x-kubernetes-embedded-resource"]?.bool == true {
                for key in ["apiVersion", "kind"] where object[key]?.string?.isEmpty ?? true {
                    result.append(Validation.required(join(path, key), "must not be empty"))
                }
            }
            for pair in object.pairs {
                if let below = schema["properties"]?[pair.key] {
                    embedded(pair.value, below, join(path, pair.key), &result)
                } else if let below = schema["additionalProperties"] {
                    embedded(pair.value, below, "\(path)[\(pair.key)]", &result)
                }
            }
        case .array(let items):
            guard let below = schema["items"] else { return }
            for (index, item) in items.enumerated() { embedded(item, below, "\(path)[\(index)]", &result) }
        default: return
        }
    }

    /// Sets, and lists that are maps, hold each item once.
    private static func duplicates(
        _ value: Value, old: Value?, _ schema: Value, _ path: String, _ result: inout [StatusError.Cause]
    ) {
        if value == old { return }
        switch value {
        case .object(let object):
            for pair in object.pairs {
                if let below = schema["properties"]?[pair.key] {
                    duplicates(pair.value, old: old?[pair.key], below, join(path, pair.key), &result)
                } else if let below = schema["additionalProperties"] {
                    duplicates(pair.value, old: old?[pair.key], below, "\(path)[\(pair.key)]", &result)
                }
            }
        case .array(let items):
            let keys: [Value]
            switch schema["x-kubernetes-list-type"]?.string {
            case "set": keys = items
            case "map": keys = items.map { key(of: $0, schema) }
            default: keys = []
            }
            var seen: Set<Value> = []
            var reported: Set<Value> = []
            for (index, key) in keys.enumerated() where !seen.insert(key).inserted && reported.insert(key).inserted {
                result.append(
                    StatusError.Cause(
                        reason: "FieldValueDuplicate", message: "Duplicate value: \(JSON.text(key.sortedByKey))",
                        field: "\(path)[\(index)]"))
            }
            guard let below = schema["items"] else { return }
            for (index, item) in items.enumerated() {
                duplicates(item, old: nil, below, "\(path)[\(index)]", &result)
            }
        default: return
        }
    }

    static func key(of item: Value, _ schema: Value) -> Value {
        var key = Object()
        for name in schema["x-kubernetes-list-map-keys"]?.array ?? [] {
            if let name = name.string { key[name] = item[name] }
        }
        return .object(key)
    }
}

extension CustomValidation {
    /// What was found, and how much was looked at: of alternatives that fail, the one most looked at is reported.
    struct Walk {
        private(set) var causes: [StatusError.Cause] = []
        private var checks = 0

        private mutating func add(_ cause: StatusError.Cause) {
            if !causes.contains(cause) { causes.append(cause) }
        }

        private mutating func invalid(_ path: String, _ value: Value, _ why: String) {
            add(Validation.invalid(path, value, "\(path) in body \(why)"))
        }

        private mutating func merge(_ other: Walk) {
            for cause in other.causes { add(cause) }
            checks += other.checks
        }

        mutating func check(_ value: Value, old: Value?, _ schema: Value, _ path: String) {
            checks += 1
            if value == old { return }
            checkType(value, schema, path)
            if !value.isNull { checkAlternatives(value, old: old, schema, path) }
            switch value {
            case .string(let text): checkText(text, schema, path)
            case .integer, .number: checkNumber(value, schema, path)
            case .array(let items): checkItems(items, old: old, schema, path)
            default: break
            }
            if let allowed = schema["enum"]?.array, !allowed.contains(value) {
                let texts = allowed.map { $0.string ?? JSON.text($0) }
                add(Validation.unsupported(path, value, texts))
            }
            if let object = value.object { checkObject(object, old: old, schema, path) }
        }

        private mutating func checkType(_ value: Value, _ schema: Value, _ path: String) {
            let isIntOrString = schema["x-kubernetes-int-or-string"]?.bool == true
            let types = isIntOrString ? ["integer", "string"] : [schema["type"]?.string].compactMap { $0 }
            guard !types.isEmpty else { return }
            let actual = Self.jsonType(value)
            if value.isNull, schema["nullable"]?.bool == true { return }
            let fits = types.contains { $0 == actual || ($0 == "number" && actual == "integer") }
            if fits { return }
            let names = types.joined(separator: ",")
            add(
                StatusError.Cause(
                    reason: "FieldValueTypeInvalid",
                    message: "Invalid value: \"\(actual)\": \(path) in body must be of type \(names): \"\(actual)\"",
                    field: path))
        }

        private static func jsonType(_ value: Value) -> String {
            switch value {
            case .null: "null"
            case .bool: "boolean"
            case .integer: "integer"
            case .number(let text): Double(text).flatMap { Int64(exactly: $0) } == nil ? "number" : "integer"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        }

        private mutating func checkText(_ text: String, _ schema: Value, _ path: String) {
            let length = Int64(text.unicodeScalars.count)
            if let most = schema["maxLength"]?.integer, length > most {
                add(
                    StatusError.Cause(
                        reason: "FieldValueTooLong", message: "Too long: may not be more than \(most) bytes",
                        field: path))
            }
            if let least = schema["minLength"]?.integer, length < least {
                invalid(path, .string(text), "should be at least \(least) chars long")
            }
            if let pattern = schema["pattern"]?.string, let regex = try? Regex(pattern),
                text.firstMatch(of: regex) == nil
            {
                invalid(path, .string(text), "should match '\(pattern)'")
            }
            if let format = schema["format"]?.string, !TextFormat.fits(text, format) {
                add(
                    StatusError.Cause(
                        reason: "FieldValueTypeInvalid",
                        message: "Invalid value: \(JSON.text(.string(text))): \(path) in body must be of type "
                            + "\(format): \(JSON.text(.string(text)))", field: path))
            }
        }

        private mutating func checkNumber(_ value: Value, _ schema: Value, _ path: String) {
            guard let number = value.double else { return }
            if let factor = schema["multipleOf"], let by = factor.double, by > 0 {
                let quotient = number / by
                if quotient.rounded() != quotient {
                    invalid(path, value, "should be a multiple of \(GoFormat.plain(factor))")
                }
            }
            if let bound = schema["maximum"], let most = bound.double {
                let isExclusive = schema["exclusiveMaximum"]?.bool == true
                if number > most || (isExclusive && number == most) {
                    let words = isExclusive ? "should be less than" : "should be less than or equal to"
                    invalid(path, value, "\(words) \(GoFormat.plain(bound))")
                }
            }
            if let bound = schema["minimum"], let least = bound.double {
                let isExclusive = schema["exclusiveMinimum"]?.bool == true
                if number < least || (isExclusive && number == least) {
                    let words = isExclusive ? "should be greater than" : "should be greater than or equal to"
                    invalid(path, value, "\(words) \(GoFormat.plain(bound))")
                }
            }
        }

        private mutating func tooMany(_ path: String, _ count: Int, _ most: Int64) {
            add(
                StatusError.Cause(
                    reason: "FieldValueTooMany",
                    message: "Too many: \(count): must have at most \(most) item\(most == 1 ? "" : "s")", field: path))
        }

        private mutating func checkItems(_ items: [Value], old: Value?, _ schema: Value, _ path: String) {
            let isMap = schema["x-kubernetes-list-type"]?.string == "map"
            if let element = schema["items"] {
                for (index, item) in items.enumerated() {
                    // Only the items of keyed lists are the same ones before and after.
                    let before =
                        isMap
                        ? old?.array?.first {
                            CustomValidation.key(of: $0, schema) == CustomValidation.key(of: item, schema)
                        } : nil
                    check(item, old: before, element, "\(path)[\(index)]")
                }
            }
            if let least = schema["minItems"]?.integer, items.count < least {
                invalid(path, .integer(Int64(items.count)), "should have at least \(least) items")
            }
            if let most = schema["maxItems"]?.integer, items.count > most { tooMany(path, items.count, most) }
        }

        private mutating func checkObject(_ object: Object, old: Value?, _ schema: Value, _ path: String) {
            if let least = schema["minProperties"]?.integer, object.count < least {
                return invalid(path, "", "should have at least \(least) properties")
            }
            if let most = schema["maxProperties"]?.integer, object.count > most {
                return tooMany(path, object.count, most)
            }
            let properties = schema["properties"]?.object ?? Object()
            if let element = schema["additionalProperties"], element.object != nil {
                for pair in object.pairs where properties[pair.key] == nil {
                    check(pair.value, old: old?[pair.key], element, CustomValidation.join(path, pair.key))
                }
            }
            let isRoot = path.isEmpty
            for pair in properties.pairs where !(isRoot && CustomSchema.metaFields.contains(pair.key)) {
                guard let child = object[pair.key] else { continue }
                check(child, old: old?[pair.key], pair.value, CustomValidation.join(path, pair.key))
            }
            for name in (schema["required"]?.array ?? []).compactMap(\.string) where object[name] == nil {
                if isRoot, CustomSchema.metaFields.contains(name) { continue }
                add(Validation.required(CustomValidation.join(path, name)))
            }
        }

        /// A failed combination stands at no field.
        private mutating func composite(_ path: String, _ why: String) {
            add(
                StatusError.Cause(
                    reason: "FieldValueInvalid",
                    message: "Invalid value: \"\": \(JSON.text(.string(path))) must \(why)", field: "<nil>"))
        }

        private mutating func checkAlternatives(_ value: Value, old: Value?, _ schema: Value, _ path: String) {
            func walks(_ name: String) -> [Walk] {
                (schema[name]?.array ?? []).map { alternative in
                    var walk = Walk()
                    walk.check(value, old: old, alternative, path)
                    return walk
                }
            }
            /// The failure with most checks; the first of several.
            func best(_ walks: [Walk]) -> Walk? {
                walks.reduce(nil as Walk?) { best, walk in best.map { walk.checks > $0.checks ? walk : $0 } ?? walk }
            }
            let any = walks("anyOf")
            if !any.isEmpty, !any.contains(where: \.causes.isEmpty) {
                composite(path, "validate at least one schema (anyOf)")
                if let best = best(any) { merge(best) }
            }
            let one = walks("oneOf")
            let valid = one.count(where: \.causes.isEmpty)
            if !one.isEmpty, valid != 1 {
                let found = valid == 0 ? "Found none valid" : "Found \(valid) valid alternatives"
                composite(path, "validate one and only one schema (oneOf). \(found)")
                if valid == 0, let best = best(one) { merge(best) }
            }
            let all = walks("allOf")
            for walk in all { merge(walk) }
            if all.contains(where: { !$0.causes.isEmpty }) {
                let none = all.contains(where: \.causes.isEmpty) ? "" : ". None validated"
                composite(path, "validate all the schemas (allOf)\(none)")
            }
            if let not = schema["not"] {
                var walk = Walk()
                walk.check(value, old: nil, not, path)
                if walk.causes.isEmpty { composite(path, "not validate the schema (not)") }
            }
        }
    }
}

extension Value {
    fileprivate var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let text): Double(text)
        default: nil
        }
    }
}
