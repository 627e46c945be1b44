// SPDX-License-Identifier: Apache-2.0

extension Quantity {
    package static var zero: Quantity { Quantity(nano: 0, format: .decimal) }

    /// In the notation of the first that is not zero, as the API server adds. Ends at the largest amount there is.
    package static func + (left: Quantity, right: Quantity) -> Quantity {
        let (sum, overflow) = left.nano.addingReportingOverflow(right.nano)
        return Quantity(nano: overflow ? Int128.max : sum, format: left.nano == 0 ? right.format : left.format)
    }
}

extension Quantity {
    package init(milli: Int64) { self.init(nano: Int128(milli) * 1_000_000, format: .decimal) }

    /// In thousandths, rounded up; the largest there is where it is more.
    package var milli: Int64 {
        let (quotient, remainder) = nano.quotientAndRemainder(dividingBy: 1_000_000)
        return Int64(clamping: quotient + (remainder > 0 ? 1 : 0))
    }
}
