// SPDX-License-Identifier: Apache-2.0

extension PatternParser {
    /// What stands after a backslash, where it is one character or a class of them.
    mutating func escaped() throws(Pattern.SyntaxError) -> Pattern.CharacterSet {
        guard let scalar = next else { throw .init(message: "trailing backslash") }
        position += 1
        switch scalar {
        case "d": return .digits
        case "D": return .digits.negated
        case "w": return .word
        case "W": return .word.negated
        case "s": return .space
        case "S": return .space.negated
        case "p": return try category()
        case "P": return try category().negated
        case "x": return try hexadecimal()
        case "0"..."7": return try octal(first: scalar)
        default: break
        }
        let controls: [Unicode.Scalar: UInt32] = ["a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11]
        let value = controls[scalar] ?? scalar.value
        let isLetterOrDigit = scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        guard !isLetterOrDigit || controls[scalar] != nil else { throw .init(message: "\\\(scalar) is not supported") }
        return .init(ranges: [value...value])
    }

    /// `{Lu}`, `{^Lu}` or a single letter, after `\p`.
    private mutating func category() throws(Pattern.SyntaxError) -> Pattern.CharacterSet {
        guard let first = next else { throw .init(message: "\\p names no class") }
        position += 1
        guard first == "{" else { return try category(String(first)) }
        guard let end = scalars[position...].firstIndex(of: "}") else { throw .init(message: "missing }") }
        let isNegated = take("^")
        let name = String(String.UnicodeScalarView(scalars[position..<end]))
        position = end + 1
        let set = try category(name)
        return isNegated ? set.negated : set
    }

    private func category(_ name: String) throws(Pattern.SyntaxError) -> Pattern.CharacterSet {
        guard let set = Pattern.CharacterSet.category(name) else {
            throw .init(message: "\\p{\(name)} is not supported: only general categories are")
        }
        return set
    }

    /// `7F` or `{10FFFF}`, after `\x`.
    private mutating func hexadecimal() throws(Pattern.SyntaxError) -> Pattern.CharacterSet {
        var digits = scalars[position...].prefix(2)
        var end = position + 2
        if take("{") {
            guard let close = scalars[position...].firstIndex(of: "}") else { throw .init(message: "missing }") }
            digits = scalars[position..<close]
            end = close + 1
        }
        guard !digits.isEmpty, digits.allSatisfy(\.properties.isASCIIHexDigit),
            let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16), Unicode.Scalar(value) != nil
        else { throw .init(message: "\\x is followed by no number of a character") }
        position = end
        return .init(ranges: [value...value])
    }

    /// Up to three octal digits; a single one but 0 would be a back reference, which there is not.
    private mutating func octal(first: Unicode.Scalar) throws(Pattern.SyntaxError) -> Pattern.CharacterSet {
        var value = first.value - 0x30
        var count = 1
        while count < 3, let digit = next, ("0"..."7").contains(digit) {
            value = value * 8 + digit.value - 0x30
            position += 1
            count += 1
        }
        guard first == "0" || count > 1 else { throw .init(message: "\\\(first) is not supported") }
        return .init(ranges: [value...value])
    }

    mutating func characterClass() throws(Pattern.SyntaxError) -> Pattern.CharacterSet {
        var set = Pattern.CharacterSet(isNegated: take("^"))
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            isFirst = false
            if let named = try namedClass() {
                set.parts.append(named)
                continue
            }
            let low = try member()
            // A class of several has no place in a range.
            guard let first = low.single, next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                set.parts.append(low)
                continue
            }
            position += 1
            guard let last = try member().single, first <= last else {
                throw .init(message: "impossible range at character \(position)")
            }
            set.ranges.append(first...last)
        }
        guard take("]") else { throw .init(message: "missing ]") }
        return set
    }

    private mutating func member() throws(Pattern.SyntaxError) -> Pattern.CharacterSet {
        guard let scalar = next else { throw .init(message: "missing ]") }
        position += 1
        return scalar == "\\" ? try escaped() : .init(ranges: [scalar.value...scalar.value])
    }

    /// `[:alpha:]` or `[:^alpha:]`.
    private mutating func namedClass() throws(Pattern.SyntaxError) -> Pattern.CharacterSet? {
        guard scalars[position...].starts(with: "[:".unicodeScalars) else { return nil }
        let rest = scalars[(position + 2)...]
        guard let colon = rest.firstIndex(of: ":"), colon + 1 < scalars.count, scalars[colon + 1] == "]" else {
            return nil
        }
        position += 2
        let isNegated = take("^")
        let name = String(String.UnicodeScalarView(scalars[position..<colon]))
        guard let set = Pattern.CharacterSet.posix(name) else {
            throw .init(message: "[:\(name):] is no class of characters")
        }
        position = colon + 2
        return isNegated ? set.negated : set
    }
}

extension Pattern.CharacterSet {
    /// The one character that the set holds.
    fileprivate var single: UInt32? {
        guard !isNegated, parts.isEmpty, categories.isEmpty, ranges.count == 1, let range = ranges.first,
            range.lowerBound == range.upperBound
        else { return nil }
        return range.lowerBound
    }
}
