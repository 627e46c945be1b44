// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a JSON document, in the words of Go's `encoding/json`.
struct GoJSON {
    private let bytes: [UInt8]
    private var index = 0

    private struct Problem: Error { var text: String }

    /// Nil when the document is right.
    static func problem(_ bytes: [UInt8]) -> String? {
        var scanner = GoJSON(bytes: bytes)
        do throws(Problem) {
            try scanner.value(depth: 0)
            scanner.skipSpace()
            guard scanner.index < bytes.count else { return nil }
            return scanner.unexpected("after top-level value").text
        } catch {
            return error.text
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    private func unexpected(_ place: String) -> Problem {
        guard index < bytes.count else { return Problem(text: "unexpected end of JSON input") }
        let character: String =
            switch bytes[index] {
            case UInt8(ascii: "'"): "'\\''"
            case UInt8(ascii: "\""): "'\"'"
            case UInt8(ascii: "\\"): "'\\\\'"
            case 0x0A: "'\\n'"
            case 0x0D: "'\\r'"
            case 0x09: "'\\t'"
            case 0x20...0x7E: "'\(Character(Unicode.Scalar(bytes[index])))'"
            case 0x80...: "'\(Character(Unicode.Scalar(bytes[index])))'"
            default: "'\\x\(bytes[index] < 16 ? "0" : "")\(String(bytes[index], radix: 16))'"
            }
        return Problem(text: "invalid character \(character) \(place)")
    }

    private mutating func value(depth: Int) throws(Problem) {
        guard depth < 10_000 else { throw Problem(text: "exceeded max depth") }
        skipSpace()
        guard index < bytes.count else { throw unexpected("") }
        switch bytes[index] {
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw unexpected("looking for beginning of value")
        }
    }

    private mutating func object(depth: Int) throws(Problem) {
        index += 1
        skipSpace()
        if index < bytes.count, bytes[index] == UInt8(ascii: "}") {
            index += 1
            return
        }
        while true {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw unexpected("looking for beginning of object key string")
            }
            try string()
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { throw unexpected("after object key") }
            index += 1
            try value(depth: depth + 1)
            skipSpace()
            guard index < bytes.count, [UInt8(ascii: ","), UInt8(ascii: "}")].contains(bytes[index]) else {
                throw unexpected("after object key:value pair")
            }
            index += 1
            if bytes[index - 1] == UInt8(ascii: "}") { return }
        }
    }

    private mutating func array(depth: Int) throws(Problem) {
        index += 1
        skipSpace()
        if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
            index += 1
            return
        }
        while true {
            try value(depth: depth + 1)
            skipSpace()
            guard index < bytes.count, [UInt8(ascii: ","), UInt8(ascii: "]")].contains(bytes[index]) else {
                throw unexpected("after array element")
            }
            index += 1
            if bytes[index - 1] == UInt8(ascii: "]") { return }
        }
    }

    private mutating func string() throws(Problem) {
        index += 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return
            case UInt8(ascii: "\\"):
                index += 1
                guard index < bytes.count, "\"\\/bfnrtu".utf8.contains(bytes[index]) else {
                    throw unexpected("in string escape code")
                }
                index += 1
            case 0..<0x20: throw unexpected("in string literal")
            default: index += 1
            }
        }
        throw unexpected("")
    }

    private mutating func word(_ word: String) throws(Problem) {
        for expected in word.utf8 {
            guard index < bytes.count, bytes[index] == expected else {
                throw unexpected("in literal \(word) (expecting '\(Character(Unicode.Scalar(expected)))')")
            }
            index += 1
        }
    }

    private mutating func number() throws(Problem) {
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        if index < bytes.count, bytes[index] == UInt8(ascii: "0") {
            index += 1
        } else {
            try digits("in numeric literal")
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            try digits("after decimal point in numeric literal")
        }
        guard index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") else { return }
        index += 1
        if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
        try digits("in exponent of numeric literal")
    }

    private mutating func digits(_ place: String) throws(Problem) {
        let start = index
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") <= 9 { index += 1 }
        guard index > start else { throw unexpected(place) }
    }
}
