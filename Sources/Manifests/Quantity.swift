// SPDX-License-Identifier: Apache-2.0

/// An amount of a resource, exact to a billionth, in the notation of Kubernetes (`resource.Quantity`): `500m`, `1.5Gi`,
/// `2e3`.
///
/// Finer fractions are rounded away from zero and binary amounts end at 2^63-1, both as the API server does. Two
/// quantities are equal when their amounts are, whatever the notation.
package struct Quantity: Sendable {
    enum Format { case decimal, exponent, binary }

    /// Billionths. 128 bits hold every amount up to 1.7e29; larger ones are no quantity here.
    let nano: Int128
    let format: Format

    init(nano: Int128, format: Format) {
        self.nano = nano
        self.format = format
    }

    /// Nil when the text is no quantity.
    package init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        var isNegative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            bytes.removeFirst()
        }
        let whole = bytes.prefix { $0 &- UInt8(ascii: "0") <= 9 }
        bytes = bytes.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if bytes.first == UInt8(ascii: ".") {
            fraction = bytes.dropFirst().prefix { $0 &- UInt8(ascii: "0") <= 9 }
            bytes = bytes.dropFirst(fraction.count + 1)
        }
        while fraction.last == UInt8(ascii: "0"), !(whole.isEmpty && fraction.count == 1) { fraction.removeLast() }
        guard !(whole.isEmpty && fraction.isEmpty), let suffix = Self.suffix(bytes) else { return nil }
        var amount: Int128 = 0
        for digit in whole + fraction {
            guard let next = Self.multiply(amount, 10) else { return nil }
            let (sum, overflow) = next.addingReportingOverflow(Int128(digit - UInt8(ascii: "0")))
            guard !overflow else { return nil }
            amount = sum
        }
        guard let scaled = Self.multiply(amount, Int128(1) << Int128(suffix.powerOfTwo)),
            let nano = Self.scale(scaled, powerOfTen: suffix.powerOfTen + 9 - fraction.count)
        else { return nil }
        let limit = Int128(Int64.max) * 1_000_000_000
        let bounded = suffix.format == .binary ? min(nano, limit) : nano
        self.nano = isNegative ? -bounded : bounded
        format = suffix.format
    }

    private struct Suffix {
        var powerOfTen = 0
        var powerOfTwo = 0
        var format = Format.decimal
    }

    private static let decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
    private static let binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

    private static func suffix(_ bytes: ArraySlice<UInt8>) -> Suffix? {
        let text = String(decoding: bytes, as: UTF8.self)
        if let index = decimalSuffixes.firstIndex(of: text) { return Suffix(powerOfTen: index * 3 - 9) }
        if let index = binarySuffixes.firstIndex(of: text) { return Suffix(powerOfTwo: index * 10, format: .binary) }
        guard let first = bytes.first, first | 0x20 == UInt8(ascii: "e"),
            let exponent = Int(text.dropFirst()), abs(exponent) < 100
        else { return nil }
        return Suffix(powerOfTen: exponent, format: .exponent)
    }

    private static func multiply(_ left: Int128, _ right: Int128) -> Int128? {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? nil : product
    }

    /// Divisions round away from zero: whoever asked for something gets something.
    private static func scale(_ amount: Int128, powerOfTen: Int) -> Int128? {
        var result = amount
        if powerOfTen >= 0 {
            for _ in 0..<powerOfTen where result != 0 {
                guard let next = multiply(result, 10) else { return nil }
                result = next
            }
            return result
        }
        var isRounded = false
        for _ in 0..<(-powerOfTen) where result != 0 {
            let (quotient, remainder) = result.quotientAndRemainder(dividingBy: 10)
            isRounded = isRounded || remainder != 0
            result = quotient
        }
        return isRounded ? result + 1 : result
    }

    /// The spelling that the API server answers with: `1000m` is `1`, `0.5Gi` is `512Mi`, `1.1Gi` is `1181116006400m`.
    package var canonical: String {
        guard nano != 0 else { return "0" }
        let unit: Int128 = 1_000_000_000
        if format == .binary, nano.magnitude >= 1024 * unit.magnitude, nano % unit == 0 {
            var amount = nano / unit
            var index = 0
            while amount % 1024 == 0, index + 1 < Self.binarySuffixes.count {
                amount /= 1024
                index += 1
            }
            return "\(amount)\(Self.binarySuffixes[index])"
        }
        var amount = nano
        var exponent = -9
        while amount % 1000 == 0, format == .exponent || exponent < 18 {
            amount /= 1000
            exponent += 3
        }
        if format == .exponent { return exponent == 0 ? "\(amount)" : "\(amount)e\(exponent)" }
        return "\(amount)\(Self.decimalSuffixes[exponent / 3 + 3])"
    }
}

extension Quantity: Comparable, Hashable, CustomStringConvertible {
    package static func == (left: Quantity, right: Quantity) -> Bool { left.nano == right.nano }

    package static func < (left: Quantity, right: Quantity) -> Bool { left.nano < right.nano }

    package func hash(into hasher: inout Hasher) { hasher.combine(nano) }

    package var description: String { canonical }
}
