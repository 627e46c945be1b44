// SPDX-License-Identifier: Apache-2.0

/// Cuts an expression into tokens (CEL specification, "Lexis").
struct ExpressionLexer {
    enum Token: Equatable {
        case identifier(String)
        case int(Int64)
        case uint(UInt64)
        case double(Double)
        case string(String)
        case bytes([UInt8])
        /// An operator or a bracket.
        case symbol(String)
        case end
    }

    struct Placed {
        var token: Token
        var position: Int
    }

    private let characters: [Unicode.Scalar]
    private var index = 0

    private static let symbols = [
        "&&", "||", "==", "!=", "<=", ">=", ".?", "[?", "{?", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "+",
        "-",
        "*", "/", "%", "!", "<", ">",
    ]

    static func tokens(_ text: String) throws(ExpressionError) -> [Placed] {
        var lexer = ExpressionLexer(characters: Array(text.unicodeScalars))
        var result: [Placed] = []
        while true {
            let next = try lexer.next()
            result.append(next)
            if next.token == .end { return result }
        }
    }

    private init(characters: [Unicode.Scalar]) { self.characters = characters }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        index + offset < characters.count ? characters[index + offset] : nil
    }

    private mutating func next() throws(ExpressionError) -> Placed {
        skipSpace()
        let start = index
        guard let character = peek() else { return Placed(token: .end, position: start) }
        let token: Token
        if let prefix = stringPrefix() {
            token = try string(prefix)
        } else if Self.isLetter(character) {
            var name = ""
            while let next = peek(), Self.isLetter(next) || Self.isDigit(next) {
                name.unicodeScalars.append(next)
                index += 1
            }
            token = .identifier(name)
        } else if Self.isDigit(character) || (character == "." && peek(1).map(Self.isDigit) == true) {
            token = try number()
        } else {
            token = try symbol()
        }
        return Placed(token: token, position: start)
    }

    private mutating func skipSpace() {
        while let character = peek() {
            if [" ", "\t", "\n", "\r", "\u{0C}"].contains(character) {
                index += 1
            } else if character == "/", peek(1) == "/" {
                while let next = peek(), next != "\n" {
                    index += 1
                    _ = next
                }
            } else {
                return
            }
        }
    }

    private static func isLetter(_ character: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(character) || ("A"..."Z").contains(character) || character == "_"
    }

    private static func isDigit(_ character: Unicode.Scalar) -> Bool { ("0"..."9").contains(character) }

    private mutating func symbol() throws(ExpressionError) -> Token {
        for symbol in Self.symbols
        where symbol.unicodeScalars.enumerated().allSatisfy({ peek($0.offset) == $0.element }) {
            index += symbol.unicodeScalars.count
            return .symbol(symbol)
        }
        let shown = peek().map(String.init) ?? ""
        throw ExpressionError("Syntax error: token recognition error at: '\(shown)'", at: index)
    }

    private mutating func number() throws(ExpressionError) -> Token {
        let start = index
        if peek() == "0", peek(1) == "x" || peek(1) == "X" {
            index += 2
            let digits = take { $0.properties.isHexDigit && $0.isASCII }
            if peek() == "u" || peek() == "U" {
                index += 1
                guard let value = UInt64(digits, radix: 16) else { throw invalidNumber(start, "uint") }
                return .uint(value)
            }
            guard let value = Int64(digits, radix: 16) else { throw invalidNumber(start, "int") }
            return .int(value)
        }
        var text = take(Self.isDigit)
        var isDouble = false
        if peek() == ".", peek(1).map(Self.isDigit) == true {
            isDouble = true
            index += 1
            text = (text.isEmpty ? "0" : text) + "." + take(Self.isDigit)
        }
        if peek() == "e" || peek() == "E" {
            let sign = peek(1) == "+" || peek(1) == "-" ? 1 : 0
            if peek(1 + sign).map(Self.isDigit) == true {
                isDouble = true
                text += "e"
                if sign == 1, let character = peek(1) { text.unicodeScalars.append(character) }
                index += 1 + sign
                text += take(Self.isDigit)
            }
        }
        if isDouble {
            guard let value = Double(text) else { throw invalidNumber(start, "double") }
            return .double(value)
        }
        if peek() == "u" || peek() == "U" {
            index += 1
            guard let value = UInt64(text) else { throw invalidNumber(start, "uint") }
            return .uint(value)
        }
        // The least integer has a sign, which the parser sees: it is read as what it is without.
        guard let value = Int64(text) else {
            if text == "9223372036854775808" { return .int(.min) }
            throw invalidNumber(start, "int")
        }
        return .int(value)
    }

    private func invalidNumber(_ position: Int, _ type: String) -> ExpressionError {
        ExpressionError("invalid \(type) literal", at: position)
    }

    private mutating func take(_ isPart: (Unicode.Scalar) -> Bool) -> String {
        var text = ""
        while let character = peek(), isPart(character) {
            text.unicodeScalars.append(character)
            index += 1
        }
        return text
    }

    /// Letters before a quote: `r` for raw, `b` for bytes.
    private func stringPrefix() -> (length: Int, isRaw: Bool, isBytes: Bool)? {
        var isRaw = false
        var isBytes = false
        for length in 0...2 {
            guard let character = peek(length) else { return nil }
            switch character {
            case "\"", "'": return (length, isRaw, isBytes)
            case "r", "R": isRaw = true
            case "b", "B": isBytes = true
            default: return nil
            }
        }
        return nil
    }

    private mutating func string(_ prefix: (length: Int, isRaw: Bool, isBytes: Bool)) throws(ExpressionError) -> Token {
        let start = index
        index += prefix.length
        guard let quote = peek() else { throw ExpressionError("unterminated string", at: start) }
        let isTriple = peek(1) == quote && peek(2) == quote
        index += isTriple ? 3 : 1
        var text: [UInt8] = []
        while true {
            guard let character = peek(), isTriple || (character != "\n" && character != "\r") else {
                throw ExpressionError("Syntax error: unterminated string", at: start)
            }
            if character == quote, !isTriple || (peek(1) == quote && peek(2) == quote) {
                index += isTriple ? 3 : 1
                break
            }
            index += 1
            if character == "\\", !prefix.isRaw {
                try escape(&text, isBytes: prefix.isBytes)
            } else {
                text += Array(String(character).utf8)
            }
        }
        return prefix.isBytes ? .bytes(text) : .string(String(decoding: text, as: UTF8.self))
    }

    private mutating func escape(_ text: inout [UInt8], isBytes: Bool) throws(ExpressionError) {
        let start = index - 1
        guard let character = peek() else { throw ExpressionError("Syntax error: unterminated string", at: start) }
        index += 1
        let plain: [Unicode.Scalar: UInt8] = [
            "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "?": 63, "\"": 34, "'": 39, "`": 96,
        ]
        if let byte = plain[character] { return text.append(byte) }
        let digits: String
        let radix: Int
        switch character {
        case "x", "X": (digits, radix) = (fixed(2), 16)
        case "u": (digits, radix) = (fixed(4), 16)
        case "U": (digits, radix) = (fixed(8), 16)
        case "0"..."3":
            index -= 1
            (digits, radix) = (fixed(3), 8)
        default: throw ExpressionError("Syntax error: invalid escape sequence", at: start)
        }
        guard let code = UInt32(digits, radix: radix), let scalar = Unicode.Scalar(code) else {
            throw ExpressionError("Syntax error: invalid escape sequence", at: start)
        }
        if isBytes, character != "u", character != "U" {
            text.append(UInt8(truncatingIfNeeded: code))
        } else {
            text += Array(String(scalar).utf8)
        }
    }

    private mutating func fixed(_ count: Int) -> String {
        var text = ""
        for _ in 0..<count {
            guard let character = peek() else { break }
            text.unicodeScalars.append(character)
            index += 1
        }
        return text
    }
}
