// SPDX-License-Identifier: Apache-2.0

/// Git's packet lines: four hexadecimal digits of length, then that many bytes, the digits included.
/// Source: gitprotocol-common(5).
struct PacketLines: Sequence, IteratorProtocol {
    enum Packet: Equatable {
        case data(String)
        case flush
        case delimiter
        /// The bytes do not follow the format; nothing after it can be read.
        case malformed
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func next() -> Packet? {
        guard !rest.isEmpty else { return nil }
        guard rest.count >= 4, let length = Int(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16),
            length <= rest.count
        else { return malformed() }
        switch length {
        case 0, 1, 2:
            rest = rest.dropFirst(4)
            return length == 0 ? .flush : .delimiter
        case 4...:
            var text = rest.prefix(length).dropFirst(4)
            rest = rest.dropFirst(length)
            if text.last == UInt8(ascii: "\n") { text = text.dropLast() }
            return .data(String(decoding: text, as: UTF8.self))
        default:
            return malformed()
        }
    }

    private mutating func malformed() -> Packet {
        rest = []
        return .malformed
    }

    static func encode(_ text: String) -> [UInt8] {
        let length = String(text.utf8.count + 4, radix: 16)
        return Array((String(repeating: "0", count: 4 - length.count) + length + text).utf8)
    }

    static let flush = Array("0000".utf8)
    static let delimiter = Array("0001".utf8)
}
