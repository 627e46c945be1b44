// SPDX-License-Identifier: Apache-2.0

/// Floating-point numbers in the spellings that Kubernetes' tools give them.
///
/// kubectl and kustomize read a decimal into a double and send what Go prints for it, so that `1.0` and `1e3` reach an
/// API server as `1` and `1000`, which it takes for an integer field.
struct YAMLNumber {
    /// Significant decimal digits without zeros at either end; the value is 0.DIGITS × 10^point.
    private var digits: [UInt8]
    private var point: Int
    private var isNegative: Bool

    /// The shortest digits that read back as the number; nil for infinities and NaN.
    init?(_ number: Double) {
        guard number.isFinite else { return nil }
        self.init(shortest: number.description)
    }

    init?(_ number: Float) {
        guard number.isFinite else { return nil }
        self.init(shortest: number.description)
    }

    /// From Swift's description, as in `-12.5`, `1e+21` and `5e-324`.
    private init(shortest text: String) {
        digits = []
        point = 0
        isNegative = false
        var exponent = 0
        var isFraction = false
        var rest = Substring(text)
        if let mark = rest.firstIndex(of: "e") {
            exponent = Int(rest[rest.index(after: mark)...]) ?? 0
            rest = rest[..<mark]
        }
        for byte in rest.utf8 {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "0") where digits.isEmpty: if isFraction { point -= 1 }
            default:
                digits.append(byte)
                if !isFraction { point += 1 }
            }
        }
        point += exponent
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.isEmpty { point = 1 }
    }

    /// The integer that this is, if it fits.
    var integer: Int64? {
        guard point >= digits.count, point <= 19 else { return digits.isEmpty ? 0 : nil }
        return Int64(plain)
    }

    /// As Go's `encoding/json` writes a float64: with an exponent from 1e21 on and below 1e-6.
    var json: String { point > 21 || (!digits.isEmpty && point < -5) ? scientific(exponentDigits: 1) : plain }

    /// As Go's `%g` at the shortest precision, which is how YAML is written: with an exponent from 1e6 on and below 1e-4.
    var general: String { point > 6 || (!digits.isEmpty && point < -3) ? scientific(exponentDigits: 2) : plain }

    private var sign: String { isNegative && !digits.isEmpty ? "-" : "" }

    private var plain: String {
        guard !digits.isEmpty else { return "0" }
        let zero = UInt8(ascii: "0")
        var text: [UInt8] = []
        if point <= 0 {
            text = [zero, UInt8(ascii: ".")] + [UInt8](repeating: zero, count: -point) + digits
        } else if point >= digits.count {
            text = digits + [UInt8](repeating: zero, count: point - digits.count)
        } else {
            text = digits[..<point] + [UInt8(ascii: ".")] + digits[point...]
        }
        return sign + String(decoding: text, as: UTF8.self)
    }

    private func scientific(exponentDigits: Int) -> String {
        var mantissa = digits
        if mantissa.count > 1 { mantissa.insert(UInt8(ascii: "."), at: 1) }
        let exponent = point - 1
        let magnitude = String(exponent.magnitude)
        let padding = String(repeating: "0", count: max(0, exponentDigits - magnitude.count))
        return sign + String(decoding: mantissa, as: UTF8.self) + (exponent < 0 ? "e-" : "e+") + padding + magnitude
    }
}
