// SPDX-License-Identifier: Apache-2.0

extension TimeZoneRules {
    /// Larger than any file of the tz database.
    private static let limit = 1 << 20

    /// From the bytes of a TZif file (RFC 9636), versions 1 to 4. Nil where they are something else.
    package init?(parsing bytes: [UInt8]) {
        guard bytes.count <= Self.limit, var block = Block(bytes, at: 0) else { return nil }
        var wide = false
        if block.version >= 2 {
            // The first block is for readers of version 1, with times of 32 bits.
            guard let second = Block(bytes, at: block.end(timeSize: 4)) else { return nil }
            block = second
            wide = true
        }
        let timeSize = wide ? 8 : 4
        let end = block.end(timeSize: timeSize)
        guard end <= bytes.count, block.typeCount > 0 else { return nil }
        let times = block.start
        let indexes = times + block.timeCount * timeSize
        let types = indexes + block.timeCount
        let offsets = (0..<block.typeCount).map { Int(Self.number(bytes, at: types + $0 * 6, size: 4)) }
        let isSummer = (0..<block.typeCount).map { bytes[types + $0 * 6 + 4] != 0 }
        guard offsets.allSatisfy({ abs($0) <= 7 * 86_400 }) else { return nil }
        var transitions: [Transition] = []
        var used: Set<Int> = []
        for number in 0..<block.timeCount {
            let at = Self.number(bytes, at: times + number * timeSize, size: timeSize)
            let index = Int(bytes[indexes + number])
            guard index < offsets.count, transitions.last.map({ $0.at < at }) ?? true else { return nil }
            used.insert(index)
            transitions.append(Transition(at: at, offset: offsets[index]))
        }
        var recurrence: TimeZoneRecurrence?
        if wide {
            guard bytes.count > end, bytes[end] == UInt8(ascii: "\n"),
                let close = bytes[(end + 1)...].firstIndex(of: UInt8(ascii: "\n"))
            else { return nil }
            let text = String(decoding: bytes[(end + 1)..<close], as: UTF8.self)
            recurrence = TimeZoneRecurrence(text)
            guard recurrence != nil || text.isEmpty else { return nil }
        }
        self.init(
            transitions: transitions,
            firstOffset: offsets[used.contains(0) ? isSummer.firstIndex(of: false) ?? 0 : 0],
            recurrence: recurrence)
    }

    /// A header and where the data behind it lies.
    private struct Block {
        let version: Int
        let start: Int
        let timeCount: Int
        let typeCount: Int
        /// Bytes of abbreviations and indicators, and of leap seconds, which come after the types.
        private let rest: Int
        private let leapCount: Int

        init?(_ bytes: [UInt8], at offset: Int) {
            guard offset >= 0, bytes.count >= offset + 44, bytes[offset..<offset + 4].elementsEqual("TZif".utf8)
            else { return nil }
            let letter = bytes[offset + 4]
            version = letter == 0 ? 1 : Int(letter) - 0x30
            let counts = (0..<6).map { TimeZoneRules.number(bytes, at: offset + 20 + $0 * 4, size: 4) }
            guard (1...4).contains(version), counts.allSatisfy({ (0...Int64(TimeZoneRules.limit)).contains($0) }) else {
                return nil
            }
            start = offset + 44
            timeCount = Int(counts[3])
            typeCount = Int(counts[4])
            leapCount = Int(counts[2])
            rest = Int(counts[0] + counts[1] + counts[5])
        }

        func end(timeSize: Int) -> Int {
            start + timeCount * (timeSize + 1) + typeCount * 6 + rest + leapCount * (timeSize + 4)
        }
    }

    /// Big-endian, signed.
    private static func number(_ bytes: [UInt8], at offset: Int, size: Int) -> Int64 {
        var value: Int64 = bytes[offset] & 0x80 == 0 ? 0 : -1
        for byte in bytes[offset..<offset + size] { value = value << 8 | Int64(byte) }
        return value
    }
}
