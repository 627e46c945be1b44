// SPDX-License-Identifier: Apache-2.0

import Manifests

/// apimachinery's IntOrString as a count of a total: `2` or `25%`.
enum IntOrPercent {
    static func count(_ value: Value?, of total: Int, roundingUp: Bool) -> Int? {
        if let integer = value?.integer { return Int(exactly: integer) }
        guard let text = value?.string, text.hasSuffix("%"), let percent = Int(text.dropLast()), percent >= 0,
            case (let product, false) = total.multipliedReportingOverflow(by: percent)
        else { return nil }
        return roundingUp ? (product + 99) / 100 : product / 100
    }
}
