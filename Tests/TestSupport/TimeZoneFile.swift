// SPDX-License-Identifier: Apache-2.0

/// A TZif file of version 2 (RFC 9636), made for a test.
package struct TimeZoneFile {
    package let bytes: [UInt8]

    /// - Parameters:
    ///   - offsets: seconds east of UTC of each type; the first holds before all transitions.
    ///   - footer: the rule that holds after them.
    package init(
        offsets: [Int] = [0], transitions: [(at: Int64, type: UInt8)] = [], footer: String
    ) {
        func number(_ value: Int64, _ size: Int) -> [UInt8] {
            (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        func block(_ transitions: [(at: Int64, type: UInt8)]) -> [UInt8] {
            var bytes = Array("TZif2".utf8) + Array(repeating: 0, count: 15)
            for count in [0, 0, 0, transitions.count, offsets.count, 4] { bytes += number(Int64(count), 4) }
            for transition in transitions { bytes += number(transition.at, 8) }
            bytes += transitions.map(\.type)
            for offset in offsets { bytes += number(Int64(offset), 4) + [0, 0] }
            return bytes + Array("XXX\0".utf8)
        }
        bytes = block([]) + block(transitions) + Array("\n\(footer)\n".utf8)
    }
}
