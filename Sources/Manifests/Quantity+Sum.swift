// SPDX-License-Identifier: Apache-2.0

extension Quantity {
    package static var zero: Quantity { Quantity(nano: 0, format: .decimal) }

    /// In the notation of the first that is not zero, as the API server adds. Ends at the largest amount there is.
    package static func + (left: Quantity, right: Quantity) -> Quantity {
        let (sum, overflow) = left.nano.addingReportingOverflow(right.nano)
        return Quantity(nano: overflow ? Int128.max : sum, format: left.nano == 0 ? right.format : left.format)
    }
}
