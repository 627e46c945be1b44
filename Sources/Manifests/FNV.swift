// SPDX-License-Identifier: Apache-2.0

/// FNV-1a, 64 bit (Fowler, Noll, Vo): the same on every machine, for names and codes where nothing depends on its strength.
package enum FNV {
    package static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// The first ten of its sixteen hexadecimal digits.
    package static func tenDigits(_ text: String) -> String {
        let digits = String(hash(text) >> 24, radix: 16)
        return String(repeating: "0", count: 10 - digits.utf8.count) + digits
    }
}
