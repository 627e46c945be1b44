// SPDX-License-Identifier: Apache-2.0

/// Names exactly the items of a list, so that a person's word is for what they looked at and nothing else: the first
/// digits of FNV-1a 64 (Fowler, Noll, Vo) over them.
package enum ListCode {
    package static func of(_ items: [String]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in items.flatMap({ "\($0)\n".utf8 }) {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String((String(repeating: "0", count: 16 - digits.count) + digits).prefix(10))
    }
}
