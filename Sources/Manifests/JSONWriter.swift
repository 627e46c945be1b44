// SPDX-License-Identifier: Apache-2.0

/// Writes the value tree as JSON; see `JSON.bytes` and `JSON.prettyText`.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private let indent: Int
    private var depth = 0

    private let sortsKeys: Bool

    init(indent: Int = 0, sortsKeys: Bool = false) {
        self.indent = indent
        self.sortsKeys = sortsKeys
    }

    mutating func write(_ value: Value) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text): write(text)
        case .array(let elements):
            writeMembers(elements, open: UInt8(ascii: "["), close: UInt8(ascii: "]")) { writer, element in
                writer.write(element)
            }
        case .object(let object):
            let pairs = sortsKeys ? object.pairs.sorted { $0.key < $1.key } : object.pairs
            writeMembers(pairs, open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) { writer, pair in
                writer.write(pair.key)
                writer.bytes.append(UInt8(ascii: ":"))
                if writer.indent > 0 { writer.bytes.append(UInt8(ascii: " ")) }
                writer.write(pair.value)
            }
        }
    }

    private mutating func writeMembers<Member>(
        _ members: [Member], open: UInt8, close: UInt8, _ writeMember: (inout JSONWriter, Member) -> Void
    ) {
        bytes.append(open)
        depth += 1
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            writeLineBreak()
            writeMember(&self, member)
        }
        depth -= 1
        if !members.isEmpty { writeLineBreak() }
        bytes.append(close)
    }

    private mutating func writeLineBreak() {
        guard indent > 0 else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: depth * indent))
    }

    /// What needs no escape, which is nearly everything, goes over in one piece.
    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for index in utf8.indices where Self.needsEscape(utf8[index]) {
                bytes.append(contentsOf: utf8[start..<index])
                writeEscaped(utf8[index])
                start = index + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        default:
            let hex = String(byte, radix: 16)
            bytes.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).utf8)
        }
    }
}
