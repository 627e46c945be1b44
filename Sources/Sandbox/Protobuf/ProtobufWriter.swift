// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Writes the wire format that `ProtobufReader` reads.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    /// Nothing for what is no string, or empty: that is the default.
    mutating func string(_ number: Int, _ value: Value?) {
        guard let text = value?.string, !text.isEmpty else { return }
        delimited(number, Array(text.utf8))
    }

    mutating func bool(_ number: Int, _ value: Bool) {
        varint(UInt64(number) << 3)
        bytes.append(value ? 1 : 0)
    }

    mutating func message(_ number: Int, _ write: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        write(&inner)
        delimited(number, inner.bytes)
    }

    private mutating func delimited(_ number: Int, _ value: [UInt8]) {
        varint(UInt64(number) << 3 | 2)
        varint(UInt64(value.count))
        bytes += value
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
