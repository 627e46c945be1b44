// SPDX-License-Identifier: Apache-2.0

/// Numbers as Go prints them: the shortest digits that mean the number, with an exponent where it is very small or large.
enum GoNumber {
    /// - Parameter largestPlainExponent: from the next power of ten on, an exponent is written.
    /// - Parameter smallestPlainExponent: below this power of ten, an exponent is written.
    static func text(_ number: Double, largestPlainExponent: Int, smallestPlainExponent: Int = -4) -> String {
        guard number != 0 else { return number.sign == .minus ? "-0" : "0" }
        var (digits, exponent) = shortest(number.magnitude)
        let sign = number < 0 ? "-" : ""
        guard exponent <= largestPlainExponent, exponent >= smallestPlainExponent else {
            let rest = digits.dropFirst()
            let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
            return "\(sign)\(digits.prefix(1))\(rest.isEmpty ? "" : ".\(rest)")e\(exponent < 0 ? "-" : "+")\(power)"
        }
        if exponent < 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent - 1))\(digits)" }
        if digits.count <= exponent + 1 {
            digits += String(repeating: "0", count: exponent + 1 - digits.count)
            return sign + digits
        }
        return "\(sign)\(digits.prefix(exponent + 1)).\(digits.dropFirst(exponent + 1))"
    }

    /// As `encoding/json` does: like JavaScript, and a one-digit exponent without its zero.
    static func json(_ number: Double) -> String {
        text(number, largestPlainExponent: 20, smallestPlainExponent: -6).replacing("e-0", with: "e-")
    }

    /// The significant digits, and the power of ten of the first.
    private static func shortest(_ number: Double) -> (digits: String, exponent: Int) {
        let parts = number.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(mantissa[0])
        let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
        let all = whole + fraction
        let leadingZeros = all.prefix { $0 == "0" }.count
        var digits = String(all.dropFirst(leadingZeros))
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return (digits, whole.count - 1 - leadingZeros + power)
    }
}
