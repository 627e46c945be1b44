// SPDX-License-Identifier: Apache-2.0

enum Version {
    static let number = "0.1.0"
    static let text = "mainstay \(number)"
    /// Not `mainstay/…`: the part before the slash would become a field manager that must stay the applies' own.
    static let userAgent = "mainstay-controller/\(number)"
}
