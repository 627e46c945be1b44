// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Why an object is refused, in the order in which the server finds it (apimachinery, package field).
struct Causes: Sendable {
    private(set) var list: [StatusError.Cause] = []

    var isEmpty: Bool { list.isEmpty }

    mutating func add(_ cause: StatusError.Cause) { list.append(cause) }

    mutating func append(_ other: Causes) { list += other.list }

    mutating func required(_ field: Field, _ why: String = "") { add(Validation.required(field.path, why)) }

    /// - Parameter value: what the message shows, where it is not what stands in the field.
    mutating func invalid(_ field: Field, _ why: String, showing value: Value? = nil) {
        let shown = value ?? field.value?.inGoOrder ?? .null
        add(
            StatusError.Cause(
                reason: "FieldValueInvalid",
                message: "Invalid value: \(JSON.text(shown))" + (why.isEmpty ? "" : ": \(why)"), field: field.path))
    }

    mutating func forbidden(_ field: Field, _ why: String) { add(Validation.forbidden(field.path, why)) }

    mutating func duplicate(_ field: Field, showing value: Value? = nil) {
        add(
            StatusError.Cause(
                reason: "FieldValueDuplicate",
                message: "Duplicate value: \(JSON.text(value ?? field.value ?? .null))", field: field.path))
    }

    mutating func notFound(_ field: Field) {
        add(
            StatusError.Cause(
                reason: "FieldValueNotFound", message: "Not found: \(JSON.text(.string(field.string)))",
                field: field.path))
    }

    mutating func tooLong(_ field: Field, limit: Int) {
        add(
            StatusError.Cause(
                reason: "FieldValueTooLong", message: "Too long: may not be more than \(limit) bytes",
                field: field.path))
    }

    mutating func tooMany(_ field: Field, limit: Int) {
        guard field.count > limit else { return }
        add(
            StatusError.Cause(
                reason: "FieldValueTooMany",
                message: "Too many: \(field.count): must have at most \(limit) item\(limit == 1 ? "" : "s")",
                field: field.path))
    }

    mutating func unsupported(_ field: Field, _ supported: [String], showing value: Value? = nil) {
        add(Validation.unsupported(field.path, value ?? field.value ?? "", supported))
    }

    /// One cause for each thing that is wrong with the text in a field.
    mutating func check(_ field: Field, _ problems: (String) -> [String]) {
        for problem in problems(field.string) { invalid(field, problem, showing: .string(field.string)) }
    }

    mutating func requiredText(_ field: Field, _ problems: (String) -> [String]) {
        if field.string.isEmpty { required(field) } else { check(field, problems) }
    }

    /// A choice that may not be empty.
    mutating func requiredChoice(_ field: Field, _ supported: [String]) {
        if field.string.isEmpty { required(field) } else { choice(field, supported) }
    }

    mutating func choice(_ field: Field, _ supported: [String]) {
        if field.isSet, !supported.contains(field.string) { unsupported(field, supported) }
    }

    mutating func nonnegative(_ field: Field) {
        if let number = field.integer, number < 0 { invalid(field, Self.negative) }
    }

    static let negative = "must be greater than or equal to 0"

    mutating func range(_ field: Field, _ range: ClosedRange<Int64>) {
        guard let number = field.integer, !range.contains(number) else { return }
        invalid(field, "must be between \(range.lowerBound) and \(range.upperBound), inclusive")
    }

    /// A field that holds a pointer, as most that cannot change: without a value the message says `"null"`, in quotes.
    mutating func immutable(_ field: Field, _ old: Value?, showing value: Value? = nil) {
        let unchanged = (field.value ?? .null) == (old ?? .null)
        if !unchanged { invalid(field, "field is immutable", showing: value ?? field.pointed) }
    }

    /// A port by number or name (`IntOrString`; missing means 0).
    mutating func port(_ field: Field) {
        if field.value?.string != nil {
            check(field, NameRules.portName)
        } else if !(1...65535).contains(field.integer ?? 0) {
            invalid(field, NameRules.portRange, showing: .integer(field.integer ?? 0))
        }
    }

    /// A count that is not negative, or a percentage.
    mutating func amount(_ field: Field) {
        if field.value?.string != nil { check(field, NameRules.percent) } else { nonnegative(field) }
    }

    mutating func atMostWhole(_ field: Field) {
        guard let text = field.value?.string, text.hasSuffix("%"), let percent = Int(text.dropLast()), percent > 100
        else { return }
        invalid(field, "must not be greater than 100%")
    }
}

extension Field {
    /// What a pointer points to as messages show it: `"null"` where it points to nothing.
    var pointed: Value { isSet ? value?.inGoOrder ?? .null : "null" }

    /// Whether an amount is 0 or 0%; a text that is neither a number nor a percentage counts as 0.
    var isZeroAmount: Bool {
        switch value {
        case .integer(let number): number == 0
        case .string(let text): (Int(NameRules.percent(text).isEmpty ? text.dropLast() : text[...]) ?? 0) == 0
        default: true
        }
    }
}

extension Value {
    /// Keys as Go writes them: a map's sorted, a label selector's in the order of its struct.
    fileprivate var inGoOrder: Value {
        guard let labels = self["matchLabels"], let expressions = self["matchExpressions"], object?.count == 2 else {
            return sortedByKey
        }
        return ["matchLabels": labels.sortedByKey, "matchExpressions": expressions.sortedByKey]
    }
}
