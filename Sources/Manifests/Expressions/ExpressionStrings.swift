// SPDX-License-Identifier: Apache-2.0

/// Functions of texts. Places in a text count Unicode scalars.
enum ExpressionStrings {
    /// Longer texts are not matched: a pattern may take long for them.
    private static let longestMatched = 16_384

    static func call(
        _ name: String, _ text: String, _ arguments: [ExpressionValue], _ evaluator: inout ExpressionEvaluator
    ) throws(ExpressionError) -> ExpressionValue {
        switch (name, arguments.first, arguments.count) {
        case ("startsWith", .string(let part)?, 1): return .bool(text.utf8.starts(with: part.utf8))
        case ("endsWith", .string(let part)?, 1): return .bool(text.utf8.reversed().starts(with: part.utf8.reversed()))
        case ("contains", .string(let part)?, 1): return .bool(find(part, in: text, from: 0) != nil)
        case ("matches", .string(let pattern)?, 1): return .bool(try !matches(pattern, text, limit: 1).isEmpty)
        case ("find", .string(let pattern)?, 1): return .string(try matches(pattern, text, limit: 1).first ?? "")
        case ("findAll", .string(let pattern)?, 1...2):
            let limit: Int
            if case .int(let number)? = arguments.dropFirst().first { limit = Int(number) } else { limit = -1 }
            return .list(try matches(pattern, text, limit: limit).map { .string($0) })
        case ("lowerAscii", nil, 0): return .string(mapped(text, "A"..."Z") { $0 + 32 })
        case ("upperAscii", nil, 0): return .string(mapped(text, "a"..."z") { $0 - 32 })
        case ("trim", nil, 0): return .string(trimmed(text))
        case ("reverse", nil, 0): return .string(joined(text.unicodeScalars.reversed()))
        case ("format", .list(let values)?, 1): return .string(try format(text, values))
        case ("split", .string(let separator)?, 1...2): return .list(try split(text, separator, arguments))
        case ("replace", .string(let part)?, 2...3): return .string(try replace(text, part, arguments))
        default: return try place(name, text, arguments)
        }
    }

    private static func place(
        _ name: String, _ text: String, _ arguments: [ExpressionValue]
    ) throws(ExpressionError) -> ExpressionValue {
        let scalars = Array(text.unicodeScalars)
        var numbers: [Int] = []
        for case .int(let number) in arguments {
            guard (0...Int64(scalars.count)).contains(number) else {
                throw ExpressionError("index out of range: \(number)")
            }
            numbers.append(Int(number))
        }
        switch (name, arguments.first, arguments.count) {
        case ("charAt", .int?, 1): return .string(numbers[0] < scalars.count ? String(scalars[numbers[0]]) : "")
        case ("substring", .int?, 1): return .string(joined(scalars[numbers[0]...]))
        case ("substring", .int?, 2):
            guard numbers.count == 2 else { throw .noOverload() }
            guard numbers[0] <= numbers[1] else {
                throw ExpressionError("invalid substring range. start: \(numbers[0]), end: \(numbers[1])")
            }
            return .string(joined(scalars[numbers[0]..<numbers[1]]))
        case ("indexOf", .string(let part)?, 1...2):
            return .int(Int64(find(part, in: text, from: numbers.first ?? 0) ?? -1))
        case ("lastIndexOf", .string(let part)?, 1...2):
            let wanted = Array(part.unicodeScalars)
            let last = scalars.count - wanted.count
            guard last >= 0 else { return .int(-1) }
            let found = (0...min(last, numbers.first ?? last)).last {
                Array(scalars[$0..<($0 + wanted.count)]) == wanted
            }
            return .int(Int64(found ?? -1))
        default: throw .noOverload()
        }
    }

    private static func find(_ part: String, in text: String, from start: Int) -> Int? {
        let scalars = Array(text.unicodeScalars)
        let wanted = Array(part.unicodeScalars)
        guard scalars.count - wanted.count >= start else { return nil }
        return (start...(scalars.count - wanted.count)).first {
            scalars[$0..<($0 + wanted.count)].elementsEqual(wanted)
        }
    }

    private static func matches(_ pattern: String, _ text: String, limit: Int) throws(ExpressionError) -> [String] {
        guard text.utf8.count <= longestMatched, pattern.utf8.count <= longestMatched else { throw .tooExpensive }
        guard let regex = try? Regex(pattern) else {
            throw ExpressionError("error parsing regexp: \(pattern)")
        }
        var result: [String] = []
        for match in text.matches(of: regex) {
            guard limit < 0 || result.count < limit else { break }
            result.append(String(text[match.range]))
        }
        return result
    }

    private static func mapped(
        _ text: String, _ range: ClosedRange<Unicode.Scalar>, _ change: (UInt8) -> UInt8
    ) -> String {
        String(
            decoding: text.utf8.map { range.contains(Unicode.Scalar($0)) ? change($0) : $0 }, as: UTF8.self)
    }

    private static func trimmed(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while scalars.first?.properties.isWhitespace == true { scalars.removeFirst() }
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        return String(String.UnicodeScalarView(scalars))
    }

    private static func joined(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private static func split(
        _ text: String, _ separator: String, _ arguments: [ExpressionValue]
    ) throws(ExpressionError) -> [ExpressionValue] {
        var limit = -1
        if arguments.count == 2 {
            guard case .int(let number) = arguments[1] else { throw .noOverload() }
            limit = Int(clamping: number)
        }
        if limit == 0 { return [] }
        var parts: [String] = []
        var rest = text[...]
        if separator.isEmpty {
            while let first = rest.unicodeScalars.first, limit < 0 || parts.count + 1 < limit {
                parts.append(String(first))
                rest = Substring(rest.unicodeScalars.dropFirst())
            }
            if !rest.isEmpty { parts.append(String(rest)) }
            return parts.map { .string($0) }
        }
        while limit < 0 || parts.count + 1 < limit, let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        parts.append(String(rest))
        return parts.map { .string($0) }
    }

    private static func replace(
        _ text: String, _ part: String, _ arguments: [ExpressionValue]
    ) throws(ExpressionError) -> String {
        guard let new = arguments[1].string else { throw .noOverload() }
        var limit = Int.max
        if arguments.count == 3 {
            guard case .int(let number) = arguments[2] else { throw .noOverload() }
            limit = number < 0 ? .max : Int(clamping: number)
        }
        return text.replacing(part, with: new, maxReplacements: limit)
    }

    /// `%s`, `%d`, `%f` with or without a number of digits, and `%%`.
    private static func format(_ text: String, _ values: [ExpressionValue]) throws(ExpressionError) -> String {
        var result = ""
        var rest = text[...]
        var index = 0
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            rest = rest[rest.index(after: percent)...]
            if rest.first == "%" {
                result += "%"
                rest.removeFirst()
                continue
            }
            var digits: Int?
            if rest.first == "." {
                let number = rest.dropFirst().prefix { ("0"..."9").contains($0) }
                digits = Int(number)
                rest = rest.dropFirst(number.count + 1)
            }
            guard let verb = rest.popFirst() else {
                throw ExpressionError("unexpected end of string")
            }
            guard values.indices.contains(index) else { throw ExpressionError("index \(index) out of range") }
            result += try formatted(values[index], verb, digits)
            index += 1
        }
        return result + rest
    }

    private static func formatted(
        _ value: ExpressionValue, _ verb: Character, _ digits: Int?
    ) throws(ExpressionError) -> String {
        switch (verb, value) {
        case ("s", _): return shown(value)
        case ("d", .int), ("d", .uint): return ExpressionFunctions.text(value) ?? ""
        case ("f", _):
            guard let number = value.number, abs(number) < 1e12 else { break }
            let places = min(digits ?? 6, 9)
            let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
            guard places > 0 else { return "\(Int64(number.rounded(.toNearestOrEven)))" }
            // Apart, since together they are more digits than a number holds.
            var whole = Int64(abs(number))
            var fraction = Int64(((abs(number) - Double(whole)) * scale).rounded(.toNearestOrEven))
            if fraction == Int64(scale) { (whole, fraction) = (whole + 1, 0) }
            let text = String(fraction)
            let padded = String(repeating: "0", count: max(0, places - text.count)) + text
            let sign = number < 0 ? "-" : ""
            return "\(sign)\(whole).\(padded)"
        default: break
        }
        throw ExpressionError("could not parse formatting clause: unrecognized formatting clause \"\(verb)\"")
    }

    /// As `%s` writes a value.
    private static func shown(_ value: ExpressionValue) -> String {
        switch value {
        case .null: "null"
        case .list(let items): "[\(items.map(shown).joined(separator: ", "))]"
        case .map(let entries):
            "{\(entries.map { "\(shown($0.key)): \(shown($0.value))" }.sorted().joined(separator: ", "))}"
        case .type(let name): name
        case .quantity(let quantity): quantity.canonical
        default: ExpressionFunctions.text(value) ?? value.typeName
        }
    }
}
