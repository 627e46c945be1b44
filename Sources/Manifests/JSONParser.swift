// SPDX-License-Identifier: Apache-2.0

/// A parser over bytes in place; see `JSON.parse`.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private var index = 0
    /// Long keys repeat in every object of a list: sharing one string for each saves a fifth of the memory.
    /// Empty until there is one: most documents that are parsed have a few short keys. Few slots for a small document,
    /// where clearing them away would take longer than all of its parsing.
    private var internedKeys: [String] = []

    /// Otherwise a repeated key is an error.
    private let keepsLastOfRepeatedKeys: Bool
    private(set) var repeatedKeys: [String] = []
    /// Where the parser is; only kept where repeated keys are reported.
    private var path: [String] = []

    init(bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int, keepsLastOfRepeatedKeys: Bool = false) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.keepsLastOfRepeatedKeys = keepsLastOfRepeatedKeys
    }

    mutating func document() throws(JSONError) -> Value {
        let value = try parseValue(depth: 0)
        skipWhitespace()
        guard index == bytes.count else { throw error("text after the document's end") }
        return value
    }

    private func error(_ message: String) -> JSONError { JSONError(offset: index, message: message) }

    private mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    private mutating func parseValue(depth: Int) throws(JSONError) -> Value {
        guard depth <= maximumDepth else { throw error("nested deeper than \(maximumDepth) levels") }
        skipWhitespace()
        guard index < bytes.count else { throw error("unexpected end of the document") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try parseObject(depth: depth)
        case UInt8(ascii: "["): return try parseArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: return try parseNumber()
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: Value) throws(JSONError) -> Value {
        guard index + word.utf8CodeUnitCount <= bytes.count else { throw error("unexpected end of the document") }
        for offset in 0..<word.utf8CodeUnitCount where bytes[index + offset] != word.utf8Start[offset] {
            throw error("expected \(word)")
        }
        index += word.utf8CodeUnitCount
        return value
    }

    private mutating func parseObject(depth: Int) throws(JSONError) -> Value {
        index += 1
        var pairs: [Object.Pair] = []
        skipWhitespace()
        if index < bytes.count, bytes[index] == UInt8(ascii: "}") {
            index += 1
            return .object(Object())
        }
        while true {
            skipWhitespace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw error("expected a key in quotes")
            }
            let keyStart = index
            let key = try parseKey()
            skipWhitespace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { throw error("expected ':'") }
            index += 1
            if keepsLastOfRepeatedKeys { path.append(path.isEmpty ? key : ".\(key)") }
            let value = try parseValue(depth: depth + 1)
            if keepsLastOfRepeatedKeys { path.removeLast() }
            pairs.append(Object.Pair(key: key, value: value))
            skipWhitespace()
            guard index < bytes.count else { throw error("unexpected end of the document") }
            if bytes[index] == UInt8(ascii: ",") {
                index += 1
            } else if bytes[index] == UInt8(ascii: "}") {
                index += 1
                if let repeated = firstRepeatedKey(in: pairs) {
                    if keepsLastOfRepeatedKeys { return .object(collapsed(pairs)) }
                    throw JSONError(offset: keyStart, message: "the key \"\(repeated)\" stands twice in one map")
                }
                return .object(Object(uniqueKeysWithValues: pairs))
            } else {
                throw error("expected ',' or '}'")
            }
        }
    }

    /// The last value of each key, at the first one's place.
    private mutating func collapsed(_ pairs: [Object.Pair]) -> Object {
        var result: [Object.Pair] = []
        var places: [String: Int] = [:]
        for pair in pairs {
            guard let index = places[pair.key] else {
                places[pair.key] = result.count
                result.append(pair)
                continue
            }
            result[index].value = pair.value
            let key = path.joined() + (path.isEmpty ? pair.key : ".\(pair.key)")
            if repeatedKeys.count < 100, !repeatedKeys.contains(key) { repeatedKeys.append(key) }
        }
        return Object(uniqueKeysWithValues: result)
    }

    private func firstRepeatedKey(in pairs: [Object.Pair]) -> String? {
        if pairs.count <= 16 {
            for index in pairs.indices.dropFirst() {
                for earlier in 0..<index where pairs[earlier].key == pairs[index].key { return pairs[index].key }
            }
            return nil
        }
        var seen = Set<String>(minimumCapacity: pairs.count)
        return pairs.first { !seen.insert($0.key).inserted }?.key
    }

    private mutating func parseArray(depth: Int) throws(JSONError) -> Value {
        index += 1
        var elements: [Value] = []
        skipWhitespace()
        if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
            index += 1
            return .array([])
        }
        while true {
            if keepsLastOfRepeatedKeys { path.append("[\(elements.count)]") }
            elements.append(try parseValue(depth: depth + 1))
            if keepsLastOfRepeatedKeys { path.removeLast() }
            skipWhitespace()
            guard index < bytes.count else { throw error("unexpected end of the document") }
            if bytes[index] == UInt8(ascii: ",") {
                index += 1
            } else if bytes[index] == UInt8(ascii: "]") {
                index += 1
                return .array(elements)
            } else {
                throw error("expected ',' or ']'")
            }
        }
    }

    private mutating func parseKey() throws(JSONError) -> String {
        let key = try parseString()
        guard key.utf8.count > 15 else { return key }
        var hash: UInt32 = 2_166_136_261
        for byte in key.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        if internedKeys.isEmpty { internedKeys = [String](repeating: "", count: bytes.count < 1 << 16 ? 32 : 1024) }
        let slot = Int(hash) & (internedKeys.count - 1)
        if internedKeys[slot] == key { return internedKeys[slot] }
        internedKeys[slot] = key
        return key
    }

    private mutating func parseString() throws(JSONError) -> String {
        index += 1
        let start = index
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                let slice = UnsafeBufferPointer(rebasing: bytes[start..<index])
                guard let text = String(validating: slice, as: UTF8.self) else {
                    throw error("invalid UTF-8 in a string")
                }
                index += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
            if byte < 0x20 { throw error("a control character in a string") }
            index += 1
        }
        throw error("a string without its end")
    }

    private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                guard let result = String(validating: text, as: UTF8.self) else {
                    throw error("invalid UTF-8 in a string")
                }
                index += 1
                return result
            }
            if byte < 0x20 { throw error("a control character in a string") }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                index += 1
                continue
            }
            index += 1
            guard index < bytes.count else { break }
            switch bytes[index] {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(bytes[index])
            case UInt8(ascii: "u"):
                text.append(contentsOf: Array(String(try parseUnicodeEscape()).utf8))
                continue
            default: throw error("an unknown escape in a string")
            }
            index += 1
        }
        throw error("a string without its end")
    }

    /// Reads `uXXXX`, with its low surrogate where it is a high one (RFC 8259, section 7).
    private mutating func parseUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let unit = try parseHexUnit()
        if let scalar = Unicode.Scalar(UInt32(unit)) { return scalar }
        guard (0xD800..<0xDC00).contains(unit), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { throw error("half of a surrogate pair") }
        index += 1
        let low = try parseHexUnit()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + UInt32(low) - 0xDC00)
        else { throw error("half of a surrogate pair") }
        return scalar
    }

    private mutating func parseHexUnit() throws(JSONError) -> UInt16 {
        index += 1
        guard index + 4 <= bytes.count else { throw error("a string without its end") }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
                throw error("four hexadecimal digits must follow \\u")
            }
            unit = unit << 4 | UInt16(digit)
            index += 1
        }
        return unit
    }

    private mutating func parseNumber() throws(JSONError) -> Value {
        let start = index
        let negative = bytes[index] == UInt8(ascii: "-")
        if negative { index += 1 }
        var magnitude: UInt64 = 0
        var overflow = false
        let digitsStart = index
        while index < bytes.count, case let digit = bytes[index] &- UInt8(ascii: "0"), digit <= 9 {
            let (product, first) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, second) = product.addingReportingOverflow(UInt64(digit))
            overflow = overflow || first || second
            magnitude = sum
            index += 1
        }
        guard index > digitsStart else { throw error("expected a value") }
        guard bytes[digitsStart] != UInt8(ascii: "0") || index == digitsStart + 1 else {
            throw error("a number with a leading zero")
        }
        var isInteger = !overflow
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            try skipDigits()
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            try skipDigits()
        }
        if isInteger {
            if !negative, let value = Int64(exactly: magnitude) { return .integer(value) }
            // "-0" is no integer: it must be written back as it was read.
            if negative, magnitude > 0, magnitude <= UInt64(Int64.max) + 1 {
                return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
            }
        }
        return .number(String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self))
    }

    private mutating func skipDigits() throws(JSONError) {
        let start = index
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") <= 9 { index += 1 }
        guard index > start else { throw error("expected a digit") }
    }
}
