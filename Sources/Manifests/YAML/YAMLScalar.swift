// SPDX-License-Identifier: Apache-2.0

/// What a plain (unquoted) scalar means.
///
/// The rules are those by which kubectl and the API server read manifests: sigs.k8s.io/yaml, which holds a fork of
/// go-yaml v2. So `y`, `yes`, `on` and their opposites in three spellings are booleans, `017` and `0o17` are 15,
/// `1_000` is 1000, `08` is the float 8, and dates stay strings. A float is spelled as Go spells its double, so `1e3` is
/// the integer 1000. One difference, on the safe side: integers from 63 to 64 bits stay exact.
enum YAMLScalar {
    enum Resolution: Equatable {
        case value(Value)
        /// `.inf`, `.nan`: a number that JSON cannot hold.
        case unrepresentable
    }

    static func resolve(_ text: UnsafeBufferPointer<UInt8>, _ dialect: YAML.Dialect) -> Resolution {
        guard let first = text.first else { return .value(.null) }
        // Most scalars are words, and most words begin with a letter that decides it.
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            return resolveNumber(text, dialect)
        case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"),
            UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"),
            UInt8(ascii: "~"):
            let string = String(decoding: text, as: UTF8.self)
            guard text.count <= 5 else { return .value(.string(string)) }
            return .value(word(string, dialect) ?? .string(string))
        default:
            return .value(.string(String(decoding: text, as: UTF8.self)))
        }
    }

    /// In the dialect that takes most words for something else than a string.
    static func resolve(_ text: String) -> Resolution {
        Array(text.utf8).withUnsafeBufferPointer { resolve($0, .kubectl) }
    }

    /// Whether a string of kustomize's must have been in quotes, not to be something else.
    static func isQuoted(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBufferPointer { resolve($0, .kustomize) } != .value(.string(text))
    }

    private static func word(_ text: String, _ dialect: YAML.Dialect) -> Value? {
        switch text {
        case "true", "True", "TRUE": .bool(true)
        case "false", "False", "FALSE": .bool(false)
        case "~", "null", "Null", "NULL": .null
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON": dialect == .kubectl ? .bool(true) : nil
        case "n", "N", "no", "No", "NO", "off", "Off", "OFF": dialect == .kubectl ? .bool(false) : nil
        default: nil
        }
    }

    private static func resolveNumber(
        _ text: UnsafeBufferPointer<UInt8>, _ dialect: YAML.Dialect
    ) -> Resolution {
        if let value = smallDecimal(text) { return .value(.integer(value)) }
        if dialect != .kubectl, text.count >= 8, text[4] == UInt8(ascii: "-"), let time = YAMLTimestamp.normalized(text)
        {
            return .value(.string(time))
        }
        let string = String(decoding: text, as: UTF8.self)
        switch string {
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
            return .unrepresentable
        default: break
        }
        let isDotted = text.first == UInt8(ascii: ".")
        let digits = isDotted ? Array(text) : text.filter { $0 != UInt8(ascii: "_") }
        if !isDotted, let value = prefixedInteger(digits) { return .value(value) }
        if let spelling = decimal(digits), let number = Double(spelling).flatMap(YAMLNumber.init) {
            if let value = Int64(spelling) { return .value(.integer(value)) }
            if UInt64(spelling) != nil { return .value(.number(spelling)) }
            return .value(number.integer.map(Value.integer) ?? .number(number.json))
        }
        return .value(.string(string))
    }

    /// Whether a number's spelling is one of a float.
    static func isFloat(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let isPrefixed = text.contains { $0 | 0x20 == UInt8(ascii: "x") }
        return text.contains { $0 == UInt8(ascii: ".") || (!isPrefixed && $0 | 0x20 == UInt8(ascii: "e")) }
    }

    /// The common case: up to 18 digits without a leading zero.
    private static func smallDecimal(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count <= 18, text[0] != UInt8(ascii: "0") || text.count == 1 else { return nil }
        var value: Int64 = 0
        for byte in text {
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    /// `0x1F`, `0o17`, `0b11` and the old octal `017`, with a sign.
    private static func prefixedInteger(_ digits: [UInt8]) -> Value? {
        var rest = digits[...]
        var negative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        guard rest.count >= 2, rest.first == UInt8(ascii: "0"), let mark = rest.dropFirst().first else { return nil }
        let radix: Int
        switch mark | 0x20 {
        case UInt8(ascii: "x"): radix = 16
        case UInt8(ascii: "o"): radix = 8
        case UInt8(ascii: "b"): radix = 2
        default: radix = 0
        }
        let body = String(decoding: radix == 0 ? rest.dropFirst() : rest.dropFirst(2), as: UTF8.self)
        // A second sign would be accepted by the integer's own parser.
        guard let head = body.utf8.first, head != UInt8(ascii: "-"), head != UInt8(ascii: "+"),
            let magnitude = UInt64(body, radix: radix == 0 ? 8 : radix)
        else { return nil }
        if !negative { return Int64(exactly: magnitude).map(Value.integer) ?? .number(String(magnitude)) }
        guard magnitude <= UInt64(Int64.max) + 1 else { return nil }
        return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
    }

    /// The JSON spelling of a decimal number as YAML allows it: a plus sign, leading zeros and a bare dot go.
    private static func decimal(_ bytes: [UInt8]) -> String? {
        var index = 0
        func digits() -> ArraySlice<UInt8> {
            let start = index
            while index < bytes.count, bytes[index] &- UInt8(ascii: "0") <= 9 { index += 1 }
            return bytes[start..<index]
        }
        var spelling: [UInt8] = []
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
            if bytes[index] == UInt8(ascii: "-") { spelling.append(bytes[index]) }
            index += 1
        }
        let whole = digits()
        let significant = whole.drop { $0 == UInt8(ascii: "0") }
        spelling.append(contentsOf: significant.isEmpty ? [UInt8(ascii: "0")] : significant)
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            let fraction = digits()
            guard !whole.isEmpty || !fraction.isEmpty else { return nil }
            spelling.append(UInt8(ascii: "."))
            spelling.append(contentsOf: fraction.isEmpty ? [UInt8(ascii: "0")] : fraction)
        } else if whole.isEmpty {
            return nil
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            spelling.append(bytes[index])
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
                spelling.append(bytes[index])
                index += 1
            }
            let exponent = digits()
            guard !exponent.isEmpty else { return nil }
            spelling.append(contentsOf: exponent)
        }
        return index == bytes.count ? String(decoding: spelling, as: UTF8.self) : nil
    }
}
